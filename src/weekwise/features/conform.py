"""A table as its contract says it is."""

from __future__ import annotations

from typing import TypeAlias

import ibis
import pandas as pd
import pyarrow as pa

from weekwise.contract.derive import ROW_ID, ibis_schema
from weekwise.contract.model import Contract
from weekwise.features.row_id import with_row_id
from weekwise.features.truths import read_truths

Feed: TypeAlias = ibis.Table | pd.DataFrame
"""What a dataset of a feed may load."""


def conform(data: Feed, contract: Contract) -> ibis.Table:
    """Cast to the contract's types, keep its columns in its order, drop exact duplicates.

    Rows that have no key of their own are given one. Equal ones of these may be different things
    with the same facts, and all stay.

    Args:
        data: Rows that have passed the contract's gate.
        contract: What `data` is.
    """
    table = read_truths(as_table(data, contract), contract)
    schema = ibis_schema(contract)
    if ROW_ID not in contract.key or ROW_ID in table.columns:
        return table.select(*schema).cast(schema).distinct()
    types = {name: kind for name, kind in schema.items() if name != ROW_ID}
    return with_row_id(table.select(*types).cast(types), contract)


def as_table(data: Feed, contract: Contract) -> ibis.Table:
    """A feed as an Ibis table, whichever of the two its dataset loads.

    Args:
        data: Rows that have passed the contract's gate; a frame may lack columns.
        contract: What `data` is.

    Returns:
        An Ibis table as it is; a frame in memory, with the contract's columns that it has. Its
        types are those the frame has, which a cast to the contract's makes the same as a table's.
    """
    if not isinstance(data, pd.DataFrame):
        return data
    schema = ibis_schema(contract).to_pyarrow()
    # Through Arrow: Ibis's own way from pandas is slower and guesses types from objects.
    columns = {
        name: _as_arrow(data[name], schema.field(name).type)
        for name in contract.columns
        if name in data
    }
    return ibis.memtable(pa.table(columns))


def _as_arrow(values: pd.Series, missing_type: pa.DataType) -> pa.Array:
    """A column in Arrow's type for its values; one of missing values alone in `missing_type`."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        # A contract's times are local: the gate has checked the time on the row's own clock.
        values = values.dt.tz_localize(None)
    array = pa.Array.from_pandas(values)
    if pa.types.is_dictionary(array.type):
        # A store has no type for pandas' categories.
        array = array.dictionary_decode()
    # DuckDB has no columns without a type.
    return array.cast(missing_type) if array.null_count == len(array) else array


def count_rows(data: Feed) -> int:
    """How many rows a table has."""
    return len(data) if isinstance(data, pd.DataFrame) else int(data.count().to_pyarrow().as_py())
