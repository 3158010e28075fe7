"""The losses that trees for numbers can reduce, and which one an outcome asks for.

All of them are right for the mean: on endless data their predictions would be the same. On little
data the one whose variance is like the outcome's learns most.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from weekwise.features.read_values import Floats

LARGEST_COUNT = 30.0
"""Whole numbers with a larger mean are amounts, such as prices without cents."""
SKEWED = 1.0
"""From this skewness on, an outcome that is never negative is fitted on the log scale."""


@dataclass(frozen=True, slots=True)
class NumberLoss:
    """A loss for numbers.

    Attributes:
        catboost: CatBoost's name of it.
        lightgbm: LightGBM's.
        on_log_scale: Whether the trees add up to the log of the prediction.
        power: The outcome's variance is taken to grow with this power of its mean.
    """

    catboost: str
    lightgbm: str
    on_log_scale: bool
    power: float

    def spread(self, prediction: Floats) -> Floats:
        """How far outcomes scatter about predictions, but for a factor, shape (n,)."""
        spread: Floats = np.power(prediction, self.power / 2)
        return spread


SQUARED = NumberLoss("RMSE", "regression", on_log_scale=False, power=0.0)
POISSON = NumberLoss("Poisson", "poisson", on_log_scale=True, power=1.0)
TWEEDIE = NumberLoss("Tweedie:variance_power=1.5", "tweedie", on_log_scale=True, power=1.5)
LOSSES = MappingProxyType({"squared": SQUARED, "poisson": POISSON, "tweedie": TWEEDIE})


def loss_named(catboost: str | None) -> NumberLoss:
    """The loss by CatBoost's name; without one, the squared error."""
    return next((loss for loss in LOSSES.values() if loss.catboost == catboost), SQUARED)


def loss_for(outcome: Floats) -> NumberLoss:
    """The loss that an outcome asks for.

    Poisson for counts, which are small, whole and never negative; Tweedie's, between Poisson and
    gamma, for skewed amounts that are never negative (Jorgensen, *The Theory of Dispersion Models*,
    1997, chapter 4); the squared error for all else.

    Args:
        outcome: Outcomes that vary, shape (n,).
    """
    if outcome.min() < 0:
        return SQUARED
    if (outcome % 1 == 0).all() and outcome.mean() < LARGEST_COUNT and outcome.max() > 1:
        return POISSON
    return TWEEDIE if _skewness(outcome) >= SKEWED else SQUARED


def _skewness(outcome: Floats) -> float:
    centered = outcome - outcome.mean()
    return float((centered**3).mean() / (centered**2).mean() ** 1.5)
