"""`kedro contract check --data`: the tables that are there, and the rows of the next run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.startup import ProjectMetadata
from kedro.io import DataCatalog, MemoryDataset
from pydantic import ValidationError

from weekwise.cli.console import console
from weekwise.configuration import EnvironmentConfigLoader
from weekwise.contract.derive import FEATURES
from weekwise.contract.model import Contract, Contracts
from weekwise.errors import AsOfError, EndOfFeed, WeekwiseError
from weekwise.features.calendar import Calendar
from weekwise.paths import DataFolder

if TYPE_CHECKING:
    from rich.table import Table

    from weekwise.cli.setup_check import SetupFault
    from weekwise.quality.gate_result import GateResult

WRANGLING, BUILT_WEEKS = "data_wrangling", "built_weeks"


def check_tables(
    metadata: ProjectMetadata, loader: EnvironmentConfigLoader, contracts: Contracts
) -> bool:
    """Print each table's verdict; whether none of them would stop a run."""
    from kedro.framework.session import KedroSession

    from weekwise.datasets.store_snapshot import read_beside_a_run

    project, as_of = metadata.project_path, _as_of_for_growth(loader, contracts)
    session: Any
    with KedroSession.create(project, save_on_close=False, env=loader.environment) as session:
        catalog = session.load_context().catalog
        if held := read_beside_a_run(catalog):
            click.echo(f"{held}: a copy of it is read")
        checks = [_check_table(contract, catalog, as_of) for contract in contracts.values()]
    console().print(_summary(checks))
    for check in checks:
        if check.result is not None and check.result.failures:
            click.echo(check.result.report)
        elif check.broken:
            click.echo(f"{check.table}: {check.absent}")
    return not any(check.stops for check in checks)


def check_rows(
    metadata: ProjectMetadata, loader: EnvironmentConfigLoader, contracts: Contracts
) -> bool:
    """Make the next run's features in memory and count them; whether a model could be made."""
    from kedro.framework.project import pipelines
    from kedro.framework.session import KedroSession
    from kedro.runner import SequentialRunner

    from weekwise.cli.setup_check import row_faults
    from weekwise.datasets.store_snapshot import read_beside_a_run
    from weekwise.features.build_plan import BuiltWeeks
    from weekwise.features.built_rows import WeekRows
    from weekwise.features.window import Window
    from weekwise.model.promotion import PromotionParams
    from weekwise.pipelines.model_training.params import TrainingParams

    if FEATURES not in contracts:
        return True
    as_of = _next_as_of(loader)
    session: Any
    with KedroSession.create(
        metadata.project_path,
        save_on_close=False,
        env=loader.environment,
        runtime_params={"as_of": as_of.isoformat()},
    ) as session:
        catalog = session.load_context().catalog
        read_beside_a_run(catalog)
        wrangling = pipelines[WRANGLING].to_outputs(FEATURES)
        sources = {name: catalog[name] for name in wrangling.inputs()}
        if BUILT_WEEKS in sources:
            # All rows are counted, those too that the next run leaves as they are.
            sources[BUILT_WEEKS] = MemoryDataset(BuiltWeeks())
        made = SequentialRunner().run(wrangling, DataCatalog(sources))[FEATURES].load()
        features = made.table if isinstance(made, WeekRows) else made
        faults = list(
            row_faults(
                features,
                contracts[FEATURES],
                Window.model_validate(catalog.load("params:window")),
                TrainingParams.model_validate(catalog.load("params:training")),
                PromotionParams.model_validate(catalog.load("params:promotion")),
            )
        )
    if not faults:
        click.echo(f"rows as of {as_of}: enough, ok")
    return report(faults)


def report(faults: Sequence[SetupFault]) -> bool:
    """Print faults, those that stop a run first; whether none does."""
    for fault in sorted(faults, key=lambda fault: not fault.stops):
        word = "stop" if fault.stops else "warn"
        click.echo(f"{word}: {fault.where}: {fault.what}")
    return not any(fault.stops for fault in faults)


@dataclass(frozen=True)
class _TableLine:
    """One table in the summary: its verdict, or why there is none."""

    table: str
    result: GateResult | None = None
    absent: str = ""
    broken: bool = False

    @property
    def stops(self) -> bool:
        return self.broken or (self.result is not None and self.result.status == "stop")


def _next_as_of(loader: EnvironmentConfigLoader) -> date:
    """The date of the next run, which may be still to come."""
    calendar = Calendar.model_validate(loader["parameters"]["calendar"])
    return calendar.following(DataFolder(Path(loader["globals"]["data"])).last_week())


def _as_of_for_growth(loader: EnvironmentConfigLoader, contracts: Contracts) -> date | None:
    """The date of the next run, or today if that is earlier, for freshness and volume.

    There is none if no contract asks for them, or if the calendar is wrong or at its end.
    """
    if not any(contract.freshness or contract.volume for contract in contracts.values()):
        return None
    try:
        return min(_next_as_of(loader), date.today())  # noqa: DTZ011 - the day of whoever looks
    except (EndOfFeed, AsOfError, ValidationError):
        return None


def _check_table(contract: Contract, catalog: Any, as_of: date | None) -> _TableLine:
    from kedro.io import DatasetError

    from weekwise.quality.table_check import check_table

    table = contract.table
    if table not in catalog:
        return _TableLine(table, absent="not in the catalog")
    try:
        if not catalog.exists(table):
            return _TableLine(table, absent="not there yet")
        check = check_table(catalog.load(table), contract, as_of=as_of)
    except (WeekwiseError, DatasetError) as error:
        return _TableLine(table, absent=str(_first_cause(error)), broken=True)
    return _TableLine(table, result=check.result)


def _first_cause(error: BaseException) -> BaseException:
    """What went wrong in the first place, under the errors that Kedro wraps it in."""
    return error if error.__cause__ is None else _first_cause(error.__cause__)


def _summary(checks: list[_TableLine]) -> Table:
    from rich.table import Table

    table = Table("Table", "Status", "Rows", "Checks", "Failed", "Rows quarantined", "Seconds")
    for check in checks:
        result = check.result
        if result is None:
            table.add_row(check.table, "stop" if check.broken else check.absent)
            continue
        figures = (result.rows, result.checks, len(result.failures), result.quarantined_rows)
        cells = [f"{figure:,}" for figure in figures]
        table.add_row(check.table, result.status, *cells, f"{result.seconds:.1f}")
    return table
