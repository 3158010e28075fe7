"""Rows as a stored table takes them, whichever engine the table is on."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
import pyarrow as pa
from ibis.common.exceptions import IbisTypeError
from ibis.expr.operations import DatabaseTable

from weekwise.errors import StoreError


def as_rows(
    data: ibis.Table | pd.DataFrame, engine: ibis.BaseBackend, schema: ibis.Schema | None
) -> ibis.Table:
    """Rows that an engine can see, in a table's schema if it has one.

    Args:
        data: An Ibis table of any engine, or a frame.
        engine: The table's own.
        schema: Its columns, if they are known.
    """
    if isinstance(data, pd.DataFrame):
        # Through Arrow: Ibis's own way from pandas is slower and guesses types from objects.
        data = ibis.memtable(_as_arrow(data, schema))
    elif any(table.source is not engine for table in data.op().find(DatabaseTable)):
        # Computed by another database, which the engine cannot see.
        data = ibis.memtable(data.to_pyarrow())
    return data.cast(schema).select(*schema) if schema is not None else data


def _as_arrow(frame: pd.DataFrame, schema: ibis.Schema | None) -> pa.Table:
    if schema is None:
        return pa.Table.from_pandas(frame, preserve_index=False)
    types = schema.to_pyarrow()
    if frame.empty:
        # The types of an empty frame's columns are anybody's guess.
        return types.empty_table()
    return pa.Table.from_pandas(frame, schema=types, preserve_index=False)


def refuse_absent(table: ibis.Table, schema: ibis.Schema | None, name: str) -> None:
    """Refuse a table that lacks columns of its schema.

    Args:
        table: The table.
        schema: Its columns, if they are known.
        name: What it is called, and where it is.

    Raises:
        StoreError: If it lacks one.
    """
    absent = [column for column in schema or () if column not in table.columns]
    if absent:
        raise StoreError(
            f"table {name} is of another version of Weekwise: it has no column "
            f"{', '.join(absent)}; move the data folder away and run the weeks again "
            "with: kedro weekly backfill --from DATE --to DATE"
        )


def common_schema(stored: ibis.Schema, new: ibis.Schema) -> ibis.Schema:
    """Every column of either, in a type that holds both: a contract may change between weeks."""
    types = dict(stored.items())
    for name, kind in new.items():
        types[name] = _common_type(types[name], kind) if name in types else kind
    return ibis.schema(types)


def _common_type(stored: dt.DataType, new: dt.DataType) -> dt.DataType:
    if type(stored) is type(new) or new.is_null():
        return stored
    try:
        return dt.highest_precedence([stored, new])
    except IbisTypeError:
        return dt.string


def fitted(rows: ibis.Table, schema: ibis.Schema) -> ibis.Table:
    """Rows with every column of a schema, missing where they have none."""
    return rows.select(
        *(
            (rows[name].cast(kind) if name in rows.columns else ibis.null(kind)).name(name)
            for name, kind in schema.items()
        )
    )
