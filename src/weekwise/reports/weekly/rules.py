"""The rules that make a week OK, WARN or ACT. Each is a pure function of the week's figures.

ACT means that the predictions may do harm until somebody does something; WARN, that something is
worth a look this week; OK, that there is nothing to do. A finding that is OK is only listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from weekwise.analysis.drift import DriftLevel
from weekwise.model.verdict import Decision
from weekwise.reports.finding import Finding, Status
from weekwise.reports.weekly.outcome_rules import (
    look_back_findings,
    outcome_findings,
    retraining_findings,
)
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.weekly_report import Figures, WeeklyReport
from weekwise.wording import counted, percent

NAMED = 2
MOST_REASONS = 2


def judge(figures: Figures, params: MonitoringParams) -> WeeklyReport:
    """Give a week its status, with the reasons and what to do next.

    Args:
        figures: The week.
        params: The limits.
    """
    findings = sorted(_findings(figures, params), key=lambda finding: -finding.status.rank)
    status = findings[0].status if findings else Status.OK
    last = figures.performance.last
    return WeeklyReport(
        status=status,
        headline=f"{status}: {'; '.join(_headline_reasons(findings, status, figures))}",
        as_of=figures.as_of,
        next_steps=tuple(dict.fromkeys(f.next_step for f in findings if f.next_step)),
        findings=tuple(findings),
        drifted=any(f.topic == "drift" and f.status is not Status.OK for f in findings),
        worse=last is not None and last.worse,
        figures=figures,
    )


def _headline_reasons(findings: list[Finding], status: Status, figures: Figures) -> list[str]:
    """The reasons a headline has room for, all as severe as the status itself."""
    reasons = [finding.reason for finding in findings if finding.status is status]
    if status is Status.OK:
        rows = figures.predictions.rows
        coming = f"{rows:,} rows predicted for {figures.upcoming_days}"
        return [*reasons[:1], coming]
    more = len(reasons) - MOST_REASONS
    return [*reasons[:MOST_REASONS], *([f"and {more} more"] if more > 0 else [])]


def _findings(figures: Figures, params: MonitoringParams) -> Iterator[Finding]:
    yield from outcome_findings(figures.performance.weeks, params.performance, figures.task)
    yield from look_back_findings(figures)
    yield from retraining_findings(figures)
    yield from prediction_findings(figures)
    yield from gate_findings(figures, params)
    yield from verdict_findings(figures)
    yield from drift_findings(figures, params)
    yield from unseen_findings(figures, params)


def prediction_findings(figures: Figures) -> Iterator[Finding]:
    """Whether every upcoming row has a prediction."""
    upcoming, predicted = figures.data.upcoming_rows, figures.predictions.rows
    if upcoming == 0:
        yield Finding(
            status=Status.WARN,
            topic="predictions",
            reason=f"there are no rows to predict for {figures.upcoming_days}",
            next_step="check that the feed holds the rows to be predicted",
        )
    elif figures.model.no_model:
        yield Finding(
            status=Status.ACT,
            topic="predictions",
            reason=f"none of {upcoming:,} upcoming rows has a prediction: {figures.model.no_model}",
            next_step=_model_wanted(figures),
        )
    elif predicted != upcoming:
        yield Finding(
            status=Status.ACT,
            topic="predictions",
            reason=f"{predicted:,} of {upcoming:,} upcoming rows have a prediction",
            next_step=f"run the week again: kedro run --params as_of={figures.as_of}",
        )


def _model_wanted(figures: Figures) -> str:
    """What to do where no model can predict."""
    if figures.model.verdict.decision is Decision.REJECTED:
        return (
            "read the verdict's reasons below and the exploration report: more history or other "
            "features make a better model, and the parameters under promotion set the floor; the "
            "next run trains again"
        )
    return "the verdict was a dry run, which moves nothing; run without promotion.dry_run"


def gate_findings(figures: Figures, params: MonitoringParams) -> Iterator[Finding]:
    """What the data gate took out, or let pass with a warning."""
    for result in figures.data.gate:
        if result.quarantined_rows:
            many = result.quarantined_rows > params.max_quarantined_share * result.rows
            yield Finding(
                status=Status.WARN if many else Status.OK,
                topic="data gate",
                reason=f"{result.quarantined_rows:,} of {result.rows:,} rows of {result.table} "
                "went to quarantine",
                next_step=f"look at the rows of {result.table} in the quarantine table, each with "
                "its reasons"
                if many
                else "",
            )
        if result.warnings:
            first, *others = result.warnings
            more = f", and {len(others)} more" if others else ""
            yield Finding(
                status=Status.WARN,
                topic="data gate",
                reason=f"{result.table}, {first.fact}{more}",
                next_step=first.next_step,
            )


def verdict_findings(figures: Figures) -> Iterator[Finding]:
    """No model at all, or a challenger refused for more than losing by a little."""
    verdict = figures.model.verdict
    if verdict.decision is Decision.REJECTED:
        yield Finding(
            status=Status.ACT,
            topic="promotion",
            reason="no model is fit to predict with",
            next_step=_model_wanted(figures),
        )
    if verdict.decision is Decision.KEPT and verdict.failing_slices:
        yield Finding(
            status=Status.WARN,
            topic="promotion",
            reason="the challenger was refused for "
            f"{_some(verdict.failing_slices)}; the champion stays",
            next_step="look at these slices in the model card",
        )


def drift_findings(figures: Figures, params: MonitoringParams) -> Iterator[Finding]:
    """Features and predictions that are not what they were."""
    unusual = figures.features.unusual
    if unusual and len(unusual) >= params.drifted_features * len(figures.features.drift):
        named = _some([feature.title for feature in unusual])
        yield Finding(
            status=Status.WARN,
            topic="drift",
            reason=f"{len(unusual)} of {len(figures.features.drift)} features have drifted "
            f"unusually far: {named}",
            next_step="see in the exploration report whether the season or the feed explains it",
        )
    else:
        yield from _season_findings(figures)
    if figures.predictions.unusual:
        drift = figures.predictions.drift
        yield Finding(
            status=Status.WARN,
            topic="drift",
            reason=f"this week's {figures.task.words.predictions} are unlike the last weeks' "
            f"({drift.direction if drift else ''}), and further from them than in any past week",
            next_step="see whether the features explain it; if not, suspect the feed",
        )


def _season_findings(figures: Figures) -> Iterator[Finding]:
    """Features far from all of history, which their season explains: told, no reason to act."""
    drift = figures.features.drift
    far = [part for part in drift if part.upcoming.level is DriftLevel.MAJOR and not part.unusual]
    if far and figures.performance.weeks:
        yield Finding(
            status=Status.OK,
            topic="drift",
            reason=f"{counted(len(far), 'feature lies', 'features lie')} far from all of history, "
            "as weeks of the season do",
        )


def unseen_findings(figures: Figures, params: MonitoringParams) -> Iterator[Finding]:
    """Categories that the model has never met."""
    unseen = figures.features.unseen
    if unseen.share > params.max_unseen_share:
        first = unseen.categories[0]
        yield Finding(
            status=Status.WARN,
            topic="unseen categories",
            reason=f"{unseen.rows:,} upcoming rows ({percent(unseen.share)}) have a category "
            f"history does not know, such as {first.column} {first.value}",
            next_step=f"if {first.column} {first.value} is meant, add it to the contract's values",
        )


def _some(names: Sequence[str]) -> str:
    """The first few of some names."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
