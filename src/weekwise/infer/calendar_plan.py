"""When a table's first run is, how far it looks ahead, and what a short table needs besides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from statistics import quantiles
from typing import Any

import duckdb

from weekwise.errors import FeedError
from weekwise.features.calendar import Calendar
from weekwise.infer.column_facts import identifier
from weekwise.wording import counted

WEEK = 7
HOLDOUT_DAYS = 14
"""What training holds out unless told otherwise."""
FEWEST_DAYS = 10
"""A table of fewer days cannot be cut into history, holdout and days to predict."""
FEWEST_HELD_OUT = 50


@dataclass(frozen=True)
class FirstRun:
    """The calendar of an environment, and parameters where the usual ones do not fit.

    Attributes:
        calendar: Its entries in `globals.yml`.
        parameters: Those of `parameters.yml`; mostly none.
        reasons: Why, for people.
    """

    calendar: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Day:
    day: date
    rows: int
    known: int


def plan_first_run(
    rows: duckdb.DuckDBPyRelation,
    *,
    time: str | None,
    target: str,
    known_after_days: int,
) -> FirstRun:
    """The first as-of date, so that there is a history to learn from and something to predict.

    Args:
        rows: The table.
        time: The column that dates a row, if one does.
        target: The column to predict.
        known_after_days: How many days after its time a row's target is known.

    Raises:
        FeedError: If too few days have known targets.
    """
    if time is None:
        return FirstRun(reasons=("without dates a run is of the day it is made on",))
    days = _days(rows, time, target)
    known = [day for day in days if 2 * day.known >= day.rows and day.known]
    if not known:
        raise FeedError(
            f"no day of {time} has a known {target} in most of its rows; "
            "give past rows with their targets, or another --target"
        )
    step = _step([day.day for day in days])
    start, last = days[0].day, known[-1].day
    if (last - start).days + 1 < FEWEST_DAYS:
        raise FeedError(
            f"{target} is known on {counted((last - start).days + 1, 'day', 'days')} of {time} "
            f"({start} to {last}), and runs by date need {FEWEST_DAYS}; give more of the past, or "
            "drop the column to have a table without dates"
        )
    waiting = [day for day in days if day.day > last]
    if waiting:
        as_of = last + timedelta(days=1 + known_after_days)
        reason = f"the day after the last one whose {target} is known"
    else:
        back = _days_back((last - start).days + 1 - known_after_days, step)
        as_of = last + timedelta(days=1 - back)
        reason = (
            f"every {target} is known: the last {back} days are left to be predicted and judged"
        )
    return _settled(days, start, as_of, step, known_after_days, reason)


def is_long_enough(low: Any, high: Any) -> bool:
    """Whether a column's dates span enough days for runs by date."""
    return bool((high - low).days + 1 >= FEWEST_DAYS)


def _settled(
    days: list[_Day], start: date, as_of: date, step: int, known_after_days: int, reason: str
) -> FirstRun:
    history_end = as_of - timedelta(days=known_after_days)
    history = (history_end - start).days
    calendar: dict[str, Any] = {"start": start, "first_as_of": as_of}
    reasons = [f"the first run is of {as_of}: {reason}"]
    usual = Calendar()
    if (as_of - start).days < usual.min_history_days:
        calendar["min_history_days"] = (as_of - start).days
    parameters: dict[str, Any] = {}
    if step > WEEK:
        calendar["step_days"] = step
        parameters["window"] = {"horizon_days": step}
        reasons.append(f"a run looks {step} days ahead, since dates lie up to {step} days apart")
    holdout = _holdout_days(days, history_end, history)
    if holdout != HOLDOUT_DAYS:
        parameters["training"] = {"holdout_days": holdout}
        reasons.append(f"the last {holdout} of {history} days of history are held out")
    return FirstRun(calendar, parameters, tuple(reasons))


def _holdout_days(days: list[_Day], history_end: date, history: int) -> int:
    """The usual holdout; less of a short history, more where rows are few."""
    holdout = min(HOLDOUT_DAYS, max(1, history // 4))
    rows = sum(day.known for day in days if day.day < history_end)
    wanted = min(FEWEST_HELD_OUT, rows // 5)
    while holdout < history // 3:
        start = history_end - timedelta(days=holdout)
        if sum(day.known for day in days if start <= day.day < history_end) >= wanted:
            break
        holdout += 1
    return holdout


def _days(rows: duckdb.DuckDBPyRelation, time: str, target: str) -> list[_Day]:
    day = f"CAST({identifier(time)} AS DATE)"
    counts = rows.aggregate(f"{day}, count(*), count({identifier(target)})", day).fetchall()
    return [_Day(day, int(rows), int(known)) for day, rows, known in sorted(counts)]


def _step(days: list[date]) -> int:
    """Days from one run to the next: a week, or what most neighbouring dates lie apart."""
    gaps = [(after - before).days for before, after in pairwise(days)]
    if len(gaps) < 2:  # noqa: PLR2004 - quantiles need two
        return WEEK
    usual = quantiles(gaps, n=10, method="inclusive")[4]
    return WEEK if usual <= WEEK else math.ceil(max(quantiles(gaps, n=10, method="inclusive")))


def _days_back(span: int, step: int) -> int:
    """How many days before the end of a table whose targets are all known its first run is."""
    for steps in (2, 1):
        if span - steps * step >= 4 * step:
            return steps * step
    return max(1, min(step, span // 4))
