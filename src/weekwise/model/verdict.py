"""The promotion gate's verdict: a decision, its reasons, and the figures behind it."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import TaskName
from weekwise.tasks import TASKS
from weekwise.tasks.records import Metrics


class Decision(StrEnum):
    """What the promotion gate decided."""

    FIRST = "first"
    """There was no champion, and the challenger becomes it."""
    PROMOTED = "promoted"
    """The challenger takes the champion's place."""
    KEPT = "kept"
    """The champion stays."""
    REJECTED = "rejected"
    """There was no champion that can predict, and the challenger is not fit to become it."""
    NOT_RETRAINED = "not_retrained"
    """No model was trained; the champion stays."""
    DRY_RUN = "dry_run"
    """The gate was asked to move nothing; `would_be` says what it found."""


class Comparison(Frozen):
    """Challenger against champion on the same rows, in shares of the baseline's loss.

    Attributes:
        rows: Rows that neither was fitted on.
        days: Days these rows are of; none where they have no time.
        difference: Challenger's mean loss minus the champion's; below zero is better.
        low: Lower end of the difference's bootstrap interval.
        high: Upper end of it.
        confidence: The interval's level.
        probability_better: Share of bootstrap samples in which the challenger is better, ties half.
    """

    rows: int
    days: int | None
    difference: float
    low: float
    high: float
    confidence: float
    probability_better: float


class SliceComparison(Frozen):
    """Challenger against champion on one slice.

    Attributes:
        column: What the rows were sliced by.
        value: The slice's value of it.
        rows: Rows of the slice.
        difference: Challenger's mean loss minus the champion's; below zero is better.
        limit: The largest difference allowed.
    """

    column: str
    value: str
    rows: int
    difference: float
    limit: float

    @property
    def too_bad(self) -> bool:
        """Whether the slice is worse than its limit."""
        return self.difference > self.limit


class Verdict(Frozen):
    """What the promotion gate decided for one run, and why.

    Attributes:
        as_of: The run's logical date.
        task: What is predicted.
        decision: What was decided.
        reasons: Why, one sentence each.
        would_be: In a dry run, what would have been decided.
        challenger_version: The version that was judged, if one was.
        champion_version: The version that was champion before, if there was one.
        challenger: The challenger's metrics on the rows judged on.
        champion: The champion's metrics on the same rows.
        baseline: The baseline's metrics on the same rows.
        comparison: Challenger against champion.
        slices: The same by slice, only slices with enough rows.
    """

    as_of: date
    task: TaskName
    decision: Decision
    reasons: tuple[str, ...]
    would_be: Decision | None = None
    challenger_version: str | None = None
    champion_version: str | None = None
    challenger: Metrics | None = None
    champion: Metrics | None = None
    baseline: Metrics | None = None
    comparison: Comparison | None = None
    slices: tuple[SliceComparison, ...] = ()

    @property
    def promotes(self) -> bool:
        """Whether the challenger becomes champion."""
        return self.decision in (Decision.FIRST, Decision.PROMOTED)

    @property
    def headline(self) -> str:
        """The decision as one sentence."""
        champion = f"version {self.champion_version}" if self.champion_version else "no champion"
        return {
            Decision.FIRST: f"Version {self.challenger_version} becomes the first champion.",
            Decision.PROMOTED: f"Version {self.challenger_version} replaces {champion}.",
            Decision.KEPT: f"The champion stays: {champion}.",
            Decision.REJECTED: f"Version {self.challenger_version} is not fit to be champion.",
            Decision.NOT_RETRAINED: f"No model was trained; the champion stays: {champion}.",
            Decision.DRY_RUN: f"Dry run, nothing moved; it would be: {self.would_be}.",
        }[self.decision]

    def markdown(self) -> str:
        """The verdict for a person to read: headline, reasons, metrics side by side."""
        lines = [f"**{self.headline}** As of {self.as_of}.", ""]
        lines += [f"- {reason}" for reason in self.reasons]
        columns = {
            "challenger": self.challenger,
            "champion": self.champion,
            "baseline": self.baseline,
        }
        lines += _metrics_table(
            {name: metrics for name, metrics in columns.items() if metrics}, self.task
        )
        return "\n".join(lines) + "\n"


def not_retrained(as_of: date, task: TaskName, champion_version: str, reason: str) -> Verdict:
    """The verdict of a run that trained no model.

    Args:
        as_of: The run's logical date.
        task: What is predicted.
        champion_version: The champion, which stays.
        reason: Why no model was trained, one sentence.
    """
    return Verdict(
        as_of=as_of,
        task=task,
        decision=Decision.NOT_RETRAINED,
        reasons=(reason,),
        champion_version=champion_version,
    )


def champion_already(as_of: date, task: TaskName, version: str) -> Verdict:
    """The verdict of a run whose challenger is the champion: it is not judged against itself.

    Args:
        as_of: The run's logical date.
        task: What is predicted.
        version: The version, which stays champion.
    """
    return Verdict(
        as_of=as_of,
        task=task,
        decision=Decision.KEPT,
        reasons=(f"Version {version} is the champion already; it is not judged against itself.",),
        champion_version=version,
    )


def _metrics_table(columns: dict[str, Metrics], task: TaskName) -> list[str]:
    """Markdown lines of a table with one column for each model."""
    if not columns:
        return []
    lines = ["", f"| | {' | '.join(columns)} |", f"|---|{'---:|' * len(columns)}"]
    lines.append(f"| rows | {' | '.join(f'{metrics.rows:,}' for metrics in columns.values())} |")
    for metric in TASKS[task].metrics:
        cells = [_cell(metrics.by_name.get(metric.name)) for metrics in columns.values()]
        lines.append(f"| {metric.name.replace('_', ' ')} | {' | '.join(cells)} |")
    return lines


def _cell(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.4f}"
