"""What a table's weeks hold: by it a week is known again, and a change of old rows is noticed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import ibis

from weekwise.contract.frozen import Frozen
from weekwise.contract.reserved import AS_OF

WEEK = timedelta(days=7)

_MODULUS = 2**31 - 1
"""Sums of so small hashes fit in an integer of 64 bits for four billion rows."""


class WeekContent(Frozen):
    """What tells one state of a week's rows from another.

    Attributes:
        rows: How many there are.
        content: The sum of a hash of each.
    """

    rows: int
    content: int


def monday_of(time: ibis.Column) -> ibis.expr.types.DateValue:
    """The Monday of the week that each time lies in.

    Args:
        time: Dates or times.
    """
    return time.cast("date").truncate("W")


def week_contents(
    table: ibis.Table, week: ibis.Column | None, names: Sequence[str]
) -> dict[date | None, WeekContent]:
    """What a table's weeks hold, computed by its engine.

    Args:
        table: The table.
        week: The Monday of each row's week; without it all rows are of none.
        names: The columns that count; the run's own date, which differs in every run, does not.

    Returns:
        The content of each week by its Monday, in order; of rows without a time under None.
    """
    counted = {name: table[name] for name in names if name != AS_OF}
    row_hash = ibis.struct(counted).hash() % _MODULUS
    monday = ibis.null("date") if week is None else week
    hashed = table.select(_week=monday, _hash=row_hash)
    counts = (
        hashed.group_by("_week")
        .agg(rows=hashed.count(), content=hashed["_hash"].sum())
        .order_by("_week")
    )
    return {
        row["_week"]: WeekContent(rows=row["rows"], content=int(row["content"]))
        for row in counts.to_pyarrow().to_pylist()
    }


def days_of(monday: date) -> tuple[date, date]:
    """The stretch of a week's days, as `within` takes it; the last week there is has no end."""
    return monday, monday + WEEK if monday <= date.max - WEEK else date.max


def within(
    time: ibis.Column, parts: Iterable[tuple[date, date]], *, or_undated: bool = False
) -> ibis.expr.types.BooleanValue:
    """Whether a time lies in one of some stretches of days.

    The time is compared as it is, so that an engine that knows between which times parts of a table
    lie need not read the others.

    Args:
        time: Dates or times.
        parts: Each from its first day to before its last; `date.max` is no end.
        or_undated: Whether it may be missing, too.
    """
    conditions = [
        time >= ibis.literal(start)
        if end == date.max
        else (time >= ibis.literal(start)) & (time < ibis.literal(end))
        for start, end in _merged(parts)
    ]
    return ibis.or_(*([time.isnull()] if or_undated else []), *conditions)


def _merged(parts: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Stretches of days in order and apart."""
    merged: list[tuple[date, date]] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
