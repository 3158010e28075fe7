"""Missing weeks, in order: each one run of the weekly flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from weekwise.errors import AsOfError
from weekwise.orchestration.flow.journal import read_journal
from weekwise.orchestration.flow.launch import retry_last, run_now
from weekwise.orchestration.flow.report_summary import Report, read_report
from weekwise.orchestration.project import Project
from weekwise.paths import DataFolder


@dataclass(frozen=True)
class Week:
    """One week of a backfill.

    Attributes:
        as_of: Its date.
        report: What it found.
        made: Whether this backfill ran it; otherwise it was there before.
    """

    as_of: date
    report: Report
    made: bool


def weeks_between(project: Project, first: str, last: str) -> list[date]:
    """The as-of dates of a backfill.

    Raises:
        AsOfError: If the dates are wrong, or in the wrong order.
    """
    start, end = project.calendar.parse(first), project.calendar.parse(last)
    if end < start:
        raise AsOfError(f"--to {end} is before --from {start}; give the older date first")
    step = project.calendar.step_days
    return [start + timedelta(days=n) for n in range(0, (end - start).days + 1, step)]


def backfill(project: Project, weeks: list[date], tell: Callable[[int, date], None]) -> list[Week]:
    """Run the weeks that are not complete; a backfill that was ended takes up where it was.

    Args:
        project: The environment.
        weeks: The as-of dates, in order.
        tell: Called before each week that is run, with its number and date.
    """
    done = set(DataFolder(project.data).weeks())
    made: list[Week] = []
    for number, week in enumerate(weeks, start=1):
        missing = week not in done
        if missing:
            tell(number, week)
            _run(project, week)
        made.append(Week(week, read_report(project.data, week.isoformat()), missing))
    return made


def _run(project: Project, week: date) -> None:
    journal = read_journal(project.data)
    if journal is not None and not journal.finished and journal.as_of == week.isoformat():
        retry_last(project)
    else:
        run_now(project, week.isoformat())
