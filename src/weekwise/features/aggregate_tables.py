"""The table that travels with a model: what its run knew of each aggregate, one value a key."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import ibis

from weekwise.contract.aggregate import Aggregate, AggregateFunction
from weekwise.contract.model import Contract
from weekwise.features.aggregate_lookup import (
    AggregateTable,
    AggregateTables,
    bucket_text,
    key_text,
)
from weekwise.features.past_aggregates import PERIOD, Past, pasts, with_keys
from weekwise.features.window import Window

_ALL = "_all"


def aggregate_tables(
    features: ibis.Table, contract: Contract, window: Window, names: Collection[str]
) -> AggregateTables:
    """What a run knows of some aggregates.

    Args:
        features: Rows of the contract, past and upcoming, with their aggregates.
        contract: What they are.
        window: The run's place in time.
        names: The columns that a model takes; others than aggregates are ignored.

    Returns:
        A table for each aggregate among `names`. Of the past every key is in it, and of a count
        within an hour or a day each key and time of the upcoming rows.
    """
    wanted = [name for name in contract.aggregates if name in names]
    if not wanted:
        return AggregateTables(as_of=window.as_of)
    tables: dict[str, AggregateTable] = {}
    history = window.history(features, contract)
    for past in pasts(contract):
        taken = {name: each for name, each in past.aggregates.items() if name in names}
        if taken:
            tables |= _of_past(Past(past.by, taken), history, contract, window)
    upcoming = window.upcoming(features, contract)
    for name in wanted:
        aggregate = contract.columns[name].aggregate
        if aggregate is not None and aggregate.within is not None:
            tables[name] = _of_schedule(name, aggregate, upcoming, contract)
    return AggregateTables(as_of=window.as_of, tables={name: tables[name] for name in wanted})


def _of_past(
    past: Past, history: ibis.Table, contract: Contract, window: Window
) -> dict[str, AggregateTable]:
    asked = _of_this_run()
    if past.by:
        keys = with_keys(history, past.by).select(*past.by).distinct()
        asked = keys.mutate({PERIOD: ibis.literal(0, "int64")})
    known = past.as_known(history, asked, contract, window)
    rows = known.filter(known[PERIOD] == 0).to_pyarrow().to_pylist()
    return {
        name: AggregateTable(
            values=tuple(
                sorted(
                    (_key(row, past.by, contract), float(row[name]))
                    for row in rows
                    if row[name] is not None
                )
            ),
            otherwise=_of_no_rows(aggregate, history, contract, window),
        )
        for name, aggregate in past.aggregates.items()
    }


def _of_no_rows(
    aggregate: Aggregate, history: ibis.Table, contract: Contract, window: Window
) -> float | None:
    """What a key has that no row of the past has."""
    if aggregate.function is AggregateFunction.COUNT:
        return 0.0
    if not aggregate.smoothing or not aggregate.by:
        return None
    of_all = Past((), {_ALL: aggregate.model_copy(update={"by": (), "smoothing": 0})})
    known = of_all.as_known(history, _of_this_run(), contract, window)
    (overall,) = known.filter(known[PERIOD] == 0)[_ALL].to_pyarrow().to_pylist()
    weight = float(aggregate.smoothing)
    # As the engine has it: that is not always the overall mean to the last digit.
    return None if overall is None else (0.0 + float(overall) * weight) / (0.0 + weight)


def _of_this_run() -> ibis.Table:
    return ibis.memtable({PERIOD: [0]}, schema={PERIOD: "int64"})


def _of_schedule(
    name: str, aggregate: Aggregate, upcoming: ibis.Table, contract: Contract
) -> AggregateTable:
    time = str(contract.time)
    _, hours = aggregate.reach
    moment = upcoming[time].cast("timestamp(6)").truncate("h" if hours else "D")
    there = with_keys(upcoming, aggregate.by).filter(upcoming[name].notnull())
    cells = there.select(*aggregate.by, name, _moment=moment).distinct()
    values: dict[Any, float] = {
        (
            *_key(row, aggregate.by, contract),
            bucket_text(row["_moment"], aggregate),
        ): float(row[name])
        for row in cells.to_pyarrow().to_pylist()
    }
    return AggregateTable(values=tuple(sorted(values.items())), otherwise=None)


def _key(row: dict[str, Any], by: Collection[str], contract: Contract) -> tuple[str, ...]:
    return tuple(str(key_text(row[name], contract.columns[name])) for name in by)
