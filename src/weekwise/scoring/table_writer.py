"""A table written batch by batch, as Parquet or CSV by its file's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from weekwise.errors import FeedError

ENDINGS = (".parquet", ".csv", ".csv.gz")


def ending(path: Path) -> str:
    """How a file's name ends.

    Raises:
        FeedError: If no table is written to such a file.
    """
    for known in ENDINGS:
        if path.name.lower().endswith(known):
            return known
    raise FeedError(f"{path.name} is of no kind that is written: end it in {', '.join(ENDINGS)}")


class TableWriter:
    """Writes a table; the file is there, with its columns, when it has no rows.

    Args:
        path: The file.
        schema: Its columns.

    Raises:
        FeedError: If its ending names no kind of file.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._path = path
        self._schema = schema
        self._kind = ending(path)

    def __enter__(self) -> TableWriter:
        if self._kind == ".parquet":
            import pyarrow.parquet as pq

            self._writer: Any = pq.ParquetWriter(self._path, self._schema, compression="zstd")
            return self
        from pyarrow import csv

        compression = "gzip" if self._kind == ".csv.gz" else None
        self._stream = pa.output_stream(str(self._path), compression=compression)
        options = csv.WriteOptions(quoting_style="needed")
        self._writer = csv.CSVWriter(self._stream, self._schema, write_options=options)
        return self

    def write(self, columns: Sequence[pa.Array]) -> None:
        """Write some rows.

        Args:
            columns: The columns in the schema's order, each of the same length.
        """
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        if self._kind != ".parquet":
            self._stream.close()
