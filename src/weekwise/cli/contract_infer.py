"""`kedro contract infer`: an environment from a table, and what was decided about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from kedro.framework.project import settings
from kedro.framework.startup import ProjectMetadata

from weekwise.cli.plain_errors import plain_errors

if TYPE_CHECKING:
    from rich.table import Table

    from weekwise.infer.environment import InferredEnvironment


@click.command()
@click.argument("source")
@click.option("--target", help="The column to predict; without it one is proposed.")
@click.option("--time", help="The column that dates a row; without it one is looked for.")
@click.option("--key", help="The columns that tell rows apart, such as order_id or shop,day.")
@click.option(
    "--known-after",
    help="How long after its time a row's target is known, such as 28d or 4w; by default at once.",
)
@click.option("--predict", help="A file of rows to be predicted, if they come apart.")
@click.option("--table", help="The table in a database, or the sheet in a workbook.")
@click.option("--env", "-e", help="The environment to write; by default it is named after SOURCE.")
@click.option("--force", is_flag=True, help="Replace the environment's files that are there.")
@click.pass_obj
def infer(
    metadata: ProjectMetadata,
    /,
    source: str,
    env: str | None,
    *,
    force: bool,
    **asked: str | None,
) -> None:
    """Write an environment for the table in SOURCE, and show what was decided and why.

    SOURCE is a file (CSV, TSV, Parquet, JSON Lines, Excel, DuckDB or SQLite), a pattern of files in
    quotes, or a database's address: postgresql://user@host/shop?table=orders. Nothing is asked, and
    nothing is replaced without --force.
    """
    with plain_errors():
        from weekwise.infer.environment import (
            Wishes,
            default_environment,
            infer_environment,
            known_after_days,
        )
        from weekwise.infer.environment_files import (
            CONTRACT_FILE,
            check_name,
            refuse_existing,
            write_environment,
        )
        from weekwise.infer.source import opened

        environment = env or default_environment(source)
        check_name(environment)
        project = Path(metadata.project_path)
        folder = project / settings.CONF_SOURCE / environment
        refuse_existing(folder, (CONTRACT_FILE, "catalog.yml", "globals.yml"), force=force)
        names = (name.strip() for name in (asked["key"] or "").split(","))
        wishes = Wishes(
            target=asked["target"],
            time=asked["time"],
            key=tuple(name for name in names if name),
            known_after_days=known_after_days(asked["known_after"] or "0"),
        )
        with opened(
            source, project, table=asked["table"], rows_to_predict=asked["predict"]
        ) as rows:
            inferred = infer_environment(rows, environment, wishes)
        written = write_environment(folder, inferred.files, force=force)
        _show(inferred, [path.relative_to(project) for path in written], environment)


def _show(inferred: InferredEnvironment, written: list[Path], environment: str) -> None:
    from weekwise.cli.console import console

    screen = console()
    screen.print(_decisions(inferred))
    for remark in inferred.remarks:
        screen.print(f"• {remark}", highlight=False, markup=False)
    screen.print(
        f"Wrote {', '.join(str(path) for path in written)}.", highlight=False, markup=False
    )
    screen.print(
        f"Next: kedro run --env {environment}, then make serve ENV={environment}",
        highlight=False,
        markup=False,
    )


def _decisions(inferred: InferredEnvironment) -> Table:
    from rich.table import Table
    from rich.text import Text

    from weekwise.contract.describe import limits, missing

    contract = inferred.contract
    title = f"{inferred.rows:,} rows, {len(inferred.decisions)} columns, {contract.task} target"
    table = Table("Column", "Role", "Type", "Missing", "Allowed", "Why", title=title)
    for decision in inferred.decisions:
        column = contract.columns.get(decision.name)
        if column is None:
            cells = ("left out", decision.facts.stored, "", "", decision.reason)
        else:
            allowed = limits(column, most=4)
            cells = (
                column.role.value,
                column.type.value,
                missing(column),
                allowed,
                decision.reason,
            )
        table.add_row(Text(decision.name), *(Text(cell) for cell in cells))
    return table
