"""What a model is fitted on, and the two learners that are fitted on parts of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.errors import FeedError
from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.features.read_values import Floats
from weekwise.model.blending import UnseenScores
from weekwise.model.boosting import OnProgress, grow
from weekwise.model.cross_validation import CrossValidation, in_place
from weekwise.model.linear_learner import fit_linear
from weekwise.model.linear_model import LinearModel
from weekwise.model.training_record import FitParams
from weekwise.model.training_rows import TrainingRows
from weekwise.tasks import task_of
from weekwise.tasks.base import Task
from weekwise.tasks.records import Settings

if TYPE_CHECKING:
    from catboost import CatBoost, Pool

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LearningMaterial:
    """Rows in order with their outcomes, and how to learn from them.

    Attributes:
        rows: The rows, n of them.
        inputs: What a model takes of each.
        params: How to fit.
        loss: The loss that trees reduce, by CatBoost's name.
    """

    rows: TrainingRows
    inputs: ModelInputs
    params: FitParams
    loss: str

    @cached_property
    def task(self) -> Task:
        """What is predicted."""
        return task_of(self.inputs.contract)

    @cached_property
    def outcome(self) -> Floats:
        """The outcome of each row, shape (n,)."""
        return self.task.outcomes(self.rows.frame[self.inputs.contract.target])

    @cached_property
    def never_negative(self) -> bool:
        """Whether predictions end at zero, unless a loss is asked for by hand."""
        return self.params.loss is None and self.task.never_negative(self.outcome)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        return model_frame(self.rows.frame, self.inputs)

    def trees(
        self,
        part: Bools,
        most: int,
        *,
        watched: Bools | None = None,
        on_progress: OnProgress | None = None,
    ) -> CatBoost:
        """Trees grown on some rows.

        Args:
            part: Which rows, shape (n,).
            most: The most trees to grow.
            watched: Which other rows stop them early, shape (n,); without any, all are grown.
            on_progress: Called about ten times on the way.
        """
        start = self.task.start(self.outcome[part], self.loss)
        model = grow(
            self._pool(part, start),
            self._pool(watched, start) if watched is not None and watched.any() else None,
            self.task.new_model,
            self.loss,
            self.params,
            trees=most,
            on_progress=on_progress,
        )
        if start:
            # What every row started from becomes a part of the model.
            scale, bias = model.get_scale_and_bias()
            model.set_scale_and_bias(scale, bias + start)
        return model

    def tree_scores(self, model: CatBoost, part: Bools, *, trees: int = 0) -> Floats:
        """What trees make of some rows, shape (rows, …): all of them, or only the first so many."""
        return self.task.raw_scores(model, self._pool(part), threads=-1, trees=trees)

    def linear(self, part: Bools) -> LinearModel:
        """A linear model fitted on some rows; asked for the same rows again, the same one."""
        rows = part.tobytes()
        if rows not in self._linear_models:
            self._linear_models[rows] = fit_linear(
                self._frame[part],
                self.outcome[part],
                self.inputs,
                loss=self.loss,
                weights=self._weights(part),
            )
        return self._linear_models[rows]

    @cached_property
    def _linear_models(self) -> dict[bytes, LinearModel]:
        return {}

    def unseen(self, model: CatBoost, validated: CrossValidation | None) -> UnseenScores | None:
        """The rows that were not learned from, with what both learners make of them.

        They are all rows where there was a cross-validation, and else those set aside, if any.

        Args:
            model: The trees, grown without the rows set aside.
            validated: The cross-validation that counted them, if there was one.
        """
        aside, task = self.rows.aside, self.task
        if validated is None and not aside.any():
            return None
        settings = Settings(
            threshold=self.params.threshold, loss=self.loss, never_negative=self.never_negative
        )
        if validated is None:
            return UnseenScores(
                task=task,
                settings=settings,
                outcome=self.outcome[aside],
                of_trees=lambda: self.tree_scores(model, aside),
                of_linear=lambda: self.linear(~aside).scores(self._frame[aside]),
            )

        def of_part(grown: CatBoost, part: Bools) -> Floats:
            trees = min(validated.trees, int(grown.tree_count_))
            return self.tree_scores(grown, part, trees=trees)

        def of_linear() -> Floats:
            parts = validated.parts
            found = [self.linear(~part).scores(self._frame[part]) for part in parts]
            return in_place(parts, found)

        return UnseenScores(
            task=task,
            settings=settings,
            outcome=self.outcome,
            of_trees=lambda: validated.scores(of_part),
            of_linear=of_linear,
        )

    def _pool(self, part: Bools, start: float = 0.0) -> Pool:
        from catboost import Pool

        pool = Pool(
            self._frame[part],
            self.outcome[part],
            weight=self._weights(part),
            cat_features=self.inputs.categories,
            thread_count=1,
        )
        return pool.set_baseline(np.full(int(part.sum()), start)) if start else pool

    def _weights(self, part: Bools) -> Floats | None:
        return self.rows.weights(part, self.params.recency_half_life_days)


def refuse_unfit(task: Task, outcome: Floats, aside: Bools) -> None:
    """Refuse rows that cannot be learned from.

    Args:
        task: What is predicted.
        outcome: The outcome of each row, shape (n,).
        aside: Which are set aside to stop early on, shape (n,).

    Raises:
        FeedError: If one has none, or they do not vary.
    """
    if np.isnan(outcome).any():
        raise FeedError(
            f"{int(np.isnan(outcome).sum())} of {len(outcome)} training rows have no outcome; "
            "train on history only"
        )
    parts = [(outcome[~aside], "trained on")]
    if aside.any():
        parts.append((outcome[aside], "set aside"))
    for part, name in parts:
        fault = task.fault(part)
        if fault:
            raise FeedError(f"the {len(part)} rows {name} {fault}; more history is needed")
