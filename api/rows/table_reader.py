"""Batches as Arrow or Parquet tables: columns are checked as they are, without values of Python."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from api.http.exceptions import FieldFault, Malformed, TooLarge, TooManyRows
from api.rows.batch_reader import BatchReader, CheckedBatch, checked_batch
from api.rows.cancel_flag import CancelFlag
from api.rows.columns import CheckedColumn, check_array, check_column
from api.rows.refusals import Refusals
from weekwise.contract.column import Column

if TYPE_CHECKING:
    import pyarrow as pa

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
_MOST_BYTES = 512 * 1024 * 1024
_TIMES = "datetime64[us]"
_DAYS = "datetime64[D]"
_ROWS_A_CHECK = 64


@dataclass(frozen=True)
class TableReader:
    """Reads tables of rows of one contract.

    Attributes:
        batches: The reader of the same rows in JSON.
    """

    batches: BatchReader

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
        table = self._table(body, kind)
        reader = self.batches.row_reader
        unknown = [name for name in table.column_names if name not in reader.contract.inputs]
        if unknown or len(set(table.column_names)) < len(table.column_names):
            raise Malformed(
                f"The table has columns that the model does not take, or twice: "
                f"{', '.join(map(repr, (unknown or table.column_names)[:5]))}. Leave them out."
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
                {name: _in_json(table[name][place].as_py()) for name in table.column_names},
                hint=refusals.hint,
            )
            if isinstance(row, list):
                faults[place] = refusals.add(place, row)
                continue
            for name, checked in columns.items():
                checked.put(place, row[name])
        return checked_batch(columns, faults, table.num_rows, 0, refusals)

    def _table(self, body: bytes, kind: str) -> pa.Table:
        import pyarrow as pa

        parts, rows = [], 0
        try:
            for part in _parquet(body) if kind == PARQUET else _stream(body):
                rows += part.num_rows
                if rows > self.batches.max_rows:
                    raise TooManyRows(
                        f"The table has more than {self.batches.max_rows:,} rows; send fewer."
                    )
                parts.append(part)
            return pa.Table.from_batches(parts) if parts else pa.table({})
        except (pa.ArrowException, OSError, ValueError) as error:
            raise Malformed(f"The table cannot be read: {str(error)[:200]}.") from None


def _stream(body: bytes) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    with pa.ipc.open_stream(body) as stream:
        yield from stream


def _parquet(body: bytes) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(pa.BufferReader(body))
    groups = range(file.metadata.num_row_groups)
    if sum(file.metadata.row_group(group).total_byte_size for group in groups) > _MOST_BYTES:
        raise TooLarge("The table is too large when it is unpacked; send less at once.")
    yield from file.iter_batches(use_threads=False)


def _checked(column: Column, table: pa.Table, name: str, timezone: str) -> CheckedColumn:
    """A column of a table, checked; one that is not there is missing in all rows."""
    if name not in table.column_names:
        return check_column(column, [None] * table.num_rows)
    chunks = table[name]
    array = _array(column, chunks, timezone)
    if array is None:
        checked = check_column(column, [_in_json(value) for value in chunks.to_pylist()])
        checked.suspect[:] = True
        return checked
    return check_array(column, array)


def _array(column: Column, chunks: pa.ChunkedArray, timezone: str) -> Any:
    """The values as the service has them; none if their type does not fit."""
    import pyarrow as pa

    facts, kind = column.type.facts, chunks.type
    if pa.types.is_dictionary(kind):
        chunks, kind = chunks.cast(kind.value_type), kind.value_type
    if facts.textual:
        is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        return chunks.to_numpy() if is_text else None
    if facts.boolean:
        is_fit = pa.types.is_boolean(kind)
        return chunks.cast(pa.uint8()).cast(pa.float64()).to_numpy() if is_fit else None
    if facts.numeric:
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            return None
        return chunks.cast(pa.float64(), safe=False).to_numpy()
    return _times(chunks, timezone, whole=facts.whole)


def _times(chunks: pa.ChunkedArray, timezone: str, *, whole: bool) -> Any:
    """Times on the clock of a zone; none if they are none, or no whole days where they must be."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = chunks.type
    if not (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return None
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        chunks = pc.local_timestamp(chunks.cast(pa.timestamp("us", tz=timezone), safe=False))
    times = chunks.cast(pa.timestamp("us"), safe=False).to_numpy().astype(_TIMES)
    present = times[~np.isnat(times)]
    is_fit = not whole or (present.astype(_DAYS).astype(_TIMES) == present).all()
    return times if is_fit else None


def _in_json(value: Any) -> Any:
    """A value as JSON has it; not-a-number counts as missing."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
