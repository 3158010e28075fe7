"""The body of a table, unpacked no further than its limit.

A table can become far more than its body: buffers are compressed, text stands once in a dictionary
and is meant many times, one type holds rows without a byte. So types that no column has are refused
before anything is read, and sizes are known before anything is made of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from api.http.exceptions import Malformed, TooLarge, TooManyRows

if TYPE_CHECKING:
    import pyarrow as pa

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"

_ROWS_A_PIECE = 1024
_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3
"""Kinds of messages, https://github.com/apache/arrow/blob/main/format/Message.fbs."""


def table_of(
    body: bytes, kind: str, *, inputs: Sequence[str], max_rows: int, max_bytes: int
) -> pa.Table:
    """The table of a body.

    Args:
        body: The body.
        kind: Its media type.
        inputs: Names of the columns that it may have.
        max_rows: The most rows that it may have.
        max_bytes: The most bytes that it may become.

    Raises:
        Malformed: If it cannot be read, or has other columns, or columns without single values.
        TooManyRows: If it has more rows.
        TooLarge: If it becomes larger.
    """
    import pyarrow as pa

    parts, rows = [], 0
    try:
        pieces = _parquet(body, inputs, max_rows, max_bytes)
        for part in pieces if kind == PARQUET else _stream(body, inputs, max_bytes):
            rows += part.num_rows
            _refuse_rows(rows, max_rows)
            # Text that is none, and places outside of a buffer or a dictionary.
            part.validate(full=True)
            parts.append(part)
        table = pa.Table.from_batches(parts) if parts else pa.table({})
        if sum(_text_bytes(chunk) for column in table.columns for chunk in column.chunks) > (
            max_bytes
        ):
            raise _too_large(max_bytes)
    except (pa.ArrowException, OSError, ValueError, struct.error) as error:
        raise Malformed(f"The table cannot be read: {str(error)[:200]}.") from None
    return table


def value_type(kind: pa.DataType) -> pa.DataType:
    """The type of a column's values, which may stand in a dictionary.

    Args:
        kind: The column's type.
    """
    import pyarrow as pa

    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _stream(body: bytes, inputs: Sequence[str], max_bytes: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    with pa.ipc.open_stream(body) as stream:
        _refuse_columns(stream.schema, inputs)
        if _stream_bytes(body) > max_bytes:
            raise _too_large(max_bytes)
        yield from stream


def _parquet(
    body: bytes, inputs: Sequence[str], max_rows: int, max_bytes: int
) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = pa.BufferReader(body)
    metadata = pq.read_metadata(source)
    schema = metadata.schema.to_arrow_schema()
    _refuse_columns(schema, inputs)
    _refuse_rows(metadata.num_rows, max_rows)
    groups = range(metadata.num_row_groups)
    if sum(metadata.row_group(group).total_byte_size for group in groups) > max_bytes:
        raise _too_large(max_bytes)
    # Text that is repeated stays in its dictionary.
    texts = [field.name for field in schema if _is_bytes(value_type(field.type))]
    file = pq.ParquetFile(source, metadata=metadata, read_dictionary=texts)
    for piece in file.iter_batches(_ROWS_A_PIECE, use_threads=False):
        if piece.nbytes > max_bytes:
            raise _too_large(max_bytes)
        yield piece


def _refuse_columns(schema: pa.Schema, inputs: Sequence[str]) -> None:
    """Refuse columns that the model does not take, or that cannot hold what a row has."""
    names, known = schema.names, set(inputs)
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) < len(names):
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        raise Malformed(
            "The table has columns that the model does not take, or twice: "
            f"{', '.join(map(repr, (unknown or twice)[:5]))}. Leave them out."
        )
    for field in schema:
        if not _is_plain(value_type(field.type)):
            raise Malformed(
                f"The table's column {field.name!r} is of the type {str(field.type)[:80]}; send "
                "text, numbers, truth values, dates or times."
            )


def _is_plain(kind: pa.DataType) -> bool:
    """Whether values of a type are single ones, each of a few bytes or of its own text."""
    from pyarrow import types

    return any(
        fits(kind)
        for fits in (
            *(types.is_null, types.is_boolean, types.is_integer, types.is_floating),
            *(types.is_decimal, types.is_date, types.is_time, types.is_timestamp),
            *(types.is_duration, _is_bytes),
        )
    )


def _is_bytes(kind: pa.DataType) -> bool:
    from pyarrow import types

    return any(
        fits(kind)
        for fits in (
            *(types.is_string, types.is_large_string, types.is_string_view),
            *(types.is_binary, types.is_large_binary, types.is_binary_view),
        )
    )


def _text_bytes(values: pa.Array) -> int:
    """How many bytes the text of a valid array has, each time that it is meant."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(values.type):
        if not _is_bytes(values.type.value_type):
            return 0
        sizes = _sizes(values.dictionary)
        places = values.indices.drop_null().to_numpy(zero_copy_only=False)
        return int(sizes[places].sum())
    if not _is_bytes(values.type):
        return 0
    if _is_view(values.type):
        present = pc.is_valid(values).to_numpy(zero_copy_only=False)
        return int(_sizes(values)[present].sum())
    return int(pc.sum(pc.binary_length(values)).as_py() or 0)


def _is_view(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_string_view(kind) or types.is_binary_view(kind))


def _sizes(values: pa.Array) -> Any:
    """How many bytes each text has; what stands where there is none means nothing."""
    import pyarrow.compute as pc

    if not len(values):
        return np.zeros(0, dtype=np.int64)
    if _is_view(values.type):
        # Of the 16 bytes of a view, the first four are the size.
        views = np.frombuffer(values.buffers()[1], dtype="<i4")[::4]
        return views[values.offset : values.offset + len(values)].astype(np.int64)
    return pc.fill_null(pc.binary_length(values), 0).to_numpy().astype(np.int64)


def _stream_bytes(body: bytes) -> int:
    """How many bytes the messages of a stream become."""
    import pyarrow as pa

    size = 0
    reader = pa.ipc.MessageReader.open_stream(body)
    for message in _messages(reader):
        size += _message_bytes(message.metadata.to_pybytes(), message.body)
    return size


def _messages(reader: pa.ipc.MessageReader) -> Iterator[pa.ipc.Message]:
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            return


def _message_bytes(head: bytes, body: pa.Buffer | None) -> int:
    """How many bytes the body of a message becomes, which its FlatBuffer says.

    pyarrow has no other way to learn it, and makes as much room as is said before it unpacks.
    """
    if body is None:
        return 0
    message = _u32(head, 0)
    kind = _field(head, message, 1)
    place = _field(head, message, 2)
    if kind is None or place is None or head[kind] not in (_DICTIONARY_BATCH, _RECORD_BATCH):
        return 0
    batch = place + _u32(head, place)
    if head[kind] == _DICTIONARY_BATCH:
        data = _field(head, batch, 1)
        if data is None:
            return 0
        batch = data + _u32(head, data)
    buffers = _field(head, batch, 2)
    if _field(head, batch, 3) is None or buffers is None:
        return int(body.size)
    vector = buffers + _u32(head, buffers)
    places = np.frombuffer(head, "<i8", 2 * _u32(head, vector), vector + 4).reshape(-1, 2)
    packed = memoryview(body)
    return sum(_unpacked_bytes(packed, *place) for place in places.tolist())


def _unpacked_bytes(packed: memoryview, start: int, size: int) -> int:
    """How many bytes a compressed buffer becomes: the number before it, or -1 for as it is."""
    if size <= 0:
        return 0
    (unpacked,) = struct.unpack_from("<q", packed, start)
    return int(max(unpacked, size))


def _field(head: bytes, table: int, number: int) -> int | None:
    """Where a field of a FlatBuffer's table is (https://flatbuffers.dev/internals/)."""
    (back,) = struct.unpack_from("<i", head, table)
    places = table - back
    slot = 4 + 2 * number
    if slot >= struct.unpack_from("<H", head, places)[0]:
        return None
    (offset,) = struct.unpack_from("<H", head, places + slot)
    return table + offset if offset else None


def _u32(head: bytes, place: int) -> int:
    return int(struct.unpack_from("<I", head, place)[0])


def _refuse_rows(rows: int, max_rows: int) -> None:
    if rows > max_rows:
        raise TooManyRows(f"The table has more than {max_rows:,} rows; send fewer.")


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"The table has more than {max_bytes:,} bytes when it is unpacked; send less at once."
    )
