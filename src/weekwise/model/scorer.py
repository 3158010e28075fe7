"""The scores of rows: trees, and beside them a linear model and a level correction where there are.

All three add up on one scale, so that what each input adds can be told of all together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from weekwise.features.read_values import Floats
from weekwise.model.blending import blended
from weekwise.model.linear_model import LinearModel
from weekwise.tasks.base import Task

if TYPE_CHECKING:
    from catboost import CatBoost, Pool

_ONE_THREAD_ROWS = 1000  # below this, starting threads costs more than they save


@dataclass(frozen=True)
class Scorer:
    """What scores rows.

    Attributes:
        task: What is predicted.
        inputs: The names of what a row has, in order.
        trees: The trees.
        linear: The linear model they are blended with, if they are with one.
        share: Its share.
        level: What is added to each score, one or as many as there are classes; empty if nothing.
    """

    task: Task
    inputs: tuple[str, ...]
    trees: CatBoost
    linear: LinearModel | None
    share: float
    level: tuple[float, ...]

    def of_frame(self, frame: pd.DataFrame) -> Floats:
        """The scores of rows as `model_frame` gives them, shape (n, inputs), n at least 1."""
        threads = 1 if len(frame) < _ONE_THREAD_ROWS else -1
        scores = self.task.raw_scores(self.trees, frame, threads=threads)
        if self.linear is not None:
            scores = blended(scores, self.linear.scores(frame), self.share)
        return self._on_level(scores)

    def of_lists(self, lists: Sequence[Sequence[Any]], pool: Pool) -> Floats:
        """The scores of a few rows.

        Args:
            lists: One for each row, in the order of the inputs; at least one.
            pool: The same for CatBoost.
        """
        scores = self.task.raw_scores(self.trees, pool, threads=1)
        if self.linear is not None:
            scores = blended(scores, self.linear.scores_of_lists(lists), self.share)
        return self._on_level(scores)

    def contributions(
        self, pool: Pool, frame: Callable[[], pd.DataFrame], *, threads: int
    ) -> Floats:
        """What each input adds to the score that is told of each row: SHAP values.

        Args:
            pool: The rows for CatBoost.
            frame: Gives the same as `model_frame` does, for a linear model.
            threads: How many threads to use; -1 for all.

        Returns:
            Shape (n, inputs + 2): then what every row starts from, and the level correction.
        """
        return self.task.contributions(self.parts(pool, frame, threads=threads))

    def parts(self, pool: Pool, frame: Callable[[], pd.DataFrame], *, threads: int) -> Floats:
        """What each input adds to every score of each row: SHAP values.

        Args:
            pool: The rows for CatBoost.
            frame: Gives the same as `model_frame` does, for a linear model.
            threads: How many threads to use; -1 for all.

        Returns:
            Shape (n, inputs + 2), or with several scores (n, scores, inputs + 2): then what every
            row starts from, and the level correction.
        """
        shap = self.trees.get_feature_importance(pool, type="ShapValues", thread_count=threads)
        if self.linear is not None:
            shap = blended(shap, self.linear.contributions(frame()), self.share)
        level = self.level or (0.0,) * self.task.scores
        added = np.broadcast_to(np.array(level), (len(shap), len(level)))
        # A task of one score has no axis for it.
        added = added.reshape(*shap.shape[:-1], 1)
        parts: Floats = np.concatenate([shap, added], axis=-1)
        return parts

    def importances(self) -> pd.Series[float]:
        """How much each input changes the predictions, in percent, the most important first."""
        of_trees = self.trees.get_feature_importance(type="PredictionValuesChange")
        values = pd.Series(of_trees, index=list(self.inputs), name="importance")
        if self.linear is not None:
            of_linear = pd.Series(self.linear.importances())[values.index]
            values = (values * (1 - self.share) + of_linear * self.share).rename("importance")
        return values.sort_values(ascending=False, kind="stable")

    def _on_level(self, scores: Floats) -> Floats:
        if not self.level:
            return scores
        shifted: Floats = scores + (self.level[0] if scores.ndim == 1 else np.array(self.level))
        return shifted
