"""Limits, values and shares of missing values, each with room for what has not been seen yet."""

from __future__ import annotations

import math
from typing import Any

from weekwise.infer.column_facts import ColumnFacts, Kind

RANGE_SLACK = 0.5
"""Limits lie half the range seen beyond what was seen; a number never below 0 keeps 0."""
MISSING_SLACK = 2.0
LEAST_MISSING = 0.05
"""Twice the share seen may be missing, and 5 % where anything was."""
MOST_VALUES = 30
"""More values than this are not listed."""


def limits(column: ColumnFacts) -> dict[str, Any]:
    """`min` and `max` of a column of numbers, of its own kind."""
    if column.kind not in (Kind.INTEGER, Kind.NUMBER) or column.low is None:
        return {}
    low, high = float(column.low), float(column.high)
    slack = (high - low) * RANGE_SLACK or max(abs(high), 1.0)
    lowest = 0.0 if low >= 0 else _outward(low - slack, -1)
    highest = 0.0 if high <= 0 else _outward(high + slack, 1)
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        return {}
    if column.kind is Kind.INTEGER:
        return {"min": int(lowest), "max": min(int(highest), 2**63 - 1)}
    return {"min": _plain(lowest), "max": _plain(highest)}


def missing(column: ColumnFacts) -> str | float:
    """The largest share that may be missing, or `never` where nothing was."""
    if column.known == column.rows:
        return "never"
    share = max(MISSING_SLACK * column.missing_share, LEAST_MISSING)
    return min(1.0, math.ceil(share * 100) / 100)


def values(column: ColumnFacts) -> list[str]:
    """The values of text, if they are few enough to list, in order."""
    if column.kind is not Kind.TEXT or not 0 < len(column.values) <= MOST_VALUES:
        return []
    return sorted(str(value) for value in column.values)


def _outward(limit: float, direction: int) -> float:
    """A limit with two digits, away from what was seen."""
    if limit == 0 or not math.isfinite(limit):
        return limit
    digits = math.floor(math.log10(abs(limit))) - 1
    step = 10.0**digits
    scaled = limit / step
    rounded = math.ceil(scaled - 1e-9) if direction > 0 else math.floor(scaled + 1e-9)
    return rounded * step


def _plain(limit: float) -> float | int:
    """A limit as a person writes it."""
    rounded = float(f"{limit:.6g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded
