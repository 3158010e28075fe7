"""The promotion gate: may the challenger take the champion's place?

Both are scored on the same rows, which neither was fitted on. The challenger must pass a floor,
must not lose to the champion, and must not be much worse on any slice. Nothing here reads or moves
anything: `decide` is a function of its arguments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from weekwise.analysis.bootstrap import resampled_sums
from weekwise.contract.column import Share
from weekwise.contract.frozen import Frozen
from weekwise.errors import ContractError
from weekwise.features.read_values import Floats
from weekwise.features.slices import slice_values
from weekwise.model.evaluation import NoContest
from weekwise.model.verdict import Comparison, Decision, SliceComparison, Verdict
from weekwise.tasks.base import Task
from weekwise.tasks.records import Baseline, MetricInfo, Metrics

FEWEST_ROWS = 20
"""On fewer rows no two models can be told apart, however small the table."""


class Policy(StrEnum):
    """What a challenger has to show."""

    NON_INFERIOR = "non_inferior"
    """That it is not worse by more than the margin: newer data wins at equal quality."""
    SUPERIOR = "superior"
    """That it is better."""


class PromotionParams(Frozen):
    """What the promotion gate asks of a challenger. Losses are shares of the baseline's loss.

    Attributes:
        policy: What the challenger has to show against the champion.
        margin: How much worse than the champion's a non-inferior loss may be.
        confidence: Level of the bootstrap interval that has to show it.
        floor_skill: The least skill: the share of the baseline's loss that has to be saved.
        floor_metrics: The least of some metrics, by name; none for the task's own floor, which for
            yes or no is a ROC AUC of 0.55.
        min_rows: With fewer rows that neither model was fitted on, the champion stays; for a small
            table fewer will do, `min_share` of the training rows, though never under 20.
        min_share: See `min_rows`.
        min_days: The same for days, which are what is resampled; not asked where rows have no time.
        slice_limits: For each column to slice by, how much worse than the champion's the
            loss of any slice may be.
        slice_min_rows: Slices with fewer rows are not judged.
        resamples: Bootstrap samples.
        seed: Seed of the bootstrap.
        dry_run: Judge, and move nothing.
    """

    policy: Policy = Policy.NON_INFERIOR
    margin: float = Field(default=0.01, ge=0)
    confidence: float = Field(default=0.9, gt=0, lt=1)
    floor_skill: float = Field(default=0.01, ge=0)
    floor_metrics: dict[str, float] | None = None
    min_rows: int = Field(default=1000, ge=1)
    min_share: Share = 0.02
    min_days: int = Field(default=5, ge=2)
    slice_limits: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    slice_min_rows: int = Field(default=500, ge=1)
    resamples: int = Field(default=2000, ge=100)
    seed: int = 0
    dry_run: bool = False


@dataclass(frozen=True)
class Holdout:
    """The rows that challenger and champion are judged on.

    Attributes:
        as_of: The run's logical date.
        clusters: What is resampled, shape (n,): each row's date, or the row itself.
        by_day: Whether it is the date.
        not_seen: Which rows neither was fitted on, shape (n,); the others are left out here.
        outcome: What happened, as a number, shape (n,).
        slices: The columns to slice by, shape (n, any).
        task: What is predicted.
    """

    as_of: date
    clusters: npt.NDArray[Any]
    by_day: bool
    not_seen: npt.NDArray[np.bool_]
    outcome: Floats
    slices: pd.DataFrame
    task: Task


@dataclass(frozen=True)
class Scored:
    """One model's predictions for the rows of a holdout.

    Attributes:
        version: Its version in the registry.
        baseline: What the outcomes of its training rows alone predict.
        rows: How many rows it was trained on.
        predicted: What it predicts, shape (n, …), in the holdout's order.
    """

    version: str
    baseline: Baseline
    rows: int
    predicted: Floats


@dataclass(frozen=True)
class Unmatched:
    """A champion that cannot be judged on the holdout's rows.

    Attributes:
        version: Its version in the registry.
        contest: Why it cannot be, and whether it can predict.
    """

    version: str
    contest: NoContest


def decide(
    challenger: Scored,
    champion: Scored | Unmatched | None,
    params: PromotionParams,
    *,
    holdout: Holdout,
) -> Verdict:
    """Judge a challenger.

    Args:
        challenger: The newly trained model.
        champion: The model in service, if there is one. If it cannot be judged on these rows, the
            floor alone decides.
        params: What is asked of a challenger.
        holdout: The rows both were scored on; those either was fitted on are left out here.

    Raises:
        ContractError: If the floor names a metric that the task does not have.

    Returns:
        The verdict; in a dry run with what it would have been.
    """
    judged = _judge(_Trial.of(challenger, champion, holdout), challenger, champion, params)
    if not params.dry_run:
        return judged
    return judged.model_copy(update={"decision": Decision.DRY_RUN, "would_be": judged.decision})


@dataclass(frozen=True)
class _Trial:
    """The rows that neither model was fitted on, with both models' predictions."""

    holdout: Holdout
    challenger: Floats
    champion: Floats | None

    @classmethod
    def of(
        cls, challenger: Scored, champion: Scored | Unmatched | None, holdout: Holdout
    ) -> _Trial:
        unseen = holdout.not_seen
        rows = replace(
            holdout,
            clusters=holdout.clusters[unseen],
            not_seen=unseen[unseen],
            outcome=np.asarray(holdout.outcome, dtype=np.float64)[unseen],
            slices=holdout.slices[unseen],
        )
        theirs = champion.predicted[unseen] if isinstance(champion, Scored) else None
        return cls(holdout=rows, challenger=challenger.predicted[unseen], champion=theirs)

    @property
    def rows(self) -> int:
        return len(self.holdout.outcome)

    @property
    def days(self) -> int | None:
        """How many days the rows are of; none where they have no time."""
        return len(np.unique(self.holdout.clusters)) if self.holdout.by_day else None

    def differences(self) -> Floats | None:
        """Challenger's loss minus the champion's for each row, shape (n,)."""
        if self.champion is None:
            return None
        losses, truth = self.holdout.task.losses, self.holdout.outcome
        return losses(truth, self.challenger) - losses(truth, self.champion)


