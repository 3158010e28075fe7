from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from weekwise.model.backtest import (
    BacktestWeek,
    Contender,
    DayScore,
    estimate,
    standings,
    weekly_losses,
)

MONDAY = date(2024, 3, 4)


def week(number: int, losses: dict[Contender, float], rows: int = 10) -> BacktestWeek:
    """A week in which every row has the same loss, by contender."""
    first = MONDAY + timedelta(weeks=number)
    days = tuple(
        DayScore(
            day=first + timedelta(days=day),
            rows=rows + day,
            losses={name: loss * (rows + day) for name, loss in losses.items()},
            predicted=0.5 * (rows + day),
            realized=0.25 * (rows + day),
        )
        for day in range(7)
    )
    return BacktestWeek(as_of=first, trained_on=100, features=3, days=days)


WEEKS = [
    week(0, dict(zip(Contender, (0.4, 0.5, 0.3, 0.6), strict=True))),
    week(1, dict(zip(Contender, (0.6, 0.5, 0.5, 0.8), strict=True))),
]


def test_a_week_is_the_mean_of_its_rows() -> None:
    """Days with more rows count for more."""
    days = (*WEEKS[0].days[:1], *WEEKS[1].days[6:])
    joined = BacktestWeek(as_of=MONDAY, trained_on=1, features=1, days=days)

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
