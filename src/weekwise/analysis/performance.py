"""How a week's predictions did, once their outcomes are in: figures, and what counts as worse.

All of it is arithmetic on frames and numbers; where they come from is the nodes' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
from pydantic import Field

from weekwise.analysis.bootstrap import resampled_sums
from weekwise.analysis.params import PerformanceParams, SliceParams
from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats
from weekwise.features.slices import slice_values
from weekwise.tasks.base import Task
from weekwise.tasks.records import Baseline, CalibrationBin, ClassScore


class ExpectedPerformance(Frozen):
    """What the holdout said of the model that predicted a week.

    Attributes:
        loss: The model's loss on the holdout.
        baseline_loss: The baseline's on the same rows.
    """

    loss: float | None = None
    baseline_loss: float | None = None

    @property
    def skill(self) -> float | None:
        """The share of the baseline's loss that the model saved."""
        if self.loss is None or not self.baseline_loss:
            return None
        return 1 - self.loss / self.baseline_loss


class Skill(Frozen):
    """The share of the baseline's loss that a model saves on the same rows.

    One is perfect, zero is no better than the baseline, less is worse (a skill score:
    Wilks, *Statistical Methods in the Atmospheric Sciences*, 2011, section 8.1.4).

    Attributes:
        value: The skill.
        low: The lower end of its one-sided confidence interval.
        high: The upper end of its one-sided confidence interval.
    """

    value: float
    low: float
    high: float


class WeekScore(Frozen):
    """How the predictions made at one `as_of` did.

    Attributes:
        as_of: The run that made them.
        model_version: The model that made them.
        rows: Predictions whose outcome is due.
        rows_with_outcome: Those of them whose outcome is known.
        expected_loss: The model's loss on its holdout.
        expected_skill: Its skill there.
        loss: Realized loss; like all that follow None where there is nothing to judge.
        baseline_loss: Loss, on the same rows, of what history alone predicted at `as_of`.
        skill: The share of `baseline_loss` that the model saved.
        skill_low: Lower end of the skill's one-sided confidence interval.
        skill_high: Upper end of the skill's one-sided confidence interval.
        metrics: The task's metrics by name.
        mean_prediction: Mean prediction of the rows with an outcome.
        mean_outcome: The mean of what happened: for yes or no the share of yes.
        calibration_gap: How far the first of these lies over (or, negative, under) the second, as a
            share.
        worse: Whether the model did credibly worse than it expected.
    """

    as_of: date
    model_version: str
    rows: int
    rows_with_outcome: int
    expected_loss: float | None = None
    expected_skill: float | None = None
    loss: float | None = None
    baseline_loss: float | None = None
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
    mean_prediction: float | None = None
    mean_outcome: float | None = None
    calibration_gap: float | None = None
    worse: bool = False

    @property
    def judged(self) -> bool:
        """Whether there were outcomes enough to say anything of the model."""
        return self.skill_high is not None

    @property
    def useless(self) -> bool:
        """Whether the baseline would credibly have done better."""
        return self.skill_high is not None and self.skill_high < 0

    @property
    def outcome_share(self) -> float | None:
        """The share of the predictions whose outcome is known."""
        return self.rows_with_outcome / self.rows if self.rows else None


class SliceScore(Frozen):
    """How the predictions of one slice did.

    Attributes:
        column: The column that makes the slice.
        value: Its value there.
        rows: Rows with an outcome.
        loss: Their realized loss.
        baseline_loss: The baseline's on the same rows.
        mean_prediction: Their mean prediction.
        mean_outcome: The mean of what happened.
    """

    column: str
    value: str
    rows: int
    loss: float
    baseline_loss: float
    mean_prediction: float
    mean_outcome: float

    @property
    def excess(self) -> float:
        """By how much its loss is over the baseline's."""
        return self.loss - self.baseline_loss


def skill_of(
    clusters: Sequence[object], losses: Floats, baseline: Floats, params: PerformanceParams
) -> Skill:
    """A model's skill, with an interval from a bootstrap over days.

    Whole days are drawn, since the rows of one day share what happened on it; rows without a time
    are drawn one by one. Model and baseline are compared on the same draw.

    Args:
        clusters: What each row is drawn with: its day, or itself.
        losses: The model's loss of each row.
        baseline: The baseline's loss of each row.
        params: `confidence`, `resamples` and `seed`.
    """
    pairs = pd.DataFrame({"model": losses, "baseline": baseline})
    sums = pairs.groupby(np.asarray(clusters)).sum().to_numpy()
    drawn = resampled_sums(sums, resamples=params.resamples, seed=params.seed)
    low, high = np.quantile(
        1 - drawn[:, 0] / drawn[:, 1], [1 - params.confidence, params.confidence]
    )
    model, constant = sums.sum(axis=0)
    return Skill(value=1 - model / constant, low=low, high=high)


