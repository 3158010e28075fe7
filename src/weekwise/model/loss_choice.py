"""Which loss trees reduce: what the outcomes ask for, unless another is better on unseen rows.

Counts ask for Poisson's loss and skewed amounts for Tweedie's, but where a few rows hold most of
what there is to learn, the squared error may do better, which is what predictions are judged by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weekwise.model.blending import UnseenScores
from weekwise.model.cross_validation import CrossValidation
from weekwise.model.learning_material import LearningMaterial

if TYPE_CHECKING:
    from catboost import CatBoost


@dataclass(frozen=True)
class FittedTrees:
    """Trees that reduce one loss, and what rows that they have not seen say of them.

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


def fitted_by_best_loss(
    losses: Sequence[str], fitted: Callable[[str], FittedTrees], *, compare: bool
) -> FittedTrees:
    """Trees that reduce the first loss, or another that is surely better.

    Better is judged row by row on what was not learned from: the mean gain has to be more than its
    standard error.

    Args:
        losses: Losses by CatBoost's names, the expected one first.
        fitted: Grows trees that reduce one.
        compare: Whether others than the first are tried.
    """
    best = fitted(losses[0])
    if not compare or best.unseen is None:
        return best
    for loss in losses[1:]:
        other = fitted(loss)
        if _is_better(other, best):
            best = other
    return best


def _is_better(one: FittedTrees, other: FittedTrees) -> bool:
    if one.unseen is None or other.unseen is None:
        return False
    gains = other.unseen.losses(other.linear_share) - one.unseen.losses(one.linear_share)
    return bool(gains.mean() > gains.std() / math.sqrt(gains.size))
