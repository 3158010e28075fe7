"""How a week's predictions did, once their outcomes are in: figures, and what counts as worse.

All of it is arithmetic on frames and numbers; where they come from is the nodes' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pydantic import Field

from weekwise.analysis.estimated_loss import EstimatedLoss
from weekwise.analysis.level_shift import LevelShift, level_shift
from weekwise.analysis.params import PerformanceParams
from weekwise.analysis.skill import Skill, is_worse, skill_of
from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats
from weekwise.tasks.base import Task
from weekwise.tasks.records import Baseline, CalibrationBin, ClassScore

FEWEST_ROWS = 20
"""On fewer rows nothing can be said of a model, however small the table."""


class ExpectedPerformance(Frozen):
    """What was said of a week's predictions before their outcomes.

    Attributes:
        loss: The loss on the holdout of the model that made them.
        baseline_loss: The baseline's on the same rows.
        estimated: The loss that the predictions themselves speak of; none where they do not.
    """

    loss: float | None = None
    baseline_loss: float | None = None
    estimated: EstimatedLoss | None = None

    @property
    def skill(self) -> float | None:
        """The share of the baseline's loss that the model saved."""
        if self.loss is None or not self.baseline_loss:
            return None
        return 1 - self.loss / self.baseline_loss


@dataclass(frozen=True, slots=True)
class Baselines:
    """What the past alone predicted when a week's predictions were made; none without outcomes.

    Attributes:
        history: From all of history.
        trailing: From its last days.
    """

    history: Baseline | None = None
    trailing: Baseline | None = None


class WeekScore(Frozen):
    """How the predictions made at one `as_of` did.

    Attributes:
        as_of: The run that made them.
        model_version: The model that made them.
        rows: Predictions whose outcome is due.
        rows_with_outcome: Those of them whose outcome is known.
        expected_loss: The model's loss on its holdout.
        expected_skill: Its skill there.
        estimated: The loss that the predictions spoke of before their outcomes.
        loss: Realized loss; like all that follow None where there is nothing to judge.
        baseline_loss: Loss, on the same rows, of what history alone predicted at `as_of`.
        trailing_loss: The same of what the last days of history alone predicted.
        skill: The share of `baseline_loss` that the model saved.
        skill_low: Lower end of the skill's one-sided confidence interval.
        skill_high: Upper end of the skill's one-sided confidence interval.
        metrics: The task's metrics by name.
        mean_prediction: Mean prediction of the rows with an outcome.
        mean_outcome: The mean of what happened: for yes or no the share of yes.
        shifts: By how much the predictions missed the level of what happened, for each class where
            a class is predicted; none where the week is not judged.
        worse: Whether the model did credibly worse than it expected, or than the trailing baseline.
    """

    as_of: date
    model_version: str
    rows: int
    rows_with_outcome: int
    expected_loss: float | None = None
    expected_skill: float | None = None
    estimated: EstimatedLoss | None = None
    loss: float | None = None
    baseline_loss: float | None = None
    trailing_loss: float | None = None
    skill: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
    mean_prediction: float | None = None
    mean_outcome: float | None = None
    shifts: tuple[LevelShift, ...] = ()
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
    def lost_to_trailing(self) -> bool:
        """Whether the last days of history alone would have done better."""
        if not self.judged or self.loss is None or self.trailing_loss is None:
            return False
        return self.loss > self.trailing_loss

    @property
    def outcome_share(self) -> float | None:
        """The share of the predictions whose outcome is known."""
        return self.rows_with_outcome / self.rows if self.rows else None


