from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.tasks.number_losses import (
    LOSSES,
    POISSON,
    SQUARED,
    TWEEDIE,
    NumberLoss,
    loss_for,
    loss_named,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("outcome", "loss"),
    [
        (RNG.poisson(3.0, 500).astype(float), POISSON),
        (RNG.poisson(0.05, 500) + 2.0 * np.eye(1, 500)[0], POISSON),
        (RNG.gamma(0.8, 50.0, 500), TWEEDIE),
        (np.round(RNG.gamma(0.8, 50_000.0, 500)), TWEEDIE),
        (RNG.normal(100.0, 5.0, 500), SQUARED),
        (RNG.gamma(0.8, 50.0, 500) - 1, SQUARED),
        (RNG.integers(0, 2, 500).astype(float), SQUARED),
    ],
    ids=["counts", "rare counts", "amounts", "whole amounts", "sizes", "differences", "0 or 1"],
)
def test_outcomes_ask_for_a_loss(outcome: np.ndarray, loss: NumberLoss) -> None:
    """Counts, skewed amounts and all else are told apart by their values alone."""
    assert loss_for(outcome) == loss


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_no_negative_outcome_is_put_on_a_log_scale(values: list[float]) -> None:
    """A loss on the log scale is chosen only where no outcome is negative."""
    outcome = np.array(values)
    if outcome.std() > 1e-3:
        assert not (loss_for(outcome).on_log_scale and outcome.min() < 0)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_a_loss_is_found_by_its_name(loss: NumberLoss) -> None:
    """A model's record names its loss as CatBoost does; one without a name is the squared error."""
    assert loss_named(loss.catboost) == loss
    assert loss_named(None) == SQUARED
