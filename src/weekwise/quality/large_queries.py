"""What the engine finds out about a large table, so that memory need not hold it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import ibis

from weekwise.contract.model import Contract
from weekwise.features.week_content import days_of, within
from weekwise.quality.checked_weeks import week_of
from weekwise.quality.freshness import LOOK_BACK


def shared_keys(table: ibis.Table, names: Sequence[str]) -> ibis.Table:
    """Values that more than one row has; rows without any value share nothing.

    Args:
        table: The table.
        names: The columns that must be unique together.
    """
    known = table.filter(ibis.or_(*(table[name].notnull() for name in names)))
    counts = known.group_by(list(names)).agg(_rows=known.count())
    return counts.filter(counts["_rows"] > 1).drop("_rows")


def same_key(table: ibis.Table, keys: ibis.Table) -> list[ibis.expr.types.BooleanValue]:
    """What to join a table and some keys on: two missing values are the same."""
    return [table[name].identical_to(keys[name]) for name in keys.columns]


def changed(
    table: ibis.Table, contract: Contract, known: Collection[date], same: set[date]
) -> ibis.Table:
    """The rows of weeks that have changed, and those of no week.

    Args:
        table: The table.
        contract: What it must be.
        known: The Mondays of all its weeks.
        same: Those of the weeks that have not changed.
    """
    if week_of(table, contract) is None or not same:
        return table
    parts = [days_of(monday) for monday in known if monday not in same]
    return table.filter(within(table[str(contract.time)], parts, or_undated=True))


def newest(table: ibis.Table, contract: Contract, as_of: date | None) -> ibis.Table:
    """What freshness and volume look at: the time and the target of some rows.

    These are the rows of the past year, later ones, and the oldest, which says how much past there
    is. Times that the engine cannot compare, as text, are all of them.

    Args:
        table: The table.
        contract: What it must be.
        as_of: The run's logical date.
    """
    looked_at = [name for name in table.columns if name in {contract.time, contract.target}]
    if as_of is None or contract.time not in looked_at:
        return table.select(*(looked_at or table.columns[:1])).limit(1)
    week = week_of(table, contract)
    if week is not None:
        first = as_of - timedelta(days=contract.known_after_days) - LOOK_BACK
        time = table[contract.time]
        table = table.filter((week >= ibis.literal(first)) | (time == time.min()))
    return table.select(*looked_at)


def gap_count(table: ibis.Table, name: str) -> int:
    """How many rows have no value in a column; not-a-number is none."""
    values = table[name]
    gap = values.isnull()
    if values.type().is_floating():
        gap |= values.isnan()
    return int(gap.sum().to_pyarrow().as_py() or 0)
