from __future__ import annotations

import math

import numpy as np
import pytest

from weekwise.analysis.estimated_loss import (
    EstimatedLoss,
    coverage_of,
    estimate_loss,
    misses_of,
)
from weekwise.tasks.binary import Binary
from weekwise.tasks.regression import Regression

TASK = Binary()


def test_calibrated_probabilities_tell_their_loss() -> None:
    """If outcomes come as often as was said, the estimate is the loss they have."""
    rng = np.random.default_rng(0)
    predicted = rng.beta(1.0, 4.0, 50_000)
    outcome = (rng.random(50_000) < predicted).astype(float)

    estimated = estimate_loss(predicted, TASK, [])

    assert estimated is not None
    assert estimated.loss == pytest.approx(TASK.losses(outcome, predicted).mean(), rel=0.02)
    assert estimated.holds(0.5) is None


def test_predictions_without_an_interval() -> None:
    """Numbers without intervals do not say how far off they may be."""
    assert estimate_loss(np.array([[1.0, math.nan, math.nan]]), Regression(), []) is None
    assert estimate_loss(np.empty(0), TASK, []) is None


def test_interval_of_past_misses() -> None:
    """The interval leaves out the furthest past misses only, and moves with their level."""
    misses = [math.log(1 + n / 100) for n in range(20)]

    estimated = estimate_loss(np.full(9, 0.5), TASK, misses)

    assert estimated is not None
    assert estimated.low == pytest.approx(math.log(2) * 1.01)
    assert estimated.high == pytest.approx(math.log(2) * 1.18)


def test_coverage_counts_weeks_with_interval_and_outcome() -> None:
    """A week counts if it had an interval and its loss is known."""
    held = EstimatedLoss(loss=0.5, low=0.4, high=0.6)
    weeks = [(held, 0.45), (held, 0.7), (held, None), (None, 0.5), (EstimatedLoss(loss=0.5), 0.5)]

    assert coverage_of(weeks) == (1, 2)
    assert misses_of(weeks) == pytest.approx([math.log(0.9), math.log(1.4), 0.0])
