"""`kedro weekly`: the weekly Prefect flow, in this process, on a schedule, or for past weeks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from kedro.framework.cli.utils import env_option

from weekwise.cli.plain_errors import plain_errors

if TYPE_CHECKING:
    from rich.table import Table

    from weekwise.orchestration.flow.backfill import Week
    from weekwise.orchestration.project import Project
    from weekwise.orchestration.runner.plan import Plan

PREFECT_LEVEL = "PREFECT_LOGGING_LEVEL"
QUIET = "CRITICAL"
"""Prefect's own lines would repeat Kedro's, and give each error of a user's a traceback."""


@click.group(name="weekly")
def weekly() -> None:
    """The weekly Prefect flow: run, serve, up, deploy, backfill, explain."""


@weekly.command()
@click.option("--as-of", help="The run's logical date, YYYY-MM-DD; by default the next week.")
@click.option("--retry", is_flag=True, help="Take up the last run where it failed.")
@env_option
def run(as_of: str | None, retry: bool, env: str | None) -> None:
    """Run one week now, in this process; no server is needed."""
    if as_of and retry:
        raise click.UsageError("--retry takes up the last run; leave out --as-of")
    with _project_here(env) as (project, ready):
        from weekwise.orchestration.flow import launch as start

        if retry:
            start.unfinished_run(project)
            ready()
            start.retry_last(project)
        else:
            day = start.chosen_week(project, as_of)
            ready()
            start.run_now(project, day.isoformat())


@weekly.command()
@env_option
def serve(env: str | None) -> None:
    """Create or update the weekly deployment and serve it here, until SIGTERM."""
    with _project(env, level="ERROR") as project:
        from weekwise.orchestration.deployment.weekly_deployment import serve_weekly

        serve_weekly(project)


@weekly.command()
@click.option(
    "--wait", default=300.0, show_default=True, help="Seconds to wait for MLflow and Prefect."
)
@env_option
def up(wait: float, env: str | None) -> None:
    """Wait for MLflow and Prefect, run a first week if there is no champion, then serve.

    An interrupted run is resumed. This is what a container runs.
    """
    with _project(env, level="ERROR") as project:
        from weekwise.orchestration.deployment.container_start import up as bring_up

        bring_up(project, wait_seconds=wait)


@weekly.command()
@click.option("--work-pool", required=True, help="The work pool whose workers run it.")
@env_option
def deploy(work_pool: str, env: str | None) -> None:
    """Create or update the weekly deployment for a worker on a work pool."""
    with _project(env) as project:
        from weekwise.orchestration.deployment.weekly_deployment import deploy_weekly

        name = deploy_weekly(project, work_pool)
        click.echo(f"deployed {name}; start a worker with: prefect worker start -p {work_pool}")


@weekly.command()
@click.option("--from", "first", required=True, help="The first as-of date, YYYY-MM-DD.")
@click.option("--to", "last", required=True, help="The last as-of date, YYYY-MM-DD.")
@env_option
def backfill(first: str, last: str, env: str | None) -> None:
    """Run the weeks that are missing, in order."""
    with _project_here(env) as (project, ready):
        from weekwise.orchestration.flow import backfill as filling

        weeks = filling.weeks_between(project, first, last)
        ready()
        made = filling.backfill(
            project, weeks, lambda n, week: click.echo(f"week {n} of {len(weeks)}: {week}")
        )
        _print(_weeks_table(made))


@weekly.command()
@env_option
def explain(env: str | None) -> None:
    """Show how nodes become tasks: stages, retries, time limits, turns. Nothing is run."""
    with _project(env) as project:
        as_of = project.calendar.first_as_of.isoformat()
        plan = project.plan(as_of)
        _print(_plan_table(plan))
        click.echo("A retried run takes up again at: " + plan.resume_at)


@contextmanager
def _project(env: str | None, *, level: str = QUIET) -> Iterator[Project]:
    """The environment's project; errors that a user can fix become one line."""
    os.environ.setdefault(PREFECT_LEVEL, level)
    with plain_errors():
        from weekwise.orchestration.project import Project, set_up

        yield Project.of(set_up(), env)


@contextmanager
def _project_here(env: str | None) -> Iterator[tuple[Project, Callable[[], None]]]:
    """The environment's project for runs in this process, and what waits for an API that answers.

    A server of its own takes seconds to start, and so does what a run imports: both begin at once.
    """
    os.environ.setdefault(PREFECT_LEVEL, QUIET)
    with plain_errors():
        from weekwise.orchestration.server.temporary_server import a_server

        with a_server() as server, _project(env) as project:

            def ready() -> None:
                from weekwise.orchestration.server.connection import check_api

                _import_what_runs_need()
                if server is not None:
                    server.wait()
                check_api(server_needed=False)

            yield project, ready


def _import_what_runs_need() -> None:
    import great_expectations  # noqa: F401
    import kedro_mlflow.framework.hooks  # noqa: F401

    import weekwise.orchestration.flow.launch  # noqa: F401


def _plan_table(plan: Plan) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("subflow", "task", "tags", "retries", "time limit", "holds the store"):
        table.add_column(column)
    for stage in plan.stages:
        for number, task in enumerate(stage.tasks.values()):
            limit = task.options.timeout_seconds
            table.add_row(
                "" if number else stage.title,
                task.node.short_name,
                ", ".join(sorted(task.node.tags)),
                str(task.options.retries),
                "none" if limit is None else f"{limit:g} s",
                "takes turns" if task.takes_turns else "",
            )
    return table


def _weeks_table(weeks: list[Week]) -> Table:
    from rich.table import Table

    from weekwise.orchestration.flow.report_summary import shown

    table = Table(box=None, pad_edge=False)
    for column in ("as_of", "status", "expected", "realized", "verdict", ""):
        table.add_column(column)
    for week in weeks:
        report = week.report
        table.add_row(
            report.as_of,
            report.status,
            shown(report.expected),
            shown(report.realized),
            report.verdict,
            "" if week.made else "was there",
        )
    return table


def _print(table: Table) -> None:
    from rich.console import Console

    Console().print(table)
