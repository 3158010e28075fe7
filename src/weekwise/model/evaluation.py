"""How the models of a run do on its holdout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats
from weekwise.features.slices import slice_values
from weekwise.tasks.base import Task
from weekwise.tasks.records import CalibrationBin, ClassScore, Metrics


@dataclass(frozen=True)
class NoContest:
    """Why the champion cannot be judged on a run's holdout.

    Attributes:
        reason: Why, the end of a sentence about it.
        predicts: Whether it can predict the upcoming rows all the same.
    """

    reason: str
    predicts: bool


@dataclass(frozen=True)
class HoldoutScores:
    """The holdout's rows with what each model makes of them.

    Attributes:
        clusters: What a bootstrap draws anew, shape (n,): each row's date, or the row itself.
        by_day: Whether it is the date.
        not_seen: Which rows none of the models was fitted on, shape (n,).
        outcome: What happened, as a number, shape (n,).
        slices: The features to slice by, shape (n, any).
        challenger: What the challenger predicted, shape (n, …); none if no model was trained.
        champion: What the current champion predicted, shape (n, …); none if there is none, or if
            it cannot be judged on these rows.
        task: What is predicted.
        no_contest: Why the current champion cannot be judged on these rows, if it cannot.
    """

    clusters: npt.NDArray[Any]
    by_day: bool
    not_seen: npt.NDArray[np.bool_]
    outcome: Floats
    slices: pd.DataFrame
    challenger: Floats | None
    champion: Floats | None
    task: Task
    no_contest: NoContest | None = None


class SliceMetrics(Frozen):
    """How good the predictions of one slice are.

    Attributes:
        column: What the rows were sliced by.
        value: The slice's value of it, as text.
        metrics: The metrics of its rows.
    """

    column: str
    value: str
    metrics: Metrics


class ModelEvaluation(Frozen):
    """One model on the holdout.

    Attributes:
        metrics: Over all rows.
        slices: By value of the slicing features.
        calibration: What was predicted and what happened, in bins of rows of like prediction.
        classes: Each class by itself, where a class is predicted.
    """

    metrics: Metrics
    slices: tuple[SliceMetrics, ...]
    calibration: tuple[CalibrationBin, ...]
    classes: tuple[ClassScore, ...] = ()


class Evaluation(Frozen):
    """Every model of a run on its holdout.

    Attributes:
        as_of: The run's logical date.
        holdout_start: First date of the holdout; none where rows have no time.
        holdout_end: The first date after it; none where rows have no time.
        rows: Its rows.
        challenger: The newly trained model; none if no model was trained.
        champion: The champion before this run; none if there was none.
        baseline: What the training history alone predicts, the same for every row.
    """

    as_of: date
    holdout_start: date | None
    holdout_end: date | None
    rows: int
    challenger: ModelEvaluation | None
    champion: ModelEvaluation | None
    baseline: Metrics


def evaluate(
    predicted: Floats, scores: HoldoutScores, columns: Sequence[str], *, min_rows: int
) -> ModelEvaluation:
    """How one model does on the holdout.

    Args:
        predicted: What it predicted, shape (n, …).
        scores: The holdout.
        columns: What to slice by.
        min_rows: Slices with fewer rows are left out: their metrics are noise.
    """
    return ModelEvaluation(
        metrics=scores.task.score(scores.outcome, predicted),
        slices=slice_metrics(scores, predicted, columns, min_rows=min_rows),
        calibration=scores.task.calibration(scores.outcome, predicted),
        classes=scores.task.by_class(scores.outcome, predicted),
    )


def slice_metrics(
    scores: HoldoutScores, predicted: Floats, columns: Sequence[str], *, min_rows: int
) -> tuple[SliceMetrics, ...]:
    """The metrics of each value of some columns.

    Args:
        scores: The rows.
        predicted: What one of the models predicted for them, shape (n, …).
        columns: What to slice by; missing values are a slice of their own.
        min_rows: Slices with fewer rows are left out: their metrics are noise.

    Returns:
        By column, then by value.
    """
    return tuple(
        SliceMetrics(
            column=name,
            value=value,
            metrics=scores.task.score(scores.outcome[rows], predicted[rows]),
        )
        for name in columns
        for value, rows in sorted(_places(scores.slices[name]).items())
        if len(rows) >= min_rows
    )


def _places(column: pd.Series[Any]) -> dict[str, npt.NDArray[np.int64]]:
    """The places of each slice's rows."""
    values = slice_values(column).reset_index(drop=True)
    indices = values.groupby(values).indices
    return {str(value): np.asarray(rows, np.int64) for value, rows in indices.items()}
