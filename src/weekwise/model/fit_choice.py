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
from typing import TYPE_CHECKING

from weekwise.model.blending import UnseenScores
from weekwise.model.cross_validation import CrossValidation
from weekwise.model.learning_material import LearningMaterial
from weekwise.model.training_record import FitParams

if TYPE_CHECKING:
    from catboost import CatBoost

MOST_ROWS = 20_000
"""Up to so many training rows (of classes, rows times classes) more than one fit is tried."""


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

    def gain(self, other: FittedTrees) -> tuple[float, float]:
        """How much lower the mean loss of an unseen row is than another's, and its standard error.

        Both have been judged on the same rows.
        """
        if self.unseen is None or other.unseen is None:
            return 0.0, math.inf
        gains = other.unseen.losses(other.linear_share) - self.unseen.losses(self.linear_share)
        return float(gains.mean()), float(gains.std()) / math.sqrt(gains.size)


def best_fit(
    losses: Sequence[str],
    encodings: Iterable[FitParams],
    fitted: Callable[[str, FitParams], FittedTrees],
) -> FittedTrees:
    """The trees that are best on rows they have not seen.

    Args:
        losses: Losses by CatBoost's names. The first is expected to be right: another one's mean
            gain has to be more than its standard error.
        encodings: Settings that differ in how they take categories, the usual ones first.
        fitted: Grows trees that reduce a loss with some settings.
    """
    usual, *others = encodings
    best = fitted(losses[0], usual)
    if best.unseen is None:
        return best
    for params in others:
        made = fitted(losses[0], params)
        if made.gain(best)[0] > 0:
            best = made
    for loss in losses[1:]:
        made = fitted(loss, best.material.params)
        gain, error = made.gain(best)
        if gain > error:
            best = made
    return best
