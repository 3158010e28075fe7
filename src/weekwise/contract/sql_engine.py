"""The DuckDB that computes derived columns: in memory, alone, the same in runs and in the service.

DuckDB is imported by the first contract that has a derived column.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Small tables: starting threads costs more than they save, and rows keep their order.
    "threads": 1,
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
}
_local = threading.local()


def connection() -> duckdb.DuckDBPyConnection:
    """The calling thread's own connection."""
    found: duckdb.DuckDBPyConnection | None = getattr(_local, "connection", None)
    if found is None:
        found = _database().cursor()
        # Else the machine's zone decides what a time with an offset is.
        found.execute("SET TimeZone = 'UTC'")
        _local.connection = found
    return found


@cache
def _database() -> duckdb.DuckDBPyConnection:
    import duckdb

    return duckdb.connect(":memory:", config=_CONFIG)


def quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """A text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"
