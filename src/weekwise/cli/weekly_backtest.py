"""`kedro weekly backtest`: the table and the recipe of an environment, judged over past weeks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from pydantic import BaseModel, ValidationError

from weekwise.cli.backtest_display import shown
from weekwise.configuration import EnvironmentConfigLoader
from weekwise.contract.derive import FEATURES, with_feed
from weekwise.contract.frozen import Frozen
from weekwise.contract.load import project_contracts
from weekwise.contract.model import Contract
from weekwise.errors import AsOfError, ConfigurationError, ContractError
from weekwise.features.calendar import Calendar
from weekwise.features.fingerprint import text_hash
from weekwise.features.window import Window
from weekwise.model.backtest import Backtest, BacktestWeek, standings, weekly_losses
from weekwise.model.rolling_origin import (
    TRAILING_DAYS,
    Recipe,
    RollingOrigin,
    known_history,
    past_origins,
    refuse_untimed,
)
from weekwise.paths import BacktestFolder, DataFolder, replace_whole
from weekwise.tasks import task_of
from weekwise.wording import counted, validation_faults

if TYPE_CHECKING:
    import ibis

    from weekwise.reports.wrangling_summary import WranglingSummary

Model = TypeVar("Model", bound=BaseModel)
STOPPED = 130
"""The exit status of what Ctrl-C has ended."""


class JudgedWeeks(Frozen):
    """Weeks that are judged already.

    Attributes:
        fingerprint: Of all that they follow from; weeks of another one are of no use.
        weeks: The weeks.
    """

    fingerprint: str
    weeks: tuple[BacktestWeek, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What a backtest starts from.

    Attributes:
        contract: The features contract.
        window: The place in time of the run that built the features.
        calendar: How runs follow one another.
        recipe: How a run makes its model.
        folder: Where the backtest goes.
        fingerprint: Of the features, their contract and the recipe.
    """

    contract: Contract
    window: Window
    calendar: Calendar
    recipe: Recipe
    folder: BacktestFolder
    fingerprint: str


def run_backtest(loader: EnvironmentConfigLoader, weeks: int) -> None:
    """Judge past weeks, say so on the way, and write the page and its figures.

    Args:
        loader: The environment's configuration.
        weeks: The most weeks to go back.

    Raises:
        WeekwiseError: If no past week can be judged.
        click.exceptions.Exit: If it was stopped from the keyboard.
    """
    from weekwise.reports.backtest_page import headline

    contract = _contract(loader)
    refuse_untimed(contract)
    setting = _setting(loader, contract)
    try:
        result = _judge_weeks(loader, setting, weeks)
    except KeyboardInterrupt:
        click.echo("Stopped; the same command goes on with the weeks that are left.")
        raise click.exceptions.Exit(STOPPED) from None
    click.echo(headline(result, task_of(setting.contract)))
    click.echo(f"{setting.folder.page}\n{setting.folder.figures}")


def _contract(loader: EnvironmentConfigLoader) -> Contract:
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


def _judge_weeks(loader: EnvironmentConfigLoader, setting: Setting, weeks: int) -> Backtest:
    from weekwise.reports.backtest_page import render_backtest

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
    judged = _judged(setting)
    asked = counted(len(origins), "week", "weeks")
    click.echo(f"Going back over {asked}, from the features as of {setting.window.as_of}.")
    with shown(len(origins)) as display:
        rolling = RollingOrigin(
            features, contract, setting.calendar, setting.recipe, history, display.fitting
        )
        for number, origin in enumerate(origins, start=1):
            display.week(number, origin)
            if origin not in judged:
                judged[origin] = rolling.judge(origin)
                _keep(setting, judged)
            display.judged(judged[origin])
    result = _result(setting, tuple(judged[origin] for origin in origins), weeks)
    folder = setting.folder
    replace_whole(folder.page, render_backtest(result, task_of(contract)))
    replace_whole(folder.figures, result.model_dump_json(indent=2))
    return result


def _setting(loader: EnvironmentConfigLoader, contract: Contract) -> Setting:
    from weekwise.analysis.params import ExplorationParams
    from weekwise.pipelines.model_training.params import TrainingParams

    data = DataFolder(Path(loader["globals"]["data"]))
    summary = _summary(data)
    parameters = loader["parameters"]
    window = _read(Window, parameters, "window", as_of=summary.as_of)
    training = _read(TrainingParams, parameters, "training")
    recipe = Recipe(
        exploration=_read(ExplorationParams, parameters, "exploration"),
        fit=training.fit,
        holdout_days=training.holdout_days,
        refit=training.refit,
        horizon_days=window.horizon_days,
    )
    calendar = _read(Calendar, parameters, "calendar")
    return Setting(
        contract=contract,
        window=window,
        calendar=calendar,
        recipe=recipe,
        folder=data.backtest,
        fingerprint=text_hash(
            summary.data_hash,
            contract.hash,
            recipe.model_dump_json(exclude={"fit": {"threads"}}),
            calendar.model_dump_json(),
            str(TRAILING_DAYS),
        ),
    )


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
    from weekwise.quality.frames import as_frame
    from weekwise.quality.gate_result import GateStatus
    from weekwise.quality.quarantine import RowFilter
    from weekwise.quality.validate import validate

    frame = as_frame(features)
    result = validate(frame, contract)
    if result.status is GateStatus.STOP:
        raise ContractError(f"the data gate stops the backtest.\n{result.report}")
    if not result.quarantined:
        return features
    clean: ibis.Table = RowFilter(frame, contract, tuple(result.quarantined)).clean(features)
    return clean


def _judged(setting: Setting) -> dict[date, BacktestWeek]:
    """Weeks that an earlier backtest of the same recipe on the same features has judged."""
    try:
        kept = JudgedWeeks.model_validate_json(setting.folder.weeks.read_bytes())
    except (FileNotFoundError, ValidationError):
        return {}
    if kept.fingerprint != setting.fingerprint:
        return {}
    return {week.as_of: week for week in kept.weeks}


def _keep(setting: Setting, judged: Mapping[date, BacktestWeek]) -> None:
    weeks = tuple(judged[as_of] for as_of in sorted(judged))
    kept = JudgedWeeks(fingerprint=setting.fingerprint, weeks=weeks)
    replace_whole(setting.folder.weeks, kept.model_dump_json())


def _result(setting: Setting, weeks: tuple[BacktestWeek, ...], asked: int) -> Backtest:
    contract = setting.contract
    return Backtest(
        title=contract.title,
        target=contract.columns[str(contract.target)].title,
        as_of=setting.window.as_of,
        horizon_days=min(setting.calendar.step_days, setting.window.horizon_days),
        known_after_days=contract.known_after_days,
        trailing_days=TRAILING_DAYS,
        weeks=weeks,
        asked=asked,
        standings=standings(weeks),
        weekly=weekly_losses(weeks),
    )
