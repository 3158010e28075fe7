"""Which weeks the store holds, read off the weekly reports that complete runs leave behind."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from weekwise.quality.places import REPORTING

WEEKLY_REPORT = "weekly_report.json"


def completed_weeks(data: Path) -> list[date]:
    """As-of dates of the complete runs, in order.

    A run writes its weekly report last and atomically, so a run that was killed is not among them.

    Args:
        data: The project's data folder.
    """
    reports = (data / REPORTING).glob(f"????-??-??/{WEEKLY_REPORT}")
    return sorted(week for report in reports if (week := _week(report.parent.name)) is not None)


def last_week(data: Path) -> date | None:
    """As-of date of the newest complete run, if there is one.

    Args:
        data: The project's data folder.
    """
    weeks = completed_weeks(data)
    return weeks[-1] if weeks else None


def _week(folder: str) -> date | None:
    """The week a folder is named after, if it is named after one."""
    try:
        return date.fromisoformat(folder)
    except ValueError:
        return None
