from __future__ import annotations

import numpy as np
import pytest

from weekwise.analysis import bootstrap


def test_drawn_in_parts_is_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many are drawn at a time changes memory and nothing else."""
    sums = np.random.default_rng(0).normal(size=(40, 2))
    at_once = bootstrap.resampled_sums(sums, resamples=100, seed=7)
    monkeypatch.setattr(bootstrap, "_DRAWN_AT_ONCE", 90)

    in_parts = bootstrap.resampled_sums(sums, resamples=100, seed=7)

    np.testing.assert_array_equal(at_once, in_parts)


def test_the_spread_is_that_of_a_sum() -> None:
    """The sums vary as sums of as many independent draws do."""
    sums = np.random.default_rng(1).normal(size=(400, 1))

    drawn = bootstrap.resampled_sums(sums, resamples=4000, seed=3)

    assert abs(drawn.mean() - sums.sum()) < 1.5
    assert abs(drawn.std() / (sums.std() * 20) - 1) < 0.05
