"""The loss of predictions before their outcomes, as the predictions themselves speak of it.

Confidence-based performance estimation: what calibrated probabilities, or the widths of prediction
intervals, say of their own loss (NannyML's CBPE and DLE; Białek et al., "Estimating model
performance under covariate shift without labels", 2024). It sees a harder week coming. It does not
see that a model has become wrong: only outcomes show that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats
from weekwise.tasks.base import Task

COVERAGE = 0.8
"""The share of weeks whose realized loss the interval is to hold."""
FEWEST_WEEKS = 9
"""With fewer past weeks an interval of that coverage cannot be told from their ends."""


class EstimatedLoss(Frozen):
    """A loss before outcomes.

    Attributes:
        loss: The estimate.
        low: Lower end of its interval; like `high` none with too few past weeks to learn it from.
        high: Upper end of its interval.
    """

    loss: float
    low: float | None = None
    high: float | None = None

    def holds(self, loss: float) -> bool | None:
        """Whether the interval holds a realized loss; none without an interval."""
        if self.low is None or self.high is None:
            return None
        return self.low <= loss <= self.high


def estimate_loss(predicted: Floats, task: Task, misses: Sequence[float]) -> EstimatedLoss | None:
    """Estimate the mean loss of some predictions.

    The interval is how far past weeks' losses lay from their own estimates: split conformal
    prediction over weeks (Lei et al., JASA 113, 2018), on the scale of the loss's logarithm.

    Args:
        predicted: Predictions as the task has them, shape (n, …).
        task: What is predicted.
        misses: Of past weeks: the logarithm of realized over estimated loss.

    Returns:
        None where the predictions do not speak of their loss.
    """
    losses = task.estimated_losses(predicted)
    if losses is None or not losses.size:
        return None
    loss = float(losses.mean())
    if len(misses) < FEWEST_WEEKS:
        return EstimatedLoss(loss=loss)
    ordered, tail = np.sort(misses), (1 - COVERAGE) / 2
    weeks = len(ordered)
    low = ordered[max(0, math.floor((weeks + 1) * tail) - 1)]
    high = ordered[min(weeks - 1, math.ceil((weeks + 1) * (1 - tail)) - 1)]
    return EstimatedLoss(loss=loss, low=loss * math.exp(low), high=loss * math.exp(high))


def misses_of(weeks: Iterable[tuple[EstimatedLoss | None, float | None]]) -> list[float]:
    """How far realized losses lay from their estimates, on a logarithmic scale.

    Args:
        weeks: Estimated and realized loss of past weeks, either of which may be missing.
    """
    return [
        math.log(loss / estimated.loss)
        for estimated, loss in weeks
        if estimated is not None and loss and estimated.loss > 0
    ]


def coverage_of(weeks: Iterable[tuple[EstimatedLoss | None, float | None]]) -> tuple[int, int]:
    """How many realized losses lay in their interval, and how many intervals there were.

    Args:
        weeks: Estimated and realized loss of past weeks, either of which may be missing.
    """
    held = [
        estimated.holds(loss)
        for estimated, loss in weeks
        if estimated is not None and loss is not None
    ]
    known = [inside for inside in held if inside is not None]
    return sum(known), len(known)
