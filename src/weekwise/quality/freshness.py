"""Whether a table still grows as it did: its last week, judged by its own past weeks.

Each figure is one number of the table as of the run's date, with limits that come from the same
number in up to a year of past weeks. Great Expectations judges them with the contract's checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.quality.figure_names import FigureName
from weekwise.wording import counted, percent, value

WEEK = 7
YEAR = 53
"""Weeks of the past that are looked at: a year, and one more for what comes once a year."""
REFERENCE = 4
"""Weeks before a week that it is compared with."""
LOOK_BACK = timedelta(weeks=YEAR + REFERENCE + 2)
"""Rows of so long before outcomes were due count, and the oldest row; a clock of another zone is
less than a week off."""
FEWEST_WEEKS = 8
"""Weeks of the past that limits are made of, at the least."""
FAR = 180
"""Days without a row, after which a later row is dated far ahead."""
DAYS_OF_GRACE = 2
MARGIN = 0.2
"""How much further than the past's extremes the last week may go, as a share."""
HOURS = 24
LEAST_DISTANCE = 0.1


@dataclass(frozen=True)
class Figure:
    """One number of a table as of a date, and what it may be.

    Attributes:
        name: What the number is.
        measured: The number.
        low: The least it may be.
        high: The most it may be.
        expected: What it may be, in words, with the past that says so.
        got: What it is, in words.
        rows: Positions of the rows it counts, if it counts wrong ones.
    """

    name: FigureName
    measured: float
    low: float
    high: float
    expected: str
    got: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Rows:
    """A table's rows in time.

    Attributes:
        times: Their times.
        days: Whole days from the run's date, by row; yesterday is -1.
        as_of: The run's date.
    """

    times: pd.Series[Any]
    days: np.ndarray[Any, Any]
    as_of: date

    @property
    def weeks(self) -> np.ndarray[Any, Any]:
        """Which week before the run's date each row is of: 0 for the last, below 0 for later."""
        return (-self.days - 1) // WEEK

    @property
    def full_weeks(self) -> int:
        """How many whole weeks the table has before the run's date, a year at the most."""
        before = -int(self.days.min()) // WEEK if len(self.days) else 0
        return min(before, YEAR + REFERENCE)

    def day(self, days: int) -> str:
        """The date that lies so many days after the run's."""
        return value(self.as_of + timedelta(days=days))


def figures(frame: pd.DataFrame, contract: Contract, as_of: date) -> dict[FigureName, Figure]:
    """What is known of a table as of a date, and what it may be.

    A figure for which the table's past is too short is left out.

    Args:
        frame: The table in the contract's types, rows numbered from 0.
        contract: What it is; it must have a time column.
        as_of: The run's logical date.
    """
    times = frame[str(contract.time)].dropna()
    rows = _rows(times, as_of)
    makers: list[Callable[[], Figure | None]] = [
        lambda: _age(rows),
        lambda: _far_ahead(rows),
        lambda: _clock_shift(rows),
        lambda: _last_week(rows),
        lambda: _outcomes(frame, times, contract, as_of),
    ]
    made = (maker() for maker in makers)
    return {figure.name: figure for figure in made if figure is not None}


def _rows(times: pd.Series[Any], as_of: date) -> _Rows:
    days = (times.dt.normalize() - pd.Timestamp(as_of)).dt.days.to_numpy()
    return _Rows(times, days, as_of)


def _longest_gap(rows: _Rows) -> int | None:
    """The most days from one date with rows to the next in the past year; none if it is short."""
    past = np.unique(rows.days[(rows.days < 0) & (rows.weeks < YEAR)])
    if len(past) < FEWEST_WEEKS or rows.full_weeks < REFERENCE:
        return None
    return int(np.diff(past).max())


