"""Derived columns, computed from raw ones: the same numbers for one row, a frame and a table.

All three give the same SQL to the same DuckDB, whichever engine the table itself is on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from weekwise.contract.column import Column
from weekwise.contract.derived import derived_query, in_order, raw_names
from weekwise.contract.model import Contract
from weekwise.contract.sql_engine import connection, quoted
from weekwise.features.read_values import number_column, read, text_of, time_column

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

Row = Mapping[str, Any]
"""One raw row by column, each value of its column's own Python type; None where there is none."""

_GIVEN = "given"


class WholeRow(dict[str, Any]):
    """A row that has its derived columns, so that they need not be computed again."""


class DerivedColumns:
    """Computes derived columns of a contract.

    Args:
        names: Columns of the contract, derived ones among them or not.
        contract: What the rows are.

    Attributes:
        names: The derived ones, each after what it takes.
        raw: Names of the raw columns they follow from.
    """

    def __init__(self, names: Collection[str], contract: Contract) -> None:
        columns = contract.columns
        order = in_order(names, columns)
        self.names = [name for name in order if name in names]
        self.raw = raw_names(order, columns)
        self._columns = {name: columns[name] for name in self.raw}
        self._zone = contract.timezone
        if not order:
            return
        places = ", ".join(
            f"unnest(CAST(? AS {column.type.facts.sql.name}[])) AS {quoted(name)}"
            for name, column in self._columns.items()
        )
        self._of_lists = derived_query(order, columns, f"(SELECT {places})", shown=self.names)
        table = derived_query(order, columns, _GIVEN, shown=self.names)
        self._of_table = table
        # pandas has no whole numbers and no truth values that may be missing.
        floats = ", ".join(
            quoted(name)
            if columns[name].type.facts.textual
            else f"CAST({quoted(name)} AS DOUBLE) AS {quoted(name)}"
            for name in self.names
        )
        self._of_frame = f"SELECT {floats} FROM ({table})"  # noqa: S608 - of a checked contract

    def of_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Rows with their derived columns.

        Args:
            rows: Raw rows of the contract; a column left out counts as missing. Whole ones stay as
                they are.
        """
        if not self.names or all(isinstance(row, WholeRow) for row in rows):
            return list(rows)
        zone = ZoneInfo(self._zone)
        given = [
            [_plain(row.get(name), column, zone) for row in rows]
            for name, column in self._columns.items()
        ]
        found = connection().execute(self._of_lists, given).fetchall()
        return [
            WholeRow({**row, **dict(zip(self.names, values, strict=True))})
            for row, values in zip(rows, found, strict=True)
        ]

    def of_frame(self, rows: pd.DataFrame) -> dict[str, pd.Series[Any]]:
        """The derived columns of a frame, on its index: text, and all else as float64.

        Args:
            rows: Raw rows of the contract, shape (n, any).

        Raises:
            DataGateError: If a raw column has a value that is not of its type.
        """
        if not self.names:
            return {}
        columns = self._columns.items()
        given = pd.DataFrame(
            {name: _column(rows[name], each, self._zone) for name, each in columns}
        )
        database = connection()
        database.register(_GIVEN, given)
        try:
            found = database.execute(self._of_frame).df()
        finally:
            database.unregister(_GIVEN)
        return {name: found[name].set_axis(rows.index) for name in self.names}

    def of_table(self, given: pa.Table) -> pa.Table:
        """The derived columns of an Arrow table, in the contract's types.

        Args:
            given: The raw columns.
        """
        database = connection()
        database.register(_GIVEN, given)
        try:
            return database.execute(self._of_table).to_arrow_table()
        finally:
            database.unregister(_GIVEN)


def with_derived(table: ibis.Table, contract: Contract) -> ibis.Table:
    """A table with its derived columns.

    Args:
        table: The contract's other columns, in its types.
        contract: What the rows are.

    Returns:
        The contract's columns, in its order.
    """
    derived = {name: _expression(name, table, contract) for name in contract.derived}
    return (table.mutate(derived) if derived else table).select(*contract.columns)


def _expression(name: str, table: ibis.Table, contract: Contract) -> ibis.Value:
    """A derived column as a function of Ibis that is given the raw ones."""
    import ibis

    made = DerivedColumns([name], contract)

    def compute(*columns: pa.ChunkedArray) -> pa.ChunkedArray:
        import pyarrow as pa

        return made.of_table(pa.table(dict(zip(made.raw, columns, strict=True)))).column(0)

    kinds = [contract.columns[each].type.facts.ibis for each in made.raw]
    # Ibis names and types a function by its signature, and an engine knows it by its name.
    told = repr([made._of_table, kinds])  # noqa: SLF001 - of its own module
    compute.__name__ = f"derived_{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    places = [
        Parameter(f"c{place}", Parameter.POSITIONAL_OR_KEYWORD) for place in range(len(kinds))
    ]
    vars(compute).update(__signature__=Signature(places))
    function = ibis.udf.scalar.pyarrow(
        compute,
        signature=(tuple(kinds), contract.columns[name].type.facts.ibis),
        # DuckDB would give NULL where any of the raw columns is.
        null_handling="special",
    )
    return function(*(table[each] for each in made.raw))


def _plain(value: Any, column: Column, zone: ZoneInfo) -> Any:
    """A value as DuckDB takes it."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:  # noqa: PLR0124 - NaN
        return None
    if column.type.facts.textual:
        return text_of(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(zone).replace(tzinfo=None)
    return value.item() if hasattr(value, "item") else value


def _column(values: pd.Series[Any], column: Column, zone: str) -> Any:
    """A column as DuckDB takes it, without its index."""
    facts = column.type.facts
    if facts.temporal:
        return read(values, lambda each: time_column(each, zone))
    if facts.textual:
        texts = read(values, _texts)
        return pd.Series(texts, dtype=object)
    if pd.api.types.is_integer_dtype(values.dtype):
        # Not as floats, which are exact up to 2 to the 53rd only.
        return values.astype("Int64").array
    return read(values, number_column)


def _texts(values: pd.Series[Any]) -> Any:
    import numpy as np

    codes, distinct = pd.factorize(values)
    texts = np.array([*(text_of(value) for value in distinct), None], dtype=object)
    return texts[codes]
