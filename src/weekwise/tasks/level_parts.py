"""By how much predictions miss the level of what happened, row by row, so that days can be drawn.

The level is missed by the one shift that would have met it: added to the log-odds of every
probability, or to every number. It is the intercept of a logistic recalibration with slope 1
(Cox, "Two further applications of a model for binary regression", Biometrika 45, 1958; Van Calster
et al., "Calibration: the Achilles heel of predictive analytics", BMC Medicine 17, 2019).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from weekwise.features.read_values import Floats

SHRINKAGE = 0.25
"""The precision of a prior about no shift: it keeps one finite where nothing, or all, happened."""
LOGISTIC_DEVIATION = math.pi / math.sqrt(3)
"""Log-odds a standard deviation: Chinn, "A simple method for converting an odds ratio to effect
size", Statistics in Medicine 19, 2000."""
_STEPS = 50
_TOLERANCE = 1e-9
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class LevelPart:
    """The shift of one level, as an estimate that can be drawn anew by one Newton step.

    Attributes:
        label: The class it is of, for people; empty where there is but one level.
        predicted: The mean prediction.
        realized: The mean of what happened.
        shift: What has to be added to every prediction for the level to be met: log-odds, or the
            target's own unit. Positive where predictions were too low.
        scale: How much of that is one standard deviation.
        residuals: What is left of each row once the shift is added, shape (n,).
        weights: What each row says of the shift, shape (n,).
        shrinkage: The precision of the prior about no shift.
    """

    label: str
    predicted: float
    realized: float
    shift: float
    scale: float
    residuals: Floats
    weights: Floats
    shrinkage: float


def log_odds_part(happened: Floats, probability: Floats, label: str = "") -> LevelPart:
    """The shift in log-odds that makes probabilities meet a rate.

    Args:
        happened: 1 or 0 for each row, shape (n,), n at least 1.
        probability: Of a 1, shape (n,).
        label: What happened, for people, where several things may.
    """
    clipped = np.clip(probability, _LEAST, 1 - _LEAST)
    log_odds = np.log(clipped / (1 - clipped))
    shift = 0.0
    for _ in range(_STEPS):
        shifted = 1 / (1 + np.exp(-(log_odds + shift)))
        slope = float((shifted * (1 - shifted)).sum()) + SHRINKAGE
        # Half a step at most on a flat slope: from far away a whole one overshoots.
        step = float((happened - shifted).sum() - SHRINKAGE * shift) / slope
        shift += max(-1.0, min(1.0, step))
        if abs(step) < _TOLERANCE:
            break
    shifted = 1 / (1 + np.exp(-(log_odds + shift)))
    return LevelPart(
        label=label,
        predicted=float(probability.mean()),
        realized=float(happened.mean()),
        shift=shift,
        scale=LOGISTIC_DEVIATION,
        residuals=happened - shifted,
        weights=shifted * (1 - shifted),
        shrinkage=SHRINKAGE,
    )


def mean_part(outcome: Floats, prediction: Floats) -> LevelPart:
    """The shift that makes predictions meet a mean.

    Args:
        outcome: What happened, shape (n,), n at least 1.
        prediction: The mean to expect, shape (n,).
    """
    errors = outcome - prediction
    shift = float(errors.mean())
    return LevelPart(
        label="",
        predicted=float(prediction.mean()),
        realized=float(outcome.mean()),
        shift=shift,
        scale=float(outcome.std()) or 1.0,
        residuals=errors - shift,
        weights=np.ones_like(errors),
        shrinkage=0.0,
    )
