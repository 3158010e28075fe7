"""What a backtest found: past weeks, each judged as it would have been, and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

import numpy as np

from weekwise.analysis.bootstrap import resampled_sums
from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats

CONFIDENCE = 0.9
RESAMPLES = 2000
SEED = 0


class Contender(StrEnum):
    """Who predicts a past week.

    All of them know the same: the rows whose outcome was due when the week began.
    """

    RECIPE = "recipe"
    """What a weekly run of that week would have trained."""
    LAST_WEEK = "last_week"
    """The model of the week before, kept one more week."""
    LINEAR = "linear"
    """A logistic or ridge regression on the same inputs."""
    TRAILING = "trailing"
    """A constant: what the newest days' outcomes alone predict."""


RIVALS = (Contender.LAST_WEEK, Contender.LINEAR, Contender.TRAILING)
"""Whom the recipe is compared with, the strongest first, as a rule."""


class DayScore(Frozen):
    """The rows of one day, summed.

    Attributes:
        day: Their date.
        rows: How many there are.
        losses: The sum of their losses, by contender.
        predicted: The sum of what the recipe predicted, as the task's level.
        realized: The sum of what happened, on the same scale.
    """

    day: date
    rows: int
    losses: dict[Contender, float]
    predicted: float
    realized: float


class BacktestWeek(Frozen):
    """One past week, predicted from what was known when it began.

    Attributes:
        as_of: The origin: the first day of the week.
        trained_on: How many rows the recipe learned from.
        features: How many features it chose.
        days: The week's days that have rows, at least one, in order.
    """

    as_of: date
    trained_on: int
    features: int
    days: tuple[DayScore, ...]

    @property
    def rows(self) -> int:
        """How many rows are judged."""
        return sum(day.rows for day in self.days)

    @property
    def mean_prediction(self) -> float:
        """The recipe's mean prediction."""
        return sum(day.predicted for day in self.days) / self.rows

    @property
    def mean_outcome(self) -> float:
        """The mean of what happened."""
        return sum(day.realized for day in self.days) / self.rows

    def loss(self, contender: Contender) -> float:
        """A contender's mean loss of a row."""
        return sum(day.losses[contender] for day in self.days) / self.rows


class Estimate(Frozen):
    """A mean with its interval.

    Attributes:
        value: The mean.
        low: The interval's lower end.
        high: Its upper end.
    """

    value: float
    low: float
    high: float


class Standing(Frozen):
    """How one contender did over all weeks.

    Attributes:
        contender: Which.
        loss: Its mean loss of a row.
        behind: By how much its loss is over the recipe's on the same rows; above zero, the recipe
            is better. None for the recipe itself.
        weeks_lost: In how many weeks its loss is over the recipe's.
    """

    contender: Contender
    loss: Estimate
    behind: Estimate | None
    weeks_lost: int


class Backtest(Frozen):
    """A recipe over the past weeks of its table.

    Attributes:
        title: What the table is.
        target: The target's title.
        as_of: The date that the table was built for.
        horizon_days: How many days of each week are judged, at the most.
        known_after_days: How many days after its date an outcome is known.
        trailing_days: The newest days whose outcomes make the trailing constant.
        weeks: The weeks, in order.
        asked: How many weeks were asked for.
        standings: The recipe, then its rivals.
        weekly: The recipe's loss of each week with its interval, in the weeks' order.
    """

    title: str
    target: str
    as_of: date
    horizon_days: int
    known_after_days: int
    trailing_days: int
    weeks: tuple[BacktestWeek, ...]
    asked: int
    standings: tuple[Standing, ...]
    weekly: tuple[Estimate, ...]

    def standing(self, contender: Contender) -> Standing:
        """How one contender did."""
        return next(each for each in self.standings if each.contender is contender)


def standings(weeks: Sequence[BacktestWeek]) -> tuple[Standing, ...]:
    """How each contender did over all weeks, with intervals from a bootstrap over days.

    Days are drawn, since the rows of one day share what happened on it; all contenders are
    compared on the same draw.

    Args:
        weeks: At least one.
    """
    return tuple(_standing(contender, weeks) for contender in (Contender.RECIPE, *RIVALS))


def _standing(contender: Contender, weeks: Sequence[BacktestWeek]) -> Standing:
    days = [day for week in weeks for day in week.days]
    ours, rows = _losses(days, Contender.RECIPE), _rows(days)
    theirs = _losses(days, contender)
    if contender is Contender.RECIPE:
        return Standing(contender=contender, loss=estimate(theirs, rows), behind=None, weeks_lost=0)
    return Standing(
        contender=contender,
        loss=estimate(theirs, rows),
        behind=estimate(theirs - ours, rows),
        weeks_lost=sum(week.loss(contender) > week.loss(Contender.RECIPE) for week in weeks),
    )


def weekly_losses(weeks: Sequence[BacktestWeek]) -> tuple[Estimate, ...]:
    """The recipe's loss of each week; its interval is wide, as a week has few days."""
    return tuple(estimate(_losses(week.days, Contender.RECIPE), _rows(week.days)) for week in weeks)


def estimate(sums: Floats, rows: Floats) -> Estimate:
    """The mean of a row over some days, with its percentile interval.

    Args:
        sums: What the rows of each day add up to, shape (days,).
        rows: How many rows each day has, shape (days,).
    """
    drawn = resampled_sums(np.column_stack([sums, rows]), resamples=RESAMPLES, seed=SEED)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [tail, 1 - tail])
    return Estimate(value=float(sums.sum() / rows.sum()), low=float(low), high=float(high))


def _losses(days: Sequence[DayScore], contender: Contender) -> Floats:
    return np.array([day.losses[contender] for day in days], dtype=np.float64)


def _rows(days: Sequence[DayScore]) -> Floats:
    return np.array([day.rows for day in days], dtype=np.float64)
