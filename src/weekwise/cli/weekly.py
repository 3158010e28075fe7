"""`kedro weekly`: the weekly Prefect flow, in this process, on a schedule, or for past weeks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from kedro.framework.cli.utils import env_option

from weekwise.cli.interruption import plain_interruption
from weekwise.cli.plain_errors import plain_errors
from weekwise.cli.project_folder import enter_project
from weekwise.cli.verbosity import verbose_option
from weekwise.hooks.node_progress import shown_progress

if TYPE_CHECKING:
    from rich.table import Table

    from weekwise.orchestration.flow.backfill import BackfilledWeek
    from weekwise.orchestration.project_environment import ProjectEnvironment
    from weekwise.orchestration.runner.run_plan import RunPlan

Command = TypeVar("Command", bound=Callable[..., Any])

PREFECT_LOG_LEVEL = "PREFECT_LOGGING_LEVEL"
QUIET = "CRITICAL"
"""Prefect's own lines would repeat Kedro's, and show a traceback for each of a user's errors."""


def _weeks_option(*, least: int) -> Callable[[Command], Command]:
    """`--weeks`: how far a command goes back."""
    return click.option(
        "--weeks",
        default=8,
        show_default=True,
        type=click.IntRange(min=least),
        help="How many past weeks to judge, at the most.",
    )


@click.group(name="weekly")
def weekly() -> None:
    """The weekly Prefect flow: run, serve, up, deploy, backfill, explain; backtest; search."""


@weekly.command()
@click.option("--as-of", help="The run's logical date, YYYY-MM-DD; by default the next week.")
@click.option("--retry", is_flag=True, help="Resume the last run where it failed.")
@verbose_option
@env_option
def run(as_of: str | None, retry: bool, verbose: bool, env: str | None) -> None:
    """Run one week now, in this process; no server is needed."""
    if as_of and retry:
        raise click.UsageError("--retry resumes the last run; leave out --as-of")
    with _local_runs(env, verbose=verbose) as (environment, wait_for_api):
        from weekwise.orchestration.flow import launch

        # What a user can fix is said at once, before a server is waited for.
        if retry:
            launch.unfinished_run(environment)
            wait_for_api()
            launch.retry_last_run(environment)
        else:
            week = launch.requested_week(environment, as_of)
            wait_for_api()
            launch.run_week(environment, week.isoformat())


@weekly.command()
@env_option
def serve(env: str | None) -> None:
    """Create or update the weekly deployment and serve it here, until SIGTERM."""
    with _environment(env, level="ERROR") as environment:
        from weekwise.orchestration.deployment.serve import serve_deployment

        serve_deployment(environment)


@weekly.command()
@click.option(
    "--wait", default=300.0, show_default=True, help="Seconds to wait for MLflow and Prefect."
)
@env_option
def up(wait: float, env: str | None) -> None:
    """Wait for MLflow and Prefect, run a first week if there is no champion, then serve.

    An interrupted run is resumed. This is what a container runs.
    """
    with _environment(env, level="ERROR") as environment:
        from weekwise.orchestration.deployment.container_start import start_and_serve

        start_and_serve(environment, wait_seconds=wait)


@weekly.command()
@click.option("--work-pool", required=True, help="The work pool whose workers run it.")
@env_option
def deploy(work_pool: str, env: str | None) -> None:
    """Create or update the weekly deployment for a worker on a work pool."""
    with _environment(env) as environment:
        from weekwise.orchestration.deployment.definition import deploy_to_work_pool

        name = deploy_to_work_pool(environment, work_pool)
        click.echo(f"deployed {name}; start a worker with: prefect worker start -p {work_pool}")


@weekly.command()
@click.option("--from", "first", required=True, help="The first as-of date, YYYY-MM-DD.")
@click.option("--to", "last", required=True, help="The last as-of date, YYYY-MM-DD.")
@verbose_option
@env_option
def backfill(first: str, last: str, verbose: bool, env: str | None) -> None:
    """Run the weeks that are missing, in order."""
    with _local_runs(env, verbose=verbose) as (environment, wait_for_api):
        from weekwise.orchestration.flow.backfill import run_missing_weeks, weeks_between

        weeks = weeks_between(environment, first, last)
        wait_for_api()
        backfilled = run_missing_weeks(
            environment, weeks, lambda n, week: click.echo(f"week {n} of {len(weeks)}: {week}")
        )
        _print(_backfill_table(backfilled))


@weekly.command()
@env_option
def explain(env: str | None) -> None:
    """Show how nodes become tasks: stages, retries, time limits. Nothing is run."""
    with _environment(env) as environment:
        # Any week has the same plan.
        plan = environment.plan(environment.calendar.after(None).isoformat())
        _print(_plan_table(plan))
        click.echo(f"A retried run resumes at: {plan.resume_at}")


