"""What would stop a run of an environment, found before any run and all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from kedro.pipeline import Pipeline

from weekwise.configuration import PARAMS
from weekwise.contract.derive import FEATURES
from weekwise.contract.load import CONTRACT_SUFFIX
from weekwise.contract.model import Contract, Contracts
from weekwise.errors import WeekwiseError
from weekwise.setting_faults import setting_faults
from weekwise.tasks import task_of
from weekwise.wording import listed, nearest

if TYPE_CHECKING:
    import ibis

    from weekwise.configuration import EnvironmentConfigLoader
    from weekwise.features.window import Window
    from weekwise.model.promotion import PromotionParams
    from weekwise.pipelines.model_training.params import TrainingParams

_COLUMN_SETTINGS = (
    ("training", "slices"),
    ("promotion", "slice_limits"),
    ("monitoring", "slices", "columns"),
    ("exploration", "keep"),
    ("exploration", "drop"),
)
"""Parameters that name columns of the features."""


@dataclass(frozen=True)
class SetupFault:
    """Something to fix.

    Attributes:
        where: The file or the part of the configuration it is in.
        what: What is wrong, and what to do, one sentence.
        stops: Whether a run would fail or end without a model; else it would end in a warning.
    """

    where: str
    what: str
    stops: bool = True


def configuration_faults(
    contracts: Contracts, loader: EnvironmentConfigLoader, pipeline: Pipeline
) -> Iterator[SetupFault]:
    """What is wrong with contracts, parameters and globals, without a look at any data.

    Args:
        contracts: The environment's, with those that follow from them.
        loader: Its configuration.
        pipeline: All its pipelines together.
    """
    contract = contracts.get(FEATURES)
    if contract is None:
        yield SetupFault(
            "contracts",
            f"there is no contract {FEATURES}.yml, which says what a model is made from; write it, "
            "or have it written: kedro contract infer",
        )
    else:
        yield from _task_faults(contract)
        yield from _column_faults(contract, loader["parameters"])
    for fault in setting_faults(loader, pipeline):
        yield SetupFault(fault.where, fault.what)


def source_faults(pipeline: Pipeline, catalog: Any) -> Iterator[SetupFault]:
    """Datasets that a run begins with and that are not there.

    Args:
        pipeline: Data wrangling.
        catalog: The environment's catalog.
    """
    inputs = (name for name in pipeline.inputs() if not name.startswith((PARAMS, "parameters")))
    for name in sorted(name for name in inputs if not name.endswith(CONTRACT_SUFFIX)):
        if name not in catalog:
            yield SetupFault("catalog.yml", f"there is no dataset {name}; add an entry for it")
            continue
        try:
            there = catalog.exists(name)
        except Exception as error:  # noqa: BLE001 - whatever keeps a source from being looked at
            yield SetupFault("catalog.yml", f"{name} cannot be looked at: {_first_line(error)}")
            continue
        if not there:
            path = getattr(catalog[name], "_filepath", None) or getattr(
                catalog[name], "_table_name", name
            )
            yield SetupFault("catalog.yml", f"{name} is not there: {path}; put it there or fix it")


def row_faults(
    features: ibis.Table,
    contract: Contract,
    window: Window,
    training: TrainingParams,
    promotion: PromotionParams,
) -> Iterator[SetupFault]:
    """What the rows of the next run's features are too few for.

    Args:
        features: The features, as wrangling would make them.
        contract: Their contract.
        window: The next run's place in time.
        training: How a model would be fitted.
        promotion: What would be asked of it.
    """
    from weekwise.features.conform import count_rows
    from weekwise.model.enough_history import shortcomings

    names = dict.fromkeys([*contract.key, contract.time, contract.target])
    history = window.history(features, contract).select(*(name for name in names if name))
    frame = history.to_pyarrow().to_pandas(date_as_object=False)
    start = window.history_end(contract) - timedelta(days=training.holdout_days)
    found = shortcomings(
        frame,
        contract,
        start=start,
        share=training.holdout_share,
        fit=training.fit,
        promotion=promotion,
    )
    for what in found:
        yield SetupFault("rows", what)
    if not count_rows(window.upcoming(features, contract)):
        yield SetupFault("rows", _nothing_to_predict(contract, window), stops=False)


def _nothing_to_predict(contract: Contract, window: Window) -> str:
    if contract.time is None:
        return (
            f"there is nothing to predict: every row has a {contract.target}; add the rows to "
            "predict, without it"
        )
    return (
        f"there is nothing to predict: no row is dated from {window.history_end(contract)} to "
        f"{window.end - timedelta(days=1)}; add the rows to predict, without {contract.target}"
    )


def _task_faults(contract: Contract) -> Iterator[SetupFault]:
    try:
        task_of(contract)
    except WeekwiseError as error:
        yield SetupFault(contract.file, str(error))
    if not contract.features:
        yield SetupFault(
            contract.file, "no column has role feature; give one or more to learn from"
        )


def _column_faults(contract: Contract, parameters: Mapping[str, Any]) -> Iterator[SetupFault]:
    for path in _COLUMN_SETTINGS:
        named: Any = parameters
        for part in path:
            named = named.get(part) if isinstance(named, Mapping) else None
        for name in named or ():
            if name not in contract.columns:
                near = nearest(str(name), contract.columns)
                hint = near or f"use some of: {listed(list(contract.features))}"
                yield SetupFault(
                    "parameters.yml",
                    f"{'.'.join(path)} names {name}, which {contract.file} does not have; {hint}",
                )


def _first_line(error: BaseException) -> str:
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
