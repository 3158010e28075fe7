"""Aggregates over other rows, in the table's own engine and free of what was not known.

Runs lie on a grid: the run's date and every `horizon_days` before it. A row is given what the run
on the last of these dates up to its own would have given it, whatever became known later.
"""

from __future__ import annotations

import ibis

from weekwise.contract.aggregate import Aggregate
from weekwise.contract.model import Contract
from weekwise.features.aggregate_lookup import SECONDS_A_DAY, SECONDS_AN_HOUR
from weekwise.features.engines import reused
from weekwise.features.past_aggregates import (
    PERIOD,
    days_to,
    joined,
    pasts,
    seconds_of,
    with_keys,
)
from weekwise.features.window import Window


def with_aggregates(
    rows: ibis.Table, scheduled: ibis.Table, contract: Contract, window: Window
) -> ibis.Table:
    """Rows with the aggregates that their contract declares.

    Args:
        rows: The contract's columns, shape (n, any): rows of the past with their target, and
            upcoming ones without. What its aggregates hold is replaced.
        scheduled: All rows there are in the contract's columns, those too that were left out of
            `rows` for lack of an outcome: counts `within` an hour or a day are of these.
        contract: What both are.
        window: The run's place in time.

    Returns:
        The contract's columns, shape (n, all).
    """
    if not contract.aggregates:
        return rows
    rows, scheduled = reused(rows), reused(scheduled)
    given = rows.drop(*(name for name in contract.aggregates if name in rows.columns))
    dated = given.mutate({PERIOD: _period(given, contract, window)})
    made = dated
    history = window.history(rows, contract)
    for past in pasts(contract):
        asked = dated.select(*past.by, PERIOD).distinct()
        values = past.as_known(history, asked, contract, window)
        made = joined(made, values, [*past.by, PERIOD], list(past.aggregates))
        since = [name for name, each in past.aggregates.items() if each.takes_time]
        if since:
            made = made.mutate({name: _days_since(made, name, contract) for name in since})
    for name in contract.aggregates:
        aggregate = _aggregate(contract, name)
        if aggregate.within is not None:
            made = _with_count(made, scheduled, name, contract, window)
    types = {name: contract.columns[name].type.facts.ibis for name in contract.aggregates}
    return made.cast(types).select(*contract.columns)


def _with_count(
    rows: ibis.Table, scheduled: ibis.Table, name: str, contract: Contract, window: Window
) -> ibis.Table:
    """Rows with how many of all rows share their keys at their own time."""
    aggregate = _aggregate(contract, name)
    size, hours = aggregate.reach
    bucket, day = "_bucket", "_day"
    there = with_keys(scheduled, aggregate.by)
    there = there.filter(there[str(contract.time)].cast("date") < ibis.literal(window.end))

    def placed(table: ibis.Table) -> ibis.Table:
        days = days_to(table, contract, window).cast("int64")
        hour = (seconds_of(table, contract) // SECONDS_AN_HOUR).cast("int64")
        return table.mutate({bucket: hour if hours else days, day: days})

    counts = placed(there).group_by(*aggregate.by, day, bucket).agg(**{name: ibis._.count()})
    if not size:
        so_far = ibis.cumulative_window(group_by=[*aggregate.by, day], order_by=bucket)
        counts = counts.mutate({name: counts[name].sum().over(so_far)})
    elif size > 1:
        before = ibis.range_window(
            preceding=size - 1, following=0, group_by=aggregate.by or None, order_by=bucket
        )
        counts = counts.mutate({name: counts[name].sum().over(before)})
    return joined(placed(rows), counts, [*aggregate.by, bucket], [name]).drop(bucket, day)


def _period(rows: ibis.Table, contract: Contract, window: Window) -> ibis.Value:
    """How many runs before this one the run lies that a row is predicted in, as 0, -1, …."""
    before = days_to(rows, contract, window) // window.horizon_days
    return ibis.least(before.cast("int64"), ibis.literal(0, "int64"))


def _days_since(rows: ibis.Table, name: str, contract: Contract) -> ibis.Value:
    return (seconds_of(rows, contract).cast("float64") - rows[name]) / float(SECONDS_A_DAY)


def _aggregate(contract: Contract, name: str) -> Aggregate:
    aggregate = contract.columns[name].aggregate
    assert aggregate is not None  # noqa: S101 - of the contract's aggregates
    return aggregate
