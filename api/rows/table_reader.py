"""Batches as Arrow or Parquet tables: columns are checked as they are, without values of Python."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from api.http.exceptions import FieldFault, Malformed
from api.rows.batch_reader import BatchReader, CheckedBatch, checked_batch
from api.rows.cancel_flag import CancelFlag
from api.rows.columns import Bools, CheckedColumn, check_array, check_column
from api.rows.refusals import Refusals
from api.rows.table_body import table_of, value_type
from weekwise.contract.column import Column

if TYPE_CHECKING:
    import pyarrow as pa

_TIMES = "datetime64[us]"
_DAYS = "datetime64[D]"
_FIRST, _LAST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999", "us")
"""The ends of the calendar that rows can have."""

_ROWS_A_CHECK = 64


@dataclass(frozen=True)
class TableReader:
    """Reads tables of rows of one contract.

    Attributes:
        batches: The reader of the same rows in JSON.
        max_bytes: The most bytes that a table may become.
    """

    batches: BatchReader
    max_bytes: int

    def read(self, body: bytes, kind: str, flag: CancelFlag) -> CheckedBatch:
        """The rows of a table, checked.

        Args:
            body: The table.
            kind: Its media type.
            flag: Ends the work between two columns, or some rows.

        Raises:
            Malformed: If it cannot be read, has no rows, or a column that the contract lacks.
            TooManyRows: If there are more rows than allowed.
            TooLarge: If it becomes too large when it is unpacked.
            Abandoned: If the flag is set.
        """
        reader = self.batches.row_reader
        table = table_of(
            body,
            kind,
            inputs=reader.contract.inputs,
            max_rows=self.batches.max_rows,
            max_bytes=self.max_bytes,
        )
        if not table.num_rows:
            raise Malformed("The table has no rows; send at least one.")
        columns = {}
        for name in reader.inputs:
            flag.check()
            column = reader.contract.columns[name]
            columns[name] = _checked(column, table, name, reader.contract.timezone)
        suspect = np.logical_or.reduce([column.suspect for column in columns.values()])
        refusals, faults = Refusals(), dict[int, list[FieldFault]]()
        for turn, place in enumerate(np.flatnonzero(suspect).tolist()):
            if turn % _ROWS_A_CHECK == 0:
                flag.check()
            row = reader.read_value(
                {name: _in_json(table[name][place]) for name in table.column_names},
                hint=refusals.hint,
            )
            if isinstance(row, list):
                faults[place] = refusals.add(place, row)
                continue
            for name, checked in columns.items():
                checked.put(place, row[name])
        return checked_batch(columns, faults, table.num_rows, 0, refusals)


def _checked(column: Column, table: pa.Table, name: str, timezone: str) -> CheckedColumn:
    """A column of a table, checked; one that is not there is missing in all rows."""
    if name not in table.column_names:
        return check_column(column, [None] * table.num_rows)
    chunks = table[name]
    facts, kind = column.type.facts, value_type(chunks.type)
    chunks = _decoded(chunks)
    if facts.temporal and _is_moment(kind):
        times, far = _times(chunks, timezone)
        present = times[~np.isnat(times)]
        if not facts.whole or (present.astype(_DAYS).astype(_TIMES) == present).all():
            checked = check_array(column, times)
            checked.suspect[far] = True
            return checked
    array = _array(column, chunks)
    if array is None:
        checked = check_column(column, [_in_json(value) for value in chunks])
        checked.suspect[:] = True
        return checked
    return check_array(column, array)


def _decoded(chunks: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values out of their dictionary, if they are in one."""
    import pyarrow as pa

    kind = value_type(chunks.type)
    if kind == chunks.type:
        return chunks
    try:
        return chunks.cast(kind)
    except pa.ArrowNotImplementedError:
        # Such as views of text, which Arrow leaves in their dictionary.
        return pa.chunked_array([chunks.to_pylist()], kind)


def _array(column: Column, chunks: pa.ChunkedArray) -> Any:
    """Text, truth values and numbers as the service has them; none if their type does not fit."""
    import pyarrow as pa
    from pyarrow import types

    facts, kind = column.type.facts, chunks.type
    if facts.textual:
        if types.is_string_view(kind):
            return np.array(chunks.to_pylist(), dtype=object)
        return chunks.to_numpy() if types.is_string(kind) or types.is_large_string(kind) else None
    if facts.boolean:
        is_fit = types.is_boolean(kind)
        return chunks.cast(pa.uint8()).cast(pa.float64()).to_numpy() if is_fit else None
    is_number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    if facts.numeric and is_number:
        return chunks.cast(pa.float64(), safe=False).to_numpy()
    return None


def _is_moment(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_timestamp(kind) or types.is_date(kind))


def _times(chunks: pa.ChunkedArray, timezone: str) -> tuple[Any, Bools]:
    """Times on the clock of a zone, and where they are outside of the calendar."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = chunks.type
    is_timestamp = pa.types.is_timestamp(kind)
    unit = kind.unit if is_timestamp else "D" if pa.types.is_date32(kind) else "ms"
    far = np.zeros(len(chunks), dtype=np.bool_)
    # Nanoseconds have 64 bits from 1677 to 2262 alone; other units may go far beyond, where
    # microseconds would begin anew.
    if unit != "ns":
        counts = chunks.cast(pa.int32() if unit == "D" else pa.int64())
        first, last = (
            int(end.astype(f"datetime64[{unit}]").astype(np.int64)) for end in (_FIRST, _LAST)
        )
        outside = pc.or_(pc.less(counts, first), pc.greater(counts, last))
        if pc.any(outside).as_py():
            far = pc.fill_null(outside, False).to_numpy().astype(np.bool_)
            chunks = pc.if_else(pa.chunked_array([pa.array(far)]), pa.scalar(None, kind), chunks)
    if is_timestamp and kind.tz is not None:
        chunks = pc.local_timestamp(chunks.cast(pa.timestamp("us", tz=timezone), safe=False))
    times = chunks.cast(pa.timestamp("us"), safe=False).to_numpy().astype(_TIMES)
    return times, far | (times < _FIRST) | (times > _LAST)


def _in_json(scalar: pa.Scalar) -> Any:
    """A value as JSON has it; not-a-number counts as missing."""
    try:
        value = scalar.as_py()
    except (ArithmeticError, ValueError, LookupError):
        # Times that Python does not have, in zones that nobody knows.
        return f"{getattr(scalar, 'value', '')} as {scalar.type}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