def _age(rows: _Rows) -> Figure | None:
    gap = _longest_gap(rows)
    if gap is None:
        return None
    newest = int(rows.days[rows.days < 0].max())
    high = gap + max(DAYS_OF_GRACE, gap // 2)
    return Figure(
        FigureName.AGE,
        -newest,
        0,
        high,
        f"a row in the {high} days before {rows.as_of} (the longest gap of the past year has "
        f"{counted(gap, 'day', 'days')})",
        f"none since {rows.day(newest)}, {-newest} days before",
    )


def _far_ahead(rows: _Rows) -> Figure | None:
    gap = _longest_gap(rows)
    if gap is None:
        return None
    far = max(FAR, 2 * gap)
    later = np.unique(np.append(rows.days[rows.days >= 0], 0))
    wide = np.flatnonzero(np.diff(later) > far)
    start = int(later[wide[0] + 1]) if len(wide) else int(later[-1]) + 1
    ahead = np.flatnonzero(rows.days >= start)
    last = int(later[wide[0]]) if len(wide) else start
    return Figure(
        FigureName.AHEAD,
        len(ahead),
        0,
        0,
        f"no row dated far ahead (more than {far} days after all others)",
        f"{counted(len(ahead), 'row', 'rows')} dated from {rows.day(start)} on, with nothing after "
        f"{rows.day(last)} before",
        tuple(int(row) for row in rows.times.index[ahead]),
    )


def _clock_shift(rows: _Rows) -> Figure | None:
    """By how many hours the last week's times of day are off those of the weeks before."""
    profiles = np.zeros((rows.full_weeks, HOURS))
    past = (rows.weeks >= 0) & (rows.weeks < rows.full_weeks)
    np.add.at(profiles, (rows.weeks[past], rows.times.dt.hour.to_numpy()[past]), 1)
    shifts = [
        _shift(profiles[week], profiles[week + 1 : week + 1 + REFERENCE].sum(axis=0))
        for week in range(len(profiles) - REFERENCE)
    ]
    known = [shift for shift in shifts[1:] if shift is not None]
    if len(known) < FEWEST_WEEKS or shifts[0] is None:
        return None
    # A table in UTC moves by one hour when the clocks around it change.
    high = max(1, *(abs(shift) for shift in known))
    hours = abs(shifts[0])
    way = "later" if shifts[0] > 0 else "earlier"
    return Figure(
        FigureName.SHIFT,
        hours,
        0,
        high,
        f"times of day as in the weeks before, within {counted(high, 'hour', 'hours')}",
        f"last week's, which are {counted(hours, 'hour', 'hours')} {way}",
    )


def _shift(week: np.ndarray[Any, Any], before: np.ndarray[Any, Any]) -> int | None:
    """The hours by which a week's profile has to be moved to be like another; none without rows.

    It counts as moved only if a tenth of the rows or more are at other hours, and moving it at
    least halves the distance (total variation).
    """
    if not week.sum() or not before.sum():
        return None
    profile, reference = week / week.sum(), before / before.sum()
    by_hours = {
        hours: float(np.abs(np.roll(profile, -hours) - reference).sum()) / 2
        for hours in range(-HOURS // 2 + 1, HOURS // 2 + 1)
    }
    best = min(by_hours, key=lambda hours: (by_hours[hours], abs(hours)))
    moved = by_hours[0] >= LEAST_DISTANCE and by_hours[best] <= by_hours[0] / 2
    return best if moved else 0


def _last_week(rows: _Rows) -> Figure | None:
    """The rows of the last week, by how the past weeks differed from the four before each."""
    past = (rows.weeks >= 0) & (rows.weeks < rows.full_weeks)
    counts = np.bincount(rows.weeks[past], minlength=rows.full_weeks)
    usual = [
        float(np.median(counts[week + 1 : week + 1 + REFERENCE]))
        for week in range(len(counts) - REFERENCE)
    ]
    # Half a row more keeps weeks without any.
    changes = [
        float(np.log((count + 0.5) / (typical + 0.5)))
        for count, typical in zip(counts, usual, strict=False)
    ]
    if len(changes) <= FEWEST_WEEKS:
        return None
    low, high = _beyond(changes[1:])
    fewest, most = (max(0.0, np.exp(limit) * (usual[0] + 0.5) - 0.5) for limit in (low, high))
    fewest, most = int(np.floor(fewest)), int(np.ceil(most))
    return Figure(
        FigureName.ROWS,
        int(counts[0]),
        fewest,
        most,
        f"{fewest:,} to {most:,} rows in the week before {rows.as_of} (the four weeks before it "
        f"have {usual[0]:,.0f} each)",
        counted(int(counts[0]), "row", "rows"),
    )


def _beyond(past: Sequence[float]) -> tuple[float, float]:
    """Limits a margin beyond the past's extremes: a fifth, or what the past varies by if more."""
    margin = max(-np.log(1 - MARGIN), 2 * float(np.std(past)))
    return min(past) - margin, max(past) + margin


def _outcomes(
    frame: pd.DataFrame, times: pd.Series[Any], contract: Contract, as_of: date
) -> Figure | None:
    """The share of the last week's rows, of those whose outcome is due, that have one."""
    if contract.target is None:
        return None
    due = _rows(times, as_of - timedelta(days=contract.known_after_days))
    known = frame.loc[times.index, contract.target].notna().to_numpy(dtype=bool)
    shares = list(_weekly_shares(due, known))
    past = [share for share in shares[1:] if share is not None]
    if len(past) < FEWEST_WEEKS or shares[0] is None:
        return None
    least = min(past)
    low = max(0.0, least - max(MARGIN * least, 2 * float(np.std(past))))
    return Figure(
        FigureName.OUTCOMES,
        shares[0],
        low,
        1,
        f"an outcome in at least {percent(low)} of the rows of the week before {due.as_of} (in "
        f"past weeks {percent(least)} or more)",
        percent(shares[0]),
    )


def _weekly_shares(rows: _Rows, known: np.ndarray[Any, Any]) -> Iterator[float | None]:
    for week in range(rows.full_weeks):
        inside = rows.weeks == week
        yield float(known[inside].mean()) if inside.any() else None


def limits_of(measured: Iterable[Figure]) -> dict[str, float]:
    """The figures' limits, by the names under which the suite asks Great Expectations for them."""
    return {
        f"{figure.name.parameter}_{side}": limit
        for figure in measured
        for side, limit in (("min", figure.low), ("max", figure.high))
    }
