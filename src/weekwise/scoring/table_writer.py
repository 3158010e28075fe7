"""A table written batch by batch, as Parquet or CSV by its file's name."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
    """Writes a table in a thread; the file is there, with its columns, when it has no rows.

    The thread writes one batch while the next one is made, and never more than one.

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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._written: Future[None] | None = None

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
        """Write some rows, after those before.

        Args:
            columns: The columns in the schema's order, each of the same length.

        Raises:
            OSError: If the rows before could not be written.
        """
        self._wait()
        batch = pa.RecordBatch.from_arrays(columns, schema=self._schema)
        self._written = self._thread.submit(self._writer.write_batch, batch)

    def _wait(self) -> None:
        written, self._written = self._written, None
        if written is not None:
            written.result()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._wait()
        finally:
            # What is being written comes to its end first.
            self._thread.shutdown()
            self._close()

    def _close(self) -> None:
        self._writer.close()
        if self._kind != ".parquet":
            self._stream.close()
