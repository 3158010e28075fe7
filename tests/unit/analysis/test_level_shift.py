from __future__ import annotations

import numpy as np
import pytest

from weekwise.analysis.level_shift import level_shift
from weekwise.analysis.params import PerformanceParams
from weekwise.tasks.level_parts import log_odds_part

PARAMS = PerformanceParams(resamples=400)
DAYS = np.repeat(np.arange(7), 200).tolist()


def a_week(rates: list[float], seed: int = 0) -> np.ndarray:
    """Outcomes of 200 rows a day, drawn with a rate for each day."""
    return (np.random.default_rng(seed).random(1400) < np.repeat(rates, 200)).astype(float)


def test_a_level_that_is_met() -> None:
    """Predictions that meet the level have no credible shift."""
    shift = level_shift(DAYS, log_odds_part(a_week([0.2] * 7), np.full(1400, 0.2)), PARAMS)

    assert not shift.credible
    assert shift.low < 0 < shift.high


def test_a_level_that_is_missed() -> None:
    """A rate of half of what was predicted on every day is a credible shift down."""
    shift = level_shift(DAYS, log_odds_part(a_week([0.1] * 7), np.full(1400, 0.2)), PARAMS)

    assert shift.credible
    assert shift.too_high
    assert shift.shift == pytest.approx(np.log(0.1 / 0.9) - np.log(0.2 / 0.8), abs=0.2)
    assert shift.effect_low == pytest.approx(shift.high / 1.8138, abs=1e-3)


def test_one_bad_day_is_not_credible() -> None:
    """A shift that one day alone has made is not credible: the day may be drawn or not."""
    stormy = level_shift(
        DAYS, log_odds_part(a_week([0.19] * 6 + [0.8]), np.full(1400, 0.2)), PARAMS
    )

    assert stormy.shift > 0.3
    assert not stormy.credible
