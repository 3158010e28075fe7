"""`kedro contract`: what each table must be, and whether it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
from kedro.config import MissingConfigException
from kedro.framework.project import settings
from kedro.framework.startup import ProjectMetadata
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from weekwise.cli.console import console
from weekwise.cli.contract_data import check_rows, check_tables, report
from weekwise.cli.contract_infer import infer
from weekwise.cli.plain_errors import plain_errors
from weekwise.cli.project_folder import enter_project
from weekwise.configuration import EnvironmentConfigLoader, load_configuration
from weekwise.contract.column import Column, Severity
from weekwise.contract.derive import FEATURES, with_feed
from weekwise.contract.describe import limits, missing
from weekwise.contract.load import project_contracts
from weekwise.contract.model import Contract, Contracts
from weekwise.errors import ContractError
from weekwise.wording import nearest

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
            passed = check_tables(metadata, loader, contracts) and passed
            passed = check_rows(metadata, loader, contracts) and passed
        if not passed:
            raise click.exceptions.Exit(1)


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
    faults = list(configuration_faults(contracts, loader, pipelines[DEFAULT]))
    # Without a context, which refuses the first wrong parameter.
    catalog = DataCatalog.from_config(_said(loader, "catalog"), _said(loader, "credentials"))
    faults += source_faults(pipelines[WRANGLING], catalog)
    return report(faults)


def _said(loader: EnvironmentConfigLoader, part: str) -> dict[str, Any]:
    """A part of the configuration; empty if there is none."""
    try:
        said: dict[str, Any] = loader[part]
    except MissingConfigException:
        return {}
    return said


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
        "Freshness": _growth(contract.freshness),
        "Volume": _growth(contract.volume),
        "Columns not listed": contract.extra_columns.value,
        "Hash": contract.hash[:12],
    }
    if not contract.key:
        del facts["Key"]
    return {name: fact for name, fact in facts.items() if fact}


def _growth(severity: Severity | None) -> str:
    return f"not as in the table's past: {severity}" if severity else ""


def _meaning(column: Column) -> str:
    return f"{column.title}. {column.description.strip()}".removesuffix(". ").strip()
