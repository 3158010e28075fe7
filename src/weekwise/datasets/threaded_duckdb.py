"""The store's embedded engine, usable from many threads."""

from __future__ import annotations

import threading

import duckdb
from ibis.backends.duckdb import Backend


class ThreadedDuckDB(Backend):  # type: ignore[misc]
    """Ibis's DuckDB backend with a cursor for each thread.

    A DuckDB connection serves one thread at a time, and Kedro's Ibis datasets share one; under
    `kedro run --runner ThreadRunner` they would meet on it. Cursors of one connection see the same
    database, and each has transactions of its own. See
    https://duckdb.org/docs/stable/guides/python/multiple_threads
    """

    name = "duckdb"

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """This thread's cursor."""
        cursor: duckdb.DuckDBPyConnection | None = getattr(self._cursors, "own", None)
        if cursor is None:
            cursor = self._cursors.own = self._first.cursor()
            # What Ibis sets on its one connection; a cursor begins with DuckDB's own settings.
            cursor.execute("SET TimeZone = 'UTC'")
            cursor.execute("SET python_enable_replacements = false")
        return cursor

    @con.setter
    def con(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._first = connection
        self._cursors = threading.local()
        self._cursors.own = connection
