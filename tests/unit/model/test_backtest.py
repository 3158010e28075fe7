from __future__ import annotations

import numpy as np
import pytest

from backtests import FIRST, week
from weekwise.model.backtest import (
    BacktestWeek,
    Contender,
    estimate,
    standings,
    weekly_losses,
)

WEEKS = [
    week(0, recipe=0.4, last_week=0.5, linear=0.3, trailing=0.6),
    week(1, recipe=0.6, last_week=0.5, linear=0.5, trailing=0.8),
]


def test_a_week_is_the_mean_of_its_rows() -> None:
    """Days with more rows count for more."""
    days = (*WEEKS[0].days[:1], *WEEKS[1].days[6:])
    joined = BacktestWeek(as_of=FIRST, trained_on=1, features=1, days=days)

    assert joined.rows == 26
    assert joined.loss(Contender.RECIPE) == pytest.approx((10 * 0.4 + 16 * 0.6) / 26)
    assert joined.mean_prediction == pytest.approx(0.5)
    assert joined.mean_outcome == pytest.approx(0.25)


def test_each_rival_is_held_against_the_recipe() -> None:
    """The difference is positive where the recipe is better, and weeks are counted one by one."""
    recipe, last, linear, trailing = standings(WEEKS)

    assert recipe.loss.value == pytest.approx(0.5)
    assert recipe.behind is None
    assert last.behind is not None
    assert last.behind.value == pytest.approx(0.0)
    assert (last.weeks_lost, linear.weeks_lost, trailing.weeks_lost) == (1, 0, 2)
    assert linear.behind is not None
    assert linear.behind.high < 0
    assert trailing.behind is not None
    assert trailing.behind.low == pytest.approx(0.2)


def test_intervals_are_over_days_and_repeat() -> None:
    """A difference that is the same each day is sure, one that swings from day to day is not."""
    rows = np.full(14, 20.0)
    steady = estimate(np.full(14, 2.0), rows)
    swinging = estimate(np.array([2.0, -1.8] * 7), rows)

    assert (steady.low, steady.value, steady.high) == pytest.approx((0.1, 0.1, 0.1))
    assert swinging.low < 0 < swinging.high
    assert swinging == estimate(np.array([2.0, -1.8] * 7), rows)


def test_each_week_has_its_own_interval() -> None:
    """A week's interval holds its mean."""
    for own, judged in zip(weekly_losses(WEEKS), WEEKS, strict=True):
        assert own.low <= own.value <= own.high
        assert own.value == pytest.approx(judged.loss(Contender.RECIPE))
