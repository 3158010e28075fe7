"""What the flow shows of a weekly report: in Prefect, and in a backfill's table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from weekwise.paths import DataFolder
from weekwise.wording import fixed

if TYPE_CHECKING:
    from weekwise.reports.weekly.weekly_report import WeeklyReport


@dataclass(frozen=True)
class ReportSummary:
    """A weekly report in a few figures, as text.

    Attributes:
        verdict: The promotion gate's decision in one line.
        expected: The loss expected in the last judged week.
        realized: The loss realized in it.
        rows: All that the report's page in Prefect shows: names and values.
    """

    verdict: str
    expected: str
    realized: str
    rows: tuple[tuple[str, str], ...]


def read_weekly_report(data: DataFolder, as_of: date | str) -> WeeklyReport:
    """Read the report of a complete week.

    Args:
        data: The environment's data folder.
        as_of: The week.
    """
    from weekwise.reports.weekly.weekly_report import WeeklyReport

    return WeeklyReport.model_validate_json(data.week(as_of).weekly_report.read_bytes())


def summarize(report: WeeklyReport) -> ReportSummary:
    """The figures of a weekly report that the flow shows: the one place that reads them."""
    figures, last_week = report.figures, report.figures.performance.last
    verdict = figures.model.verdict.headline
    expected = fixed(last_week.expected_log_loss if last_week else None, 4)
    realized = fixed(last_week.log_loss if last_week else None, 4)
    return ReportSummary(
        verdict=verdict,
        expected=expected,
        realized=realized,
        rows=(
            ("as of", f"{report.as_of}, predicting up to {figures.end}"),
            ("history rows", f"{figures.data.history_rows:,}"),
            ("predictions", f"{figures.predictions.rows:,}"),
            ("verdict", verdict),
            ("log loss expected", expected),
            ("log loss realized", realized),
        ),
    )
