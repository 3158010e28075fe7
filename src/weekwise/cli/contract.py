"""`kedro contract`: what each table must be, and whether it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.config import MissingConfigException
from kedro.framework.project import settings
from kedro.framework.startup import ProjectMetadata
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from weekwise.cli.console import console
from weekwise.cli.contract_infer import infer
from weekwise.cli.plain_errors import plain_errors
from weekwise.cli.project_folder import enter_project
from weekwise.configuration import EnvironmentConfigLoader, load_configuration
from weekwise.contract.column import Column
from weekwise.contract.derive import FEATURES, with_feed
from weekwise.contract.describe import limits, missing
from weekwise.contract.load import project_contracts
from weekwise.contract.model import Contract, Contracts
from weekwise.errors import ContractError, WeekwiseError
from weekwise.features.calendar import Calendar
from weekwise.paths import DataFolder
from weekwise.wording import nearest

if TYPE_CHECKING:
    from rich.table import Table

    from weekwise.cli.setup_check import SetupFault
    from weekwise.quality.gate_result import GateResult

DEFAULT, WRANGLING = "__default__", "data_wrangling"
_ENV = click.option("--env", "-e", help="Kedro environment whose contracts to use.")


@click.group()
def contract() -> None:
    """What each table must be: infer contracts, show them, and check them."""


contract.add_command(infer)


@contract.command()
@click.argument("table")
@_ENV
@click.pass_obj
def show(metadata: ProjectMetadata, table: str, env: str | None) -> None:
    """Print the contract of TABLE for a person to read."""
    with plain_errors():
        contracts = _contracts(_configuration(metadata, env))
        if table not in contracts:
            raise ContractError(
                f"there is no contract {table}; "
                f"{nearest(table, contracts) or 'the contracts are ' + ', '.join(contracts)}"
            )
        _print_contract(contracts[table])


@contract.command()
@click.option("--data", is_flag=True, help="Check the current feed against the contracts too.")
@_ENV
@click.pass_obj
def check(metadata: ProjectMetadata, data: bool, env: str | None) -> None:
    """Find what would stop a run, all at once: in contracts, parameters, calendar and catalog.

    With --data, every table that is there is checked against its contract as well, and the rows of
    the next run are counted. The exit status is 1 if something would stop a run.
    """
    from kedro.framework.project import pipelines

    with plain_errors():
        enter_project()
        loader = _configuration(metadata, env)
        contracts = _contracts(loader)
        if not contracts:
            raise ContractError(
                "the environment has no contracts; write one to "
                f"conf/{loader.environment}/contracts/TABLE.yml"
            )
        _check_contracts(contracts)
        contracts = with_feed(contracts, pipelines.get(WRANGLING, Pipeline([])).datasets())
        passed = _check_setup(loader, contracts)
        if data:
            passed = _check_data(metadata, contracts, env) and passed
            passed = _check_rows(metadata, loader, contracts) and passed
        if not passed:
            raise click.exceptions.Exit(1)


@dataclass(frozen=True)
class _TableCheck:
    """One table in the summary: its verdict, or why there is none."""

    table: str
    result: GateResult | None = None
    absent: str = ""
    broken: bool = False

    @property
    def stops(self) -> bool:
        return self.broken or (self.result is not None and self.result.status == "stop")


def _configuration(metadata: ProjectMetadata, env: str | None) -> EnvironmentConfigLoader:
    return load_configuration(metadata.project_path / settings.CONF_SOURCE, env)


def _contracts(loader: EnvironmentConfigLoader) -> Contracts:
    return project_contracts(loader.conf_source, loader.environments)


def _check_contracts(contracts: Contracts) -> None:
    from weekwise.quality.suite import build_suite

    problems = []
    for table, table_contract in contracts.items():
        try:
            expectations = len(build_suite(table_contract).expectations)
        except ContractError as error:
            problems.append(str(error))
        else:
            columns = len(table_contract.columns)
            click.echo(f"{table}: {columns} columns, {expectations} expectations, ok")
    if problems:
        raise ContractError("\n".join(problems))


def _check_setup(loader: EnvironmentConfigLoader, contracts: Contracts) -> bool:
    """Print what is wrong with the environment's configuration; whether a run could start."""
    from kedro.framework.project import pipelines

    from weekwise.cli.setup_check import configuration_faults, source_faults

    if FEATURES not in contracts:
        return True
    faults = list(configuration_faults(contracts, loader["parameters"], pipelines[DEFAULT]))
    # Without a context, which refuses the first wrong parameter.
    catalog = DataCatalog.from_config(_said(loader, "catalog"), _said(loader, "credentials"))
    faults += source_faults(pipelines[WRANGLING], catalog)
    return _report(faults)


def _said(loader: EnvironmentConfigLoader, part: str) -> dict[str, Any]:
    """A part of the configuration; empty if there is none."""
    try:
        said: dict[str, Any] = loader[part]
    except MissingConfigException:
        return {}
    return said


