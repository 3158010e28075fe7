"""A weekly report, as far as the flow shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from weekwise.paths import DataFolder


@dataclass(frozen=True)
class Report:
    """The heart of a weekly report.

    Attributes:
        as_of: The run's logical date.
        status: OK, WARN or ACT.
        headline: The report's first line.
        verdict: The promotion gate's decision in one line.
        expected: Log loss expected for the last judged week, if any.
        realized: Log loss found in it, if any.
        rows: What is shown as a table: names and values.
        next_steps: What a person should do.
    """

    as_of: str
    status: str
    headline: str
    verdict: str
    expected: float | None
    realized: float | None
    rows: tuple[tuple[str, str], ...]
    next_steps: tuple[str, ...]


def read_report(data: Path, as_of: str) -> Report:
    """Read a week's report.

    Args:
        data: The data folder.
        as_of: The week.
    """
    from weekwise.reports.weekly.weekly_report import WeeklyReport

    path = DataFolder(data).week(as_of).weekly_report
    content = WeeklyReport.model_validate_json(path.read_bytes())
    figures, last = content.figures, content.figures.performance.last
    verdict = figures.model.verdict.headline
    expected = last.expected_loss if last else None
    realized = last.loss if last else None
    return Report(
        as_of=content.as_of.isoformat(),
        status=content.status,
        headline=content.headline,
        verdict=verdict,
        expected=expected,
        realized=realized,
        rows=(
            ("as of", f"{content.as_of}, predicting up to {figures.end}"),
            ("history rows", f"{figures.data.history_rows:,}"),
            ("predictions", f"{figures.predictions.rows:,}"),
            ("verdict", verdict),
            ("log loss expected", shown(expected)),
            ("log loss realized", shown(realized)),
        ),
        next_steps=content.next_steps,
    )


def shown(value: float | None) -> str:
    """A figure for people."""
    return "-" if value is None else f"{value:.4f}"