def is_worse(skill: Skill | None, expected: float | None, params: PerformanceParams) -> bool:
    """Whether a week's skill is credibly under what must be kept of the expected.

    Args:
        skill: The week's skill; None where there is too little to judge.
        expected: The skill on the holdout. Where it is unknown or negative the model must at
            least not be worse than the baseline.
        params: `kept_skill` says how much of the expected must be kept.
    """
    if skill is None:
        return False
    return skill.high < params.kept_skill * max(0.0, expected or 0.0)


def score_week(
    rows: pd.DataFrame,
    baseline: Baseline | None,
    expected: ExpectedPerformance,
    params: PerformanceParams,
    task: Task,
) -> WeekScore:
    """Everything that can be said of one week's predictions.

    Args:
        rows: The week's predictions whose outcome is due, at least one: `as_of`, `cluster` (the
            day, or without a time the row), `model_version`, the task's own columns, and `outcome`,
            a number or missing.
        baseline: What history alone predicted at the time; None if there was no history.
        expected: What the holdout said of the model that made them.
        params: When there is enough to judge, and what counts as worse.
        task: What is predicted.
    """
    known = rows[rows["outcome"].notna()]
    outcome, predicted = _outcome(known), task.stored(known)
    metrics = task.score(outcome, predicted)
    without = None if baseline is None or known.empty else _baseline_losses(task, outcome, baseline)
    enough = len(known) >= params.min_rows and known["cluster"].nunique() >= params.min_days
    skill = None
    if enough and without is not None:
        losses = task.losses(outcome, predicted)
        skill = skill_of(known["cluster"].to_list(), losses, without, params)
    return WeekScore(
        as_of=rows["as_of"].iloc[0],
        model_version=", ".join(sorted(rows["model_version"].unique())),
        rows=len(rows),
        rows_with_outcome=len(known),
        expected_loss=expected.loss,
        expected_skill=expected.skill,
        loss=metrics.loss,
        baseline_loss=None if without is None else float(without.mean()),
        skill=skill.value if skill else None,
        skill_low=skill.low if skill else None,
        skill_high=skill.high if skill else None,
        metrics=metrics.by_name,
        **_means(task, outcome, predicted),
        worse=is_worse(skill, expected.skill, params),
    )


def _means(task: Task, outcome: Floats, predicted: Floats) -> dict[str, float]:
    if not len(outcome):
        return {}
    mean_prediction = float(task.level(predicted).mean())
    mean_outcome = float(task.realized(outcome, predicted).mean())
    return {
        "mean_prediction": mean_prediction,
        "mean_outcome": mean_outcome,
        "calibration_gap": task.calibration_gap(mean_prediction, mean_outcome),
    }


def _outcome(known: pd.DataFrame) -> Floats:
    return known["outcome"].to_numpy(np.float64)


def _baseline_losses(task: Task, outcome: Floats, baseline: Baseline) -> Floats:
    return task.losses(outcome, task.baseline_predictions(baseline, len(outcome)))


def calibration_bins(rows: pd.DataFrame, task: Task) -> tuple[CalibrationBin, ...]:
    """What was predicted and what happened, in bins of rows of like prediction.

    Args:
        rows: Predictions with the task's columns and `outcome`; those without an outcome are left
            out.
        task: What is predicted.
    """
    known = rows[rows["outcome"].notna()]
    return task.calibration(_outcome(known), task.stored(known))


def class_scores(rows: pd.DataFrame, task: Task) -> tuple[ClassScore, ...]:
    """Each class by itself, where a class is predicted.

    Args:
        rows: Predictions with the task's columns and `outcome`; those without an outcome are left
            out.
        task: What is predicted.
    """
    known = rows[rows["outcome"].notna()]
    return task.by_class(_outcome(known), task.stored(known))


def worst_slices(
    rows: pd.DataFrame, baseline: Baseline | None, params: SliceParams, task: Task
) -> tuple[SliceScore, ...]:
    """The slices where the model did least better, or worst, than the baseline.

    Slices are not ranked by their loss: that would name the ones that are hardest to predict.

    Args:
        rows: Predictions with the task's columns, `outcome` and the slices' columns; those without
            an outcome are left out.
        baseline: What history alone predicted at the time; without it there is no ranking.
        params: The slices' columns, how many rows a slice needs, and how many are named.
        task: What is predicted.
    """
    if baseline is None:
        return ()
    known = rows[rows["outcome"].notna()]
    scores = [
        _score_slice(column, str(value), part, baseline, task)
        for column in params.columns
        for value, part in known.groupby(slice_values(known[column]), sort=True)
        if len(part) >= params.min_rows
    ]
    return tuple(sorted(scores, key=lambda score: -score.excess)[: params.shown])


def _score_slice(
    column: str, value: str, part: pd.DataFrame, baseline: Baseline, task: Task
) -> SliceScore:
    outcome, predicted = _outcome(part), task.stored(part)
    return SliceScore(
        column=column,
        value=value,
        rows=len(part),
        loss=task.losses(outcome, predicted).mean(),
        baseline_loss=_baseline_losses(task, outcome, baseline).mean(),
        mean_prediction=task.level(predicted).mean(),
        mean_outcome=task.realized(outcome, predicted).mean(),
    )
