"""Past weeks of an environment's table, for the commands that judge them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from weekwise.configuration import EnvironmentConfigLoader
from weekwise.contract.derive import FEATURES, with_feed
from weekwise.contract.load import project_contracts
from weekwise.contract.model import Contract
from weekwise.errors import AsOfError, ConfigurationError, ContractError
from weekwise.features.calendar import Calendar
from weekwise.features.fingerprint import text_hash
from weekwise.features.window import Window
from weekwise.model.rolling_origin import (
    TRAILING_DAYS,
    Recipe,
    RollingOrigin,
    known_history,
    past_origins,
    refuse_untimed,
)
from weekwise.paths import DataFolder
from weekwise.wording import validation_faults

if TYPE_CHECKING:
    import ibis

    from weekwise.reports.wrangling_summary import WranglingSummary

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Setting:
    """What judging past weeks starts from.

    Attributes:
        contract: The features contract.
        window: The place in time of the run that built the features.
        calendar: How runs follow one another.
        recipe: How a run makes its model.
        data: Where the environment's data is.
        fingerprint: Of the features, their contract and the recipe.
    """

    contract: Contract
    window: Window
    calendar: Calendar
    recipe: Recipe
    data: DataFolder
    fingerprint: str


def features_contract(loader: EnvironmentConfigLoader) -> Contract:
    """The features contract of an environment.

    Raises:
        ContractError: If there is none.
    """
    contracts = with_feed(project_contracts(loader.conf_source, loader.environments))
    if FEATURES not in contracts:
        raise ContractError(
            f"environment {loader.environment} has no contract {FEATURES}.yml, which says what a "
            "model is made from; write it, or have it written: kedro contract infer"
        )
    return contracts[FEATURES]


def read_setting(loader: EnvironmentConfigLoader) -> Setting:
    """What an environment's past weeks are judged with.

    Args:
        loader: The environment's configuration.

    Raises:
        WeekwiseError: If the table has no past weeks, or a run has not built features yet.
    """
    contract = features_contract(loader)
    refuse_untimed(contract)
    data = DataFolder(Path(loader["globals"]["data"]))
    summary = _summary(data)
    parameters = loader["parameters"]
    window = _read(Window, parameters, "window", as_of=summary.as_of)
    recipe = recipe_of(parameters, window)
    calendar = _read(Calendar, parameters, "calendar")
    return Setting(
        contract=contract,
        window=window,
        calendar=calendar,
        recipe=recipe,
        data=data,
        fingerprint=text_hash(
            summary.data_hash,
            contract.hash,
            recipe.model_dump_json(exclude={"fit": {"threads"}}),
            calendar.model_dump_json(),
            str(TRAILING_DAYS),
        ),
    )


def recipe_of(parameters: Mapping[str, Any], window: Window) -> Recipe:
    """How a run with some parameters makes its model.

    Args:
        parameters: All groups of parameters.
        window: The run's place in time.

    Raises:
        ConfigurationError: If one has a value that cannot be.
    """
    from weekwise.analysis.params import ExplorationParams
    from weekwise.pipelines.model_training.params import TrainingParams

    training = _read(TrainingParams, parameters, "training")
    return Recipe(
        exploration=_read(ExplorationParams, parameters, "exploration"),
        fit=training.fit,
        holdout_days=training.holdout_days,
        refit=training.refit,
        horizon_days=window.horizon_days,
    )


def past_weeks(
    loader: EnvironmentConfigLoader, setting: Setting, weeks: int
) -> tuple[RollingOrigin, tuple[date, ...]]:
    """What judges past weeks, and their as-of dates in order.

    Args:
        loader: The environment's configuration.
        setting: What `read_setting` gave.
        weeks: The most weeks to go back.

    Raises:
        WeekwiseError: If no past week can be judged.
    """
    contract = setting.contract
    features = _checked(_features(loader), contract)
    history = known_history(features, contract, setting.window)
    origins = past_origins(
        setting.window,
        contract,
        setting.calendar,
        weeks,
        first_day=history[str(contract.time)].min().date(),
    )
    rolling = RollingOrigin(features, contract, setting.calendar, setting.recipe, history)
    return rolling, origins


def _read(model: type[Model], parameters: Mapping[str, Any], name: str, **given: Any) -> Model:
    """A group of parameters, checked as a run checks it."""
    try:
        return model.model_validate({**(parameters.get(name) or {}), **given})
    except ValidationError as error:
        first, *_ = validation_faults(error, name)
        raise ConfigurationError(f"parameters: {first}; fix conf/*/parameters.yml") from None


def _summary(data: DataFolder) -> WranglingSummary:
    from weekwise.reports.wrangling_summary import WranglingSummary

    try:
        return WranglingSummary.model_validate_json(data.wrangling_summary.read_bytes())
    except FileNotFoundError:
        raise AsOfError(
            "there are no features to go back over yet; run a week first: kedro run"
        ) from None


def _features(loader: EnvironmentConfigLoader) -> ibis.Table:
    """The features in the environment's store."""
    from kedro.io import DataCatalog

    catalog = DataCatalog.from_config({FEATURES: loader["catalog"][FEATURES]})
    return catalog.load(FEATURES)


def _checked(features: ibis.Table, contract: Contract) -> ibis.Table:
    """The features without the rows that a run's data gate takes out.

    Raises:
        ContractError: If the gate would stop a run.
    """
    from weekwise.quality.gate_result import GateStatus
    from weekwise.quality.table_check import check_table

    check = check_table(features, contract)
    if check.result.status is GateStatus.STOP:
        raise ContractError(f"the data gate stops the backtest.\n{check.result.report}")
    rows = check.row_filter
    clean: ibis.Table = features if rows is None else rows.clean(features)
    return clean
