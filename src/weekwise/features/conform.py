"""A table as its contract says it is."""

from __future__ import annotations

from typing import TypeAlias

import ibis
import pandas as pd
import pyarrow as pa

from weekwise.contract.derive import ROW_ID, ibis_schema
from weekwise.contract.model import Contract
from weekwise.features.derived_columns import with_derived
from weekwise.features.engines import ENGINES, engine_of
from weekwise.features.local_time import OFFSET, local_times
from weekwise.features.row_id import with_row_id
from weekwise.features.truths import read_truths

Feed: TypeAlias = ibis.Table | pd.DataFrame
"""What a dataset of a feed may load."""


def conform(data: Feed, contract: Contract) -> ibis.Table:
    """Cast to the contract's types, keep its columns in its order, drop exact duplicates.

    Rows that have no key of their own are given one. Equal ones of these may be different things
    with the same facts, and all stay. Derived columns are computed. Aggregates stay missing where
    they are: `weekwise.features.aggregates` makes them.

    Args:
        data: Rows that have passed the contract's gate.
        contract: What `data` is.
    """
    table = read_truths(as_table(data, contract), contract)
    table = _local_columns(_moments(table, contract), contract.timezone)
    schema = ibis_schema(contract)
    absent = {n: ibis.null(schema[n]) for n in contract.aggregates if n not in table.columns}
    table = table.mutate(absent) if absent else table
    raw = {name: kind for name, kind in schema.items() if name not in contract.derived}
    if ROW_ID not in contract.key or ROW_ID in table.columns:
        # As groups: what takes the rows several times then has them computed once, where Ibis
        # writes `distinct()` again each time.
        distinct = table.select(*raw).cast(raw).group_by(list(raw)).agg()
        return with_derived(distinct, contract)
    types = {name: kind for name, kind in raw.items() if name != ROW_ID}
    return with_derived(with_row_id(table.select(*types).cast(types), contract), contract)


def as_table(data: Feed, contract: Contract) -> ibis.Table:
    """A feed as an Ibis table, whichever of the two its dataset loads.

    Args:
        data: Rows that have passed the contract's gate; a frame may lack columns.
        contract: What `data` is.

    Returns:
        An Ibis table of a store's engine as it is. One of another database, such as PostgreSQL, is
        read into memory: an engine computes with its own tables only, and each casts and compares
        in its own way. A frame too is a table in memory, with the contract's columns that it has;
        its types are those the frame has, which a cast to the contract's makes the same.
    """
    if not isinstance(data, pd.DataFrame):
        return data if data.get_backend().name in ENGINES else ibis.memtable(data.to_pyarrow())
    schema = ibis_schema(contract).to_pyarrow()
    # Through Arrow: Ibis's own way from pandas is slower and guesses types from objects.
    columns = {
        name: _as_arrow(local_times(data[name], contract.timezone), schema.field(name).type)
        for name in contract.columns
        if name in data
    }
    return ibis.memtable(pa.table(columns))


def _moments(table: ibis.Table, contract: Contract) -> ibis.Table:
    """Times as text, with those that have an offset as the clocks of the contract's zone show them.

    The gate reads the same text (`weekwise.quality.text_values`), and lets no other pass.
    """
    return table.mutate(
        {
            name: _moment(table, name, contract.timezone)
            for name, column in contract.columns.items()
            if column.type.facts.temporal
            and name in table.columns
            and table[name].type().is_string()
        }
    )


def _moment(table: ibis.Table, name: str, zone: str) -> ibis.Column:
    engine, text = engine_of(table), table[name]
    local = engine.local_clock(zone, engine.moments(text))
    return text.re_search(OFFSET).ifelse(local, text.cast("timestamp"))


def time_of(table: ibis.Table, contract: Contract) -> ibis.Column | None:
    """The time of each row as `conform` makes it, from the table as it arrives.

    Args:
        table: Rows that have passed the contract's gate.
        contract: What they are.

    Returns:
        An expression over `table`; none if its rows have no time.
    """
    name = contract.time
    if name is None or name not in table.columns:
        return None
    kind = table[name].type()
    if kind.is_string():
        return _moment(table, name, contract.timezone)
    if kind.is_timestamp() and kind.timezone is not None:
        return engine_of(table).local_clock(contract.timezone, table[name])
    return table[name]


def _local_columns(table: ibis.Table, zone: str) -> ibis.Table:
    """The columns that are times with a zone as the clocks of another show them."""
    zoned = {
        name: engine_of(table).local_clock(zone, table[name])
        for name, kind in table.schema().items()
        if kind.is_timestamp() and kind.timezone is not None
    }
    return table.mutate(**zoned) if zoned else table


def _as_arrow(values: pd.Series, missing_type: pa.DataType) -> pa.Array:
    """A column in Arrow's type for its values; one of missing values alone in `missing_type`."""
    array = pa.Array.from_pandas(values)
    if pa.types.is_dictionary(array.type):
        # A store has no type for pandas' categories.
        array = array.dictionary_decode()
    # DuckDB has no columns without a type.
    return array.cast(missing_type) if array.null_count == len(array) else array


def count_rows(data: Feed) -> int:
    """How many rows a table has."""
    return len(data) if isinstance(data, pd.DataFrame) else int(data.count().to_pyarrow().as_py())