def _check_rows(
    metadata: ProjectMetadata, loader: EnvironmentConfigLoader, contracts: Contracts
) -> bool:
    """Make the next run's features in memory and count them; whether a model could be made."""
    from kedro.framework.project import pipelines
    from kedro.framework.session import KedroSession
    from kedro.runner import SequentialRunner

    from weekwise.cli.setup_check import row_faults
    from weekwise.features.window import Window
    from weekwise.model.promotion import PromotionParams
    from weekwise.pipelines.model_training.params import TrainingParams

    if FEATURES not in contracts:
        return True
    calendar = Calendar.model_validate(loader["parameters"]["calendar"])
    as_of = calendar.after(DataFolder(Path(loader["globals"]["data"])).last_week())
    session: Any
    with KedroSession.create(
        metadata.project_path,
        save_on_close=False,
        env=loader.environment,
        runtime_params={"as_of": as_of.isoformat()},
    ) as session:
        catalog = session.load_context().catalog
        wrangling = pipelines[WRANGLING].to_outputs(FEATURES)
        sources = DataCatalog({name: catalog[name] for name in wrangling.inputs()})
        features = SequentialRunner().run(wrangling, sources)[FEATURES].load()
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
    return _report(faults)


def _report(faults: Sequence[SetupFault]) -> bool:
    """Print faults, those that stop a run first; whether none does."""
    for fault in sorted(faults, key=lambda fault: not fault.stops):
        word = "stop" if fault.stops else "warn"
        click.echo(f"{word}: {fault.where}: {fault.what}")
    return not any(fault.stops for fault in faults)


def _check_data(metadata: ProjectMetadata, contracts: Contracts, env: str | None) -> bool:
    """Print each table's verdict; whether none of them would stop a run."""
    from kedro.framework.session import KedroSession

    project = metadata.project_path
    session: Any
    with KedroSession.create(project, save_on_close=False, env=env) as session:
        catalog = session.load_context().catalog
        checks = [_check_table(contract, catalog) for contract in contracts.values()]
    console().print(_summary(checks))
    for check in checks:
        if check.result is not None and check.result.failures:
            click.echo(check.result.report)
        elif check.broken:
            click.echo(f"{check.table}: {check.absent}")
    return not any(check.stops for check in checks)


def _check_table(contract: Contract, catalog: Any) -> _TableCheck:
    from kedro.io import DatasetError

    from weekwise.quality.frames import as_frame
    from weekwise.quality.validate import validate

    table = contract.table
    if table not in catalog:
        return _TableCheck(table, absent="not in the catalog")
    try:
        if not catalog.exists(table):
            return _TableCheck(table, absent="not there yet")
        frame = as_frame(catalog.load(table))
    except (WeekwiseError, DatasetError) as error:
        return _TableCheck(table, absent=str(_first_cause(error)), broken=True)
    return _TableCheck(table, result=validate(frame, contract))


def _first_cause(error: BaseException) -> BaseException:
    """What went wrong in the first place, under the errors that Kedro wraps it in."""
    return error if error.__cause__ is None else _first_cause(error.__cause__)


def _summary(checks: list[_TableCheck]) -> Table:
    from rich.table import Table

    table = Table("Table", "Status", "Rows", "Checks", "Failed", "To quarantine", "Seconds")
    for check in checks:
        result = check.result
        if result is None:
            table.add_row(check.table, "stop" if check.broken else check.absent)
            continue
        figures = (result.rows, result.checks, len(result.failures), result.quarantined_rows)
        cells = [f"{figure:,}" for figure in figures]
        table.add_row(check.table, result.status, *cells, f"{result.seconds:.1f}")
    return table


def _print_contract(contract: Contract) -> None:
    from rich.markdown import Markdown
    from rich.table import Table

    screen = console()
    screen.print(Markdown(f"# {contract.title}\n\n{contract.description}"))
    for name, fact in _facts(contract).items():
        screen.print(f"{name}: {fact}", highlight=False, markup=False)
    table = Table("Column", "Type", "Role", "Missing", "Allowed", "If not", "Meaning")
    for name, column in contract.columns.items():
        cells = (name, column.type, column.role, missing(column), limits(column, most=6))
        table.add_row(*cells, column.severity, _meaning(column))
    screen.print(table)
    for further in contract.expectations:
        reason = f": {further.description.strip()}" if further.description else ""
        line = f"{further.expectation} {further.arguments}, {further.severity}{reason}"
        screen.print(line, highlight=False, markup=False)


def _facts(contract: Contract) -> Mapping[str, str]:
    facts = {
        "Source": contract.source.strip(),
        "Key": f"{', '.join(contract.key)} (rows that share one: {contract.duplicates})",
        "Target": f"{contract.target} ({contract.task})" if contract.target else "",
        "Quarantine": f"at most {contract.quarantine_limit:.2%} of rows",
        "Columns not listed": contract.extra_columns.value,
        "Hash": contract.hash[:12],
    }
    if not contract.key:
        del facts["Key"]
    return {name: fact for name, fact in facts.items() if fact}


def _meaning(column: Column) -> str:
    return f"{column.title}. {column.description.strip()}".removesuffix(". ").strip()
