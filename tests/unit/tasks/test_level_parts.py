from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.tasks.level_parts import log_odds_part, mean_part

outcomes = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


@given(outcomes, st.floats(0.0, 1.0))
def test_the_shift_meets_the_level(happened: list[float], p: float) -> None:
    """Once shifted, probabilities meet the rate, but for what a weak prior holds back."""
    rows = len(happened)

    part = log_odds_part(np.array(happened), np.full(rows, p))

    assert math.isfinite(part.shift)
    assert part.residuals.sum() == pytest.approx(part.shrinkage * part.shift, abs=1e-4)
    assert (part.weights > 0).all()


@pytest.mark.parametrize(("share", "side"), [(0.0, -1), (1.0, 1)])
def test_all_alike(share: float, side: int) -> None:
    """Where all ended alike, which no finite shift meets, the shift is large and finite."""
    part = log_odds_part(np.full(500, share), np.full(500, 0.3))

    assert 3 < side * part.shift < 20


def test_varied_probabilities() -> None:
    """A shift that was put in is found, whatever the probabilities."""
    rng = np.random.default_rng(0)
    log_odds = rng.normal(-1.5, 1.2, 40_000)
    happened = (rng.random(40_000) < 1 / (1 + np.exp(-(log_odds - 0.8)))).astype(float)

    part = log_odds_part(happened, 1 / (1 + np.exp(-log_odds)), "late")

    assert part.shift == pytest.approx(-0.8, abs=0.05)
    assert part.label == "late"


def test_a_mean() -> None:
    """A number's shift is in its own unit, and its scale the deviation of what happened."""
    part = mean_part(np.array([1.0, 5.0]), np.array([2.0, 2.0]))

    assert (part.shift, part.scale) == (1.0, 2.0)
    assert part.residuals.tolist() == [-2.0, 2.0]
