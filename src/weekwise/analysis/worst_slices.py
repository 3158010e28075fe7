"""The parts of a week that its predictions served worst."""

from __future__ import annotations

import pandas as pd

from weekwise.analysis.params import SliceParams
from weekwise.analysis.performance import baseline_losses, outcomes_of
from weekwise.contract.frozen import Frozen
from weekwise.features.slices import slice_values
from weekwise.tasks.base import Task
from weekwise.tasks.records import Baseline


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
    outcome, predicted = outcomes_of(part), task.stored(part)
    return SliceScore(
        column=column,
        value=value,
        rows=len(part),
        loss=task.losses(outcome, predicted).mean(),
        baseline_loss=baseline_losses(task, outcome, baseline).mean(),
        mean_prediction=task.level(predicted).mean(),
        mean_outcome=task.realized(outcome, predicted).mean(),
    )