@weekly.command()
@_weeks_option(least=1)
@env_option
def backtest(weeks: int, env: str | None) -> None:
    """Judge how models are made, over past weeks of the table, without a server.

    For each week features are chosen and a model is fitted on what was known when it began, and
    held against what came; beside it stand last week's model, a linear one and a trailing constant.
    It writes a page and a JSON file, and moves no model. When it is stopped, the same command goes
    on with the weeks that are left.
    """
    with plain_errors():
        enter_project()
        from weekwise.cli.weekly_backtest import run_backtest
        from weekwise.orchestration.project_environment import load_environment, set_up_project

        run_backtest(load_environment(set_up_project(), env), weeks)


@weekly.command()
@click.option(
    "--minutes",
    default=10.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="How long to search.",
)
@_weeks_option(least=3)
@env_option
def search(minutes: float, weeks: int, env: str | None) -> None:
    """Search for settings that would have done better in past weeks, without a server.

    A handful of changes to the settings race over past weeks of the table, each judged as a
    backtest judges; a linear model and LightGBM stand beside them. What pays by more than its
    standard error is written to searched.yml beside the environment's parameters, with the
    leaderboard, and holds from the next run on. Delete the file to undo it.
    """
    with plain_errors():
        from weekwise.cli.weekly_search import run_search
        from weekwise.orchestration.project_environment import load_environment, set_up_project

        run_search(load_environment(set_up_project(), env), weeks=weeks, minutes=minutes)


@weekly.command()
@click.argument("source")
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--version", help="The version that predicts; by default the champion.")
@click.option(
    "--alias",
    type=click.Choice(["champion", "challenger"]),
    default="champion",
    show_default=True,
    help="The alias of the version that predicts.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@env_option
def score(
    source: str, output: Path, version: str | None, alias: str, force: bool, env: str | None
) -> None:
    """Predict all rows of SOURCE into OUTPUT, with a registered model and without a server.

    SOURCE is a file, a folder or a pattern of files (CSV, Parquet, JSON Lines, Excel), or a table
    of a database, of any size. OUTPUT ends in .parquet, .csv or .csv.gz. Rows that the contract
    refuses go to a file beside it, each with its reason. Files are written whole or not at all.
    """
    # Paths are named from where the command is typed.
    target = output.resolve()
    with plain_errors():
        if "://" not in source:
            source = str(Path(source).expanduser().resolve())
        enter_project()
        from weekwise.cli.weekly_score import score_file

        score_file(source, target, env=env, version=version, alias=alias, force=force)


@contextmanager
def _environment(env: str | None, *, level: str = QUIET) -> Iterator[ProjectEnvironment]:
    """The environment; errors that a user can fix become one line."""
    os.environ.setdefault(PREFECT_LOG_LEVEL, level)
    with plain_errors():
        enter_project()
        from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project

        yield ProjectEnvironment.of(set_up_project(), env)


@contextmanager
def _local_runs(
    env: str | None, *, verbose: bool
) -> Iterator[tuple[ProjectEnvironment, Callable[[], None]]]:
    """The environment for runs in this process, and a function that waits for the Prefect API.

    A temporary server takes seconds to start, and so do a run's imports: both start at once.
    """
    os.environ.setdefault(PREFECT_LOG_LEVEL, QUIET)
    with plain_interruption("kedro weekly run --retry"), plain_errors():
        from weekwise.orchestration.server.temporary_server import temporary_server

        with (
            temporary_server() as server,
            _environment(env) as environment,
            shown_progress(verbose=verbose),
        ):

            def wait_for_api() -> None:
                from weekwise.orchestration.server.connection import check_api

                _import_heavy_modules()
                if server is not None:
                    server.wait()
                check_api(server_needed=False)

            yield environment, wait_for_api


def _import_heavy_modules() -> None:
    """Import what a run needs while the server starts."""
    import great_expectations  # noqa: F401
    import kedro_mlflow.framework.hooks  # noqa: F401

    import weekwise.orchestration.flow.launch  # noqa: F401


def _plan_table(plan: RunPlan) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("subflow", "task", "tags", "retries", "time limit", "store connection"):
        table.add_column(column)
    for stage in plan.stages:
        for position, task in enumerate(stage.tasks.values()):
            limit = task.options.timeout_seconds
            table.add_row(
                "" if position else stage.title,
                task.node.short_name,
                ", ".join(sorted(task.node.tags)),
                str(task.options.retries),
                "none" if limit is None else f"{limit:g} s",
                "one node at a time" if task.needs_connection else "",
            )
    return table


def _backfill_table(weeks: list[BackfilledWeek]) -> Table:
    from rich.table import Table

    from weekwise.orchestration.flow.week_summary import summarize_week

    table = Table(box=None, pad_edge=False)
    # The last column needs no title: it marks weeks that were complete before.
    for column in ("as_of", "status", "expected", "actual", "verdict", ""):
        table.add_column(column)
    for week in weeks:
        report, summary = week.report, summarize_week(week.report)
        table.add_row(
            report.as_of.isoformat(),
            report.status,
            summary.expected,
            summary.realized,
            summary.verdict,
            "" if week.was_run else "already complete",
        )
    return table


def _print(table: Table) -> None:
    from rich.console import Console

    Console().print(table)
