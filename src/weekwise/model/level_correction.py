"""The level correction: part of what the newest days missed by, where that has paid before.

Outcomes of neighboring weeks go up and down together, for reasons that no column has. The twin has
not seen the holdout, so the shift that would have met the level of these days is a figure of the
days themselves. Half of it, say, is added to every score of the coming week. Whether that pays is
a property of the table, so it is tried on the table's own past weeks, with models that are quick to
fit and know nothing of the week they are tried on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from weekwise.features.read_values import Floats
from weekwise.features.row_hash import row_fractions
from weekwise.model.learning_material import LearningMaterial
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import LevelTrial
from weekwise.model.training_rows import TrainingRows, day_number
from weekwise.tasks.base import Task
from weekwise.tasks.records import Settings

if TYPE_CHECKING:
    from catboost import CatBoost

Bools = npt.NDArray[np.bool_]

SHARES = (0.25, 0.5)
"""The shares of the shift that are tried."""
WEEK, WEEKS, LEAST_WEEKS = 7, 12, 6
"""Weeks are tried at most so many, and at least so many."""
LEAST_DAYS = 5
"""A shift is told from at least so many days that have rows."""
_TREES, _LEARNING_RATE, _ROWS = 60, 0.15, 15_000  # quick, and on the same level as the real ones


def correct_level(served: Predictor, rows: TrainingRows) -> Predictor:
    """A refitted predictor with its level correction, if one pays.

    Args:
        served: What was fitted on all rows; its twin was fitted without the newest days.
        rows: All rows, none of them set aside.

    Returns:
        The same with `level` and `level_trial` in its record, and otherwise as it was.
    """
    twin, contract = served.judged, served.contract
    end = twin.record.train_end
    if rows.days is None or end is None or not twin.record.params.level_correction:
        return served
    unseen = rows.days >= day_number(end)
    frame = rows.frame[unseen]
    if frame.empty:
        return served
    outcome = twin.task.outcomes(frame[contract.target])
    predicted = twin.predict(frame)
    shift = typical_shift(twin.task, outcome, predicted, rows.days[unseen], twin.settings)
    if shift is None:
        return served
    trial = _tried(twin, rows)
    if trial is None:
        return served
    level = tuple(float(trial.share * part) for part in shift) if trial.share else ()
    return replace(
        served, record=served.record.model_copy(update={"level": level, "level_trial": trial})
    )


def typical_shift(
    task: Task, outcome: Floats, predicted: Floats, days: npt.NDArray[np.int64], settings: Settings
) -> Floats | None:
    """The median over days of the shift that would have met a day's level; none of too few days.

    A median, since a day like no other says little of the week after it.

    Args:
        task: What is predicted.
        outcome: What happened, shape (n,).
        predicted: What was predicted of it, shape (n, …).
        days: The day of each row, shape (n,).
        settings: The model's.

    Returns:
        One number for each score.
    """
    distinct = np.unique(days)
    if distinct.size < LEAST_DAYS:
        return None
    shifts = [
        task.level_shift(outcome[days == day], predicted[days == day], settings) for day in distinct
    ]
    return task.balanced(np.median(shifts, axis=0))


def _tried(twin: Predictor, rows: TrainingRows) -> LevelTrial | None:
    """How each share would have done in the past weeks; none where there are too few."""
    past = _Past(twin, rows)
    gains = [gain for start in past.starts if (gain := past.gains(start)) is not None]
    if len(gains) < LEAST_WEEKS:
        return None
    table = np.array(gains)
    mean, error = table.mean(axis=0), table.std(axis=0, ddof=1) / np.sqrt(len(table))
    pays = mean > error
    best = int(np.where(pays, mean, -np.inf).argmax())
    return LevelTrial(
        weeks=len(table),
        share=SHARES[best] if pays.any() else 0.0,
        gain=float(mean[best]),
        error=float(error[best]),
        better=int((table[:, best] > 0).sum()),
    )


class _Past:
    """Past weeks, each with models that were fitted on what came before it.

    Args:
        twin: Its inputs, loss and settings are taken.
        rows: All rows, none of them set aside; they have days.
    """

    def __init__(self, twin: Predictor, rows: TrainingRows) -> None:
        quick = {"iterations": _TREES, "learning_rate": _LEARNING_RATE, "validation_every": None}
        params = twin.record.params.model_copy(update=quick)
        self._task, self._settings = twin.task, replace(twin.settings, errors=None)
        self._lag = twin.contract.known_after_days
        days = rows.days
        assert days is not None  # noqa: S101 - the contract has a time
        assert twin.record.train_end is not None  # noqa: S101 - the contract has a time
        newest = int(days[-1]) + 1
        self._span = newest - day_number(twin.record.train_end)
        oldest = newest - WEEKS * WEEK - self._span - self._lag
        # Models learn from a sample; what they are tried on is whole.
        sampled = row_fractions(rows.frame, twin.contract.key) < _ROWS / len(days)
        kept = sampled | (days >= oldest)
        rows = replace(rows, frame=rows.frame[kept], days=days[kept], aside=rows.aside[kept])
        self._days, self._sampled = days[kept], sampled[kept]
        self._material = LearningMaterial(
            rows, twin.inputs, params, twin.record.loss or self._task.catboost_loss
        )
        self.starts: Sequence[int] = [newest - WEEK * back for back in range(1, WEEKS + 1)]
        self._model = cache(self._fitted)

    def gains(self, start: int) -> list[float] | None:
        """By how much each share lowers the mean loss of the week from a day on.

        None where a week has no rows, or there is too little before it.
        """
        known = start - self._lag
        week = (self._days >= start) & (self._days < start + WEEK)
        seen = (self._days >= known - self._span) & (self._days < known)
        early, late = self._model(known - self._span), self._model(known)
        if early is None or late is None or not week.any() or not seen.any():
            return None
        predicted = self._of_scores(self._scores(early, seen))
        shift = typical_shift(
            self._task,
            self._material.outcome[seen],
            predicted,
            self._days[seen],
            self._settings,
        )
        if shift is None:
            return None
        scores = self._scores(late, week)
        plain = self._loss(scores, week)
        added = shift[0] if scores.ndim == 1 else shift
        return [plain - self._loss(scores + share * added, week) for share in SHARES]

    def _fitted(self, end: int) -> CatBoost | None:
        part = self._sampled & (self._days < end)
        if not part.any() or self._task.fault(self._material.outcome[part]) is not None:
            return None
        return self._material.trees(part, _TREES)

    def _scores(self, model: CatBoost, part: Bools) -> Floats:
        return self._material.tree_scores(model, part)

    def _of_scores(self, scores: Floats) -> Floats:
        return self._task.of_scores(scores, self._settings)

    def _loss(self, scores: Floats, part: Bools) -> float:
        losses = self._task.losses(self._material.outcome[part], self._of_scores(scores))
        return float(losses.mean())
