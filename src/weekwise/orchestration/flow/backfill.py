"""Missing weeks, in order: each one run of the weekly flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from weekwise.errors import AsOfError
from weekwise.orchestration.flow.launch import retry_last_run, run_week
from weekwise.orchestration.flow.run_journal import read_journal
from weekwise.orchestration.flow.week_summary import read_weekly_report
from weekwise.orchestration.project_environment import ProjectEnvironment

if TYPE_CHECKING:
    from weekwise.reports.weekly.weekly_report import WeeklyReport


@dataclass(frozen=True)
class BackfilledWeek:
    """One week of a backfill.

    Attributes:
        report: Its weekly report.
        was_run: Whether this backfill ran it; otherwise it was complete before.
    """

    report: WeeklyReport
    was_run: bool


def weeks_between(environment: ProjectEnvironment, first: str, last: str) -> list[date]:
    """The as-of dates of a backfill.

    Raises:
        AsOfError: If the dates are wrong, or in the wrong order.
    """
    start, end = environment.calendar.parse(first), environment.calendar.parse(last)
    if end < start:
        raise AsOfError(f"--to {end} is before --from {start}; give the older date first")
    step = environment.calendar.step_days
    return [start + timedelta(days=n) for n in range(0, (end - start).days + 1, step)]


def run_missing_weeks(
    environment: ProjectEnvironment, weeks: list[date], announce: Callable[[int, date], None]
) -> list[BackfilledWeek]:
    """Run the weeks that are not complete; an interrupted backfill resumes where it stopped.

    Args:
        environment: The environment.
        weeks: The as-of dates, in order.
        announce: Called before each week that is run, with its number and date.

    Returns:
        All weeks, in order.

    Raises:
        WeekwiseError: If a week fails in a way that a user can fix, or if the report of a complete
            one cannot be read.
    """
    # Read first: one that cannot be read is better known before hours of runs than after them.
    reported = {*environment.data.weeks()}.intersection(weeks)
    lost = _lost_weeks(environment, reported) if reported else set()
    complete = {week: read_weekly_report(environment, week) for week in sorted(reported - lost)}
    backfilled: list[BackfilledWeek] = []
    for number, week in enumerate(weeks, start=1):
        if week in complete:
            backfilled.append(BackfilledWeek(complete[week], was_run=False))
            continue
        announce(number, week)
        _run_or_resume(environment, week)
        backfilled.append(BackfilledWeek(read_weekly_report(environment, week), was_run=True))
    return backfilled


def _lost_weeks(environment: ProjectEnvironment, reported: set[date]) -> set[date]:
    """Weeks that have a report, but that the store or the registry has lost."""
    from kedro.framework.session import KedroSession

    from weekwise.hooks.lost_weeks import lost_weeks, stored_weeks
    from weekwise.model.registry import Registry

    with KedroSession.create(environment.path, env=environment.env, save_on_close=False) as session:
        context = session.load_context()  # type: ignore[attr-defined]  # typed as the abstract one
        registry = Registry(context.config_loader["globals"]["registered_model"])
        return lost_weeks(reported, stored_weeks(context.catalog), registry.judged_weeks()).weeks


def _run_or_resume(environment: ProjectEnvironment, week: date) -> None:
    journal = read_journal(environment.data)
    if journal is not None and not journal.finished and journal.as_of == week.isoformat():
        retry_last_run(environment)
    else:
        run_week(environment, week.isoformat())
