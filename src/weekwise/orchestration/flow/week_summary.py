"""What the flow shows of a weekly report: in Prefect, and in a backfill's table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pydantic import ValidationError

from weekwise.errors import OrchestrationError
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.wording import fixed

if TYPE_CHECKING:
    from weekwise.reports.weekly.weekly_report import WeeklyReport


@dataclass(frozen=True)
class WeekSummary:
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


def read_weekly_report(environment: ProjectEnvironment, as_of: date) -> WeeklyReport:
    """Read the report of a complete week.

    Args:
        environment: The environment.
        as_of: The week.

    Raises:
        OrchestrationError: If the report is damaged, or was written by another version.
    """
    from weekwise.reports.weekly.weekly_report import WeeklyReport

    path = environment.data.week(as_of).weekly_report
    try:
        return WeeklyReport.model_validate_json(path.read_bytes())
    except ValidationError:
        raise OrchestrationError(
            f"the report of the week {as_of} cannot be read: {path} is damaged, or another version "
            "of Weekwise wrote it; run that week again: "
            f"kedro weekly run --as-of {as_of}{environment.cli_option}"
        ) from None


def summarize_week(report: WeeklyReport) -> WeekSummary:
    """The figures of a weekly report that the flow shows: the one place that reads them."""
    figures, last_week = report.figures, report.figures.performance.last
    verdict, loss = figures.model.verdict.headline, figures.task.words.loss
    expected = fixed(last_week.expected_loss if last_week else None, 4)
    realized = fixed(last_week.loss if last_week else None, 4)
    return WeekSummary(
        verdict=verdict,
        expected=expected,
        realized=realized,
        rows=(
            ("as of", figures.period),
            ("history rows", f"{figures.data.history_rows:,}"),
            ("predictions", f"{figures.predictions.rows:,}"),
            ("verdict", verdict),
            (f"{loss}, expected", expected),
            (f"{loss}, actual", realized),
        ),
    )