def score_week(
    rows: pd.DataFrame,
    baselines: Baselines,
    expected: ExpectedPerformance,
    params: PerformanceParams,
    task: Task,
) -> WeekScore:
    """Everything that can be said of one week's predictions.

    Args:
        rows: The week's predictions whose outcome is due, at least one: `as_of`, `cluster` (the
            day, or without a time the row), `model_version`, the task's own columns, and `outcome`,
            a number or missing.
        baselines: What the past alone predicted at the time.
        expected: What was said of them before.
        params: When there is enough to judge, and what counts as worse.
        task: What is predicted.
    """
    known = rows[rows["outcome"].notna()]
    outcome, predicted = outcomes_of(known), task.stored(known)
    metrics = task.score(outcome, predicted)
    history = _losses_of(baselines.history, outcome, task)
    trailing = _losses_of(baselines.trailing, outcome, task)
    clusters = known["cluster"].to_list()
    skill = over_trailing = None
    shifts: tuple[LevelShift, ...] = ()
    if _enough(rows, known, params) and history is not None:
        losses = task.losses(outcome, predicted)
        skill = skill_of(clusters, losses, history, params)
        if trailing is not None:
            over_trailing = skill_of(clusters, losses, trailing, params)
        parts = task.level_parts(outcome, predicted)
        shifts = tuple(level_shift(clusters, part, params) for part in parts)
    return WeekScore(
        as_of=rows["as_of"].iloc[0],
        model_version=", ".join(sorted(rows["model_version"].unique())),
        rows=len(rows),
        rows_with_outcome=len(known),
        expected_loss=expected.loss,
        expected_skill=expected.skill,
        estimated=expected.estimated,
        loss=metrics.loss,
        baseline_loss=None if history is None else float(history.mean()),
        trailing_loss=None if trailing is None else float(trailing.mean()),
        **_interval(skill),
        metrics=metrics.by_name,
        **_means(task, outcome, predicted),
        shifts=shifts,
        worse=is_worse(skill, expected.skill, params) or is_worse(over_trailing, 0.0, params),
    )


def least_rows(rows: int, params: PerformanceParams) -> int:
    """The fewest outcomes that a week of so many predictions is judged on.

    Args:
        rows: Predictions whose outcome is due.
        params: `min_rows` and `min_share`.
    """
    return max(FEWEST_ROWS, min(params.min_rows, round(params.min_share * rows)))


def _enough(rows: pd.DataFrame, known: pd.DataFrame, params: PerformanceParams) -> bool:
    days = known["cluster"].nunique()
    return len(known) >= least_rows(len(rows), params) and days >= params.min_days


def _interval(skill: Skill | None) -> dict[str, float]:
    if skill is None:
        return {}
    return {"skill": skill.value, "skill_low": skill.low, "skill_high": skill.high}


def _means(task: Task, outcome: Floats, predicted: Floats) -> dict[str, float]:
    if not len(outcome):
        return {}
    return {
        "mean_prediction": float(task.level(predicted).mean()),
        "mean_outcome": float(task.realized(outcome, predicted).mean()),
    }


def _losses_of(baseline: Baseline | None, outcome: Floats, task: Task) -> Floats | None:
    if baseline is None or not len(outcome):
        return None
    return baseline_losses(task, outcome, baseline)


def outcomes_of(known: pd.DataFrame) -> Floats:
    """What happened, shape (n,), of n rows with an outcome."""
    return known["outcome"].to_numpy(np.float64)


def baseline_losses(task: Task, outcome: Floats, baseline: Baseline) -> Floats:
    """The loss of each row had the baseline predicted it, shape (n,)."""
    return task.losses(outcome, task.baseline_predictions(baseline, len(outcome)))


def calibration_bins(rows: pd.DataFrame, task: Task) -> tuple[CalibrationBin, ...]:
    """What was predicted and what happened, in bins of rows of like prediction.

    Args:
        rows: Predictions with the task's columns and `outcome`; those without an outcome are left
            out.
        task: What is predicted.
    """
    known = rows[rows["outcome"].notna()]
    return task.calibration(outcomes_of(known), task.stored(known))


def class_scores(rows: pd.DataFrame, task: Task) -> tuple[ClassScore, ...]:
    """Each class by itself, where a class is predicted.

    Args:
        rows: Predictions with the task's columns and `outcome`; those without an outcome are left
            out.
        task: What is predicted.
    """
    known = rows[rows["outcome"].notna()]
    return task.by_class(outcomes_of(known), task.stored(known))
