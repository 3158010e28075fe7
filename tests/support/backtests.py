"""Backtests as their page has them, without a model behind them."""

from __future__ import annotations

from datetime import date, timedelta

from weekwise.model.backtest import (
    RIVALS,
    Backtest,
    BacktestWeek,
    Contender,
    DayScore,
    standings,
    weekly_losses,
)

FIRST = date(2024, 1, 1)


def week(number: int, **losses: float) -> BacktestWeek:
    """A week of seven days whose rows all have the same loss, by contender.

    Args:
        number: How many weeks after the first one.
        **losses: The loss of `recipe`, `last_week`, `linear` and `trailing`.
    """
    first = FIRST + timedelta(weeks=number)
    days = tuple(
        DayScore(
            day=first + timedelta(days=day),
            rows=10 + day,
            losses={Contender(name): loss * (10 + day) for name, loss in losses.items()},
            predicted=0.5 * (10 + day),
            realized=0.25 * (10 + day),
        )
        for day in range(7)
    )
    return BacktestWeek(as_of=first, trained_on=1234, features=3, days=days)


def backtest(*weeks: BacktestWeek, asked: int | None = None) -> Backtest:
    """A backtest of some weeks."""
    return Backtest(
        title="Orders <of a shop>",
        target="Returned",
        as_of=FIRST + timedelta(weeks=len(weeks)),
        horizon_days=7,
        known_after_days=3,
        trailing_days=14,
        weeks=weeks,
        asked=asked or len(weeks),
        standings=standings(weeks),
        weekly=weekly_losses(weeks),
    )


def even(recipe: float, others: float) -> dict[str, float]:
    """The losses of a week in which all rivals do alike."""
    return {Contender.RECIPE.value: recipe, **{rival.value: others for rival in RIVALS}}
