"""What is tried on a table of not many rows, and which of it is kept.

Counts ask for Poisson's loss and skewed amounts for Tweedie's, but where a few rows hold most of
what there is to learn, the squared error may do better, which is what predictions are judged by.
Categories are told apart one by one, but where each has a few rows, statistics of the target by
category and by their combinations may do better. Each is tried, and judged row by row on what was
not learned from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from weekwise.model.blending import UnseenScores
from weekwise.model.cross_validation import CrossValidation
from weekwise.model.learning_material import LearningMaterial
from weekwise.model.training_record import FitParams

if TYPE_CHECKING:
    from catboost import CatBoost


@dataclass(frozen=True)
class FittedTrees:
    """Trees fitted in one way, and what rows that they have not seen say of them.

    Attributes:
        material: What they were grown on.
        model: The trees.
        validated: The cross-validation that counted them, if there was one.
        unseen: The rows they were not grown on, if there are any.
        linear_share: How much a linear model says beside them.
    """

    material: LearningMaterial
    model: CatBoost
    validated: CrossValidation | None
    unseen: UnseenScores | None
    linear_share: float

    @property
    def validation_loss(self) -> float | None:
        """The loss on rows that the trees were not grown on, if there are any."""
        if self.validated:
            return self.validated.loss
        found: float | None = (
            self.model.get_best_score().get("validation", {}).get(self.material.loss)
        )
        return found

    @cached_property
    def unseen_loss(self) -> float:
        """The mean loss of the rows that neither trees nor linear model have seen."""
        if self.unseen is None:
            return math.inf
        return float(self.unseen.losses(self.linear_share).mean())


def best_fit(
    losses: Sequence[str],
    encodings: Iterable[FitParams],
    fitted: Callable[[str, FitParams], FittedTrees],
) -> FittedTrees:
    """The trees with the lowest mean loss on rows they have not seen.

    Args:
        losses: Losses by CatBoost's names, the one that the outcomes ask for first. Others are
            tried with the better encoding.
        encodings: Settings that differ in how they take categories, the usual ones first.
        fitted: Grows trees that reduce a loss with some settings.
    """
    usual, *others = encodings
    best = fitted(losses[0], usual)
    if best.unseen is None:
        return best
    best = min([best, *(fitted(losses[0], params) for params in others)], key=_unseen_loss)
    params = best.material.params
    return min([best, *(fitted(loss, params) for loss in losses[1:])], key=_unseen_loss)


def _unseen_loss(made: FittedTrees) -> float:
    return made.unseen_loss