def _judge(
    trial: _Trial,
    challenger: Scored,
    champion: Scored | Unmatched | None,
    params: PromotionParams,
) -> Verdict:
    task, truth = trial.holdout.task, trial.holdout.outcome
    metrics = task.score(truth, trial.challenger)
    baseline = task.score(truth, task.baseline_predictions(challenger.baseline, len(truth)))
    comparison: Comparison | None = None
    slices: tuple[SliceComparison, ...] = ()
    checks = [_enough(trial, challenger.rows, params)]
    if checks[0].passed:
        checks += _floor(task, metrics, baseline, params)
        differences = trial.differences()
        if differences is not None:
            differences = differences / (baseline.loss or 1.0)
            comparison = compare(differences, trial.holdout, params)
            slices = _compare_slices(differences, trial.holdout.slices, params)
            checks += [_contest(task, comparison, params), _slices_hold(slices, params)]
    return Verdict(
        as_of=trial.holdout.as_of,
        task=task.name,
        decision=_decision(all(check.passed for check in checks), champion),
        reasons=(
            *_no_contest(champion),
            *(check.sentence for check in checks if check.sentence),
        ),
        challenger_version=challenger.version,
        champion_version=None if champion is None else champion.version,
        challenger=metrics,
        champion=None if trial.champion is None else task.score(truth, trial.champion),
        baseline=baseline,
        comparison=comparison,
        slices=slices,
    )


def _no_contest(champion: Scored | Unmatched | None) -> tuple[str, ...]:
    if not isinstance(champion, Unmatched):
        return ()
    fact = f"Version {champion.version} cannot be judged on these rows: {champion.contest.reason}."
    return (f"{fact} The floor alone decides.",)


def compare(differences: Floats, holdout: Holdout, params: PromotionParams) -> Comparison:
    """Mean difference of two models' losses, with a bootstrap interval over whole days.

    Rows of one day share what happened on it, so days are resampled, not rows; rows without a time
    are resampled one by one. The interval is the percentile one.

    Args:
        differences: Challenger's loss minus the champion's, shape (n,).
        holdout: The rows they are of.
        params: Level, number and seed of the bootstrap.
    """
    parts, place = np.unique(holdout.clusters, return_inverse=True)
    counts = np.bincount(place).astype(np.float64)
    sums = np.column_stack([np.bincount(place, weights=differences), counts])
    drawn = resampled_sums(sums, resamples=params.resamples, seed=params.seed)
    means = drawn[:, 0] / drawn[:, 1]
    tail = (1 - params.confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Comparison(
        rows=len(differences),
        days=len(parts) if holdout.by_day else None,
        difference=float(differences.mean()),
        low=float(low),
        high=float(high),
        confidence=params.confidence,
        probability_better=float((means < 0).mean() + (means == 0).mean() / 2),
    )


@dataclass(frozen=True)
class _Check:
    """One requirement of the challenger, and whether it is met."""

    passed: bool
    sentence: str


def _decision(passed: bool, champion: Scored | Unmatched | None) -> Decision:
    if champion is None:
        return Decision.FIRST if passed else Decision.REJECTED
    if isinstance(champion, Unmatched) and not champion.contest.predicts:
        return Decision.PROMOTED if passed else Decision.REJECTED
    return Decision.PROMOTED if passed else Decision.KEPT


def least_rows(trained: int, params: PromotionParams) -> int:
    """The fewest rows that a model fitted on so many is judged on."""
    return min(params.min_rows, max(FEWEST_ROWS, round(params.min_share * trained)))


def _enough(trial: _Trial, trained: int, params: PromotionParams) -> _Check:
    least = least_rows(trained, params)
    days, of_days, of_least = trial.days, "", ""
    if days is not None:
        of_days, of_least = f" of {days} days", f" of {params.min_days} days"
    unseen = f"{trial.rows:,} rows{of_days} that no model was fitted on"
    if trial.rows >= least and (days is None or days >= params.min_days):
        return _Check(passed=True, sentence=f"Judged on {unseen}.")
    return _Check(
        passed=False,
        sentence=f"Too little to judge on: {unseen}; {least:,} rows{of_least} are asked for.",
    )


def _floor(
    task: Task, metrics: Metrics, baseline: Metrics, params: PromotionParams
) -> list[_Check]:
    """The challenger by itself: is it better than knowing nothing?"""
    loss, without = metrics.loss or 0.0, baseline.loss or 0.0
    skill = 1 - loss / without if without else 0.0
    floors = task.floor if params.floor_metrics is None else params.floor_metrics
    known = {metric.name: metric for metric in task.metrics}
    unknown = [name for name in floors if name not in known]
    if unknown:
        raise ContractError(
            f"promotion.floor_metrics names {', '.join(unknown)}, which is no metric of "
            f"{task.name} predictions; use some of: {', '.join(known)}"
        )
    return [
        _Check(
            passed=skill >= params.floor_skill,
            sentence=f"Floor: {task.words.loss} {loss:.4f} against the baseline's {without:.4f}, "
            f"a skill of {skill:.1%}; at least {params.floor_skill:.1%} is asked for.",
        ),
        *(_least(known[name], metrics, least) for name, least in floors.items()),
    ]


def _least(metric: MetricInfo, metrics: Metrics, least: float) -> _Check:
    value = metrics.by_name.get(metric.name)
    shown = "has no meaning for these rows" if value is None else f"{value:.4f}"
    return _Check(
        passed=value is not None and value >= least,
        sentence=f"Floor: {metric.title} {shown}; at least {least:.4f} is asked for.",
    )


def _contest(task: Task, comparison: Comparison, params: PromotionParams) -> _Check:
    """The policy, applied to the interval's upper end."""
    measured = (
        f"Challenger minus champion: {comparison.difference:+.2%} of the baseline's "
        f"{task.words.loss} ({comparison.confidence:.0%} interval {comparison.low:+.2%} to "
        f"{comparison.high:+.2%}; better with probability {comparison.probability_better:.2f})"
    )
    if params.policy is Policy.SUPERIOR:
        passed, asked = comparison.high < 0, "the whole interval below zero is asked for"
    else:
        passed = comparison.high <= params.margin
        asked = f"an upper end of at most {params.margin:+.2%} is asked for"
    return _Check(passed=passed, sentence=f"{measured}; {asked}.")


def _compare_slices(
    differences: Floats, slices: pd.DataFrame, params: PromotionParams
) -> tuple[SliceComparison, ...]:
    comparisons = []
    for column, limit in params.slice_limits.items():
        grouped = pd.Series(differences).groupby(slice_values(slices[column]).to_numpy())
        for value, part in grouped.agg(["size", "mean"]).iterrows():
            if part["size"] >= params.slice_min_rows:
                comparisons.append(
                    SliceComparison(
                        column=column,
                        value=str(value),
                        rows=int(part["size"]),
                        difference=float(part["mean"]),
                        limit=limit,
                    )
                )
    return tuple(comparisons)


def _slices_hold(slices: tuple[SliceComparison, ...], params: PromotionParams) -> _Check:
    if not params.slice_limits:
        return _Check(passed=True, sentence="")
    bad = [part for part in slices if part.too_bad]
    if not bad:
        return _Check(passed=True, sentence=f"None of {len(slices)} slices is over its limit.")
    named = "; ".join(
        f"{part.column} {part.value} {part.difference:+.2%} over {part.limit:+.2%} "
        f"({part.rows:,} rows)"
        for part in bad
    )
    return _Check(passed=False, sentence=f"{len(bad)} of {len(slices)} slices are worse: {named}.")
