"""A table of another DuckDB file, read where it is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import ibis

from weekwise.contract.sql_engine import text_literal
from weekwise.datasets.store_table import StoreTable
from weekwise.errors import FeedError


class AttachedTableDataset(StoreTable):
    """A table of a DuckDB file, read-only, on the store's own connection.

    Example in `catalog.yml`:

    ```yaml
    feed:
      type: weekwise.datasets.attached_table.AttachedTableDataset
      filepath: shop.duckdb
      table_name: orders
      connection: ${_store}
    ```
    """

    def __init__(
        self, *, filepath: str, table_name: str, connection: dict[str, Any], **kwargs: Any
    ) -> None:
        """Name a table.

        Args:
            filepath: The DuckDB file.
            table_name: The table in it.
            connection: That of the store: Ibis's `backend` and the arguments of its `connect()`.
            **kwargs: Further arguments of `ibis.TableDataset`.
        """
        super().__init__(table_name=table_name, connection=connection, **kwargs)
        self._path = Path(filepath)
        self._alias = "feed_" + hashlib.sha256(str(self._path.absolute()).encode()).hexdigest()[:12]

    def load(self) -> ibis.Table:
        """The table.

        Raises:
            FeedError: If the file cannot be read, or has no such table.
        """
        self._attach()
        return self.connection.table(self._table_name, database=(self._alias, "main"))

    def save(self, data: Any) -> None:  # noqa: ARG002 - Kedro's own signature
        """Refuse: the file belongs to somebody else.

        Raises:
            FeedError: Always.
        """
        raise FeedError(f"{self._path} is read only; save to a table of the store")

    def _attach(self) -> None:
        if not self._path.is_file():
            raise FeedError(f"there is no file {self._path}; check filepath in catalog.yml")
        # Attached for every thread's cursor, once.
        path = text_literal(str(self._path.absolute()))
        try:
            self.connection.raw_sql(f"ATTACH IF NOT EXISTS {path} AS {self._alias} (READ_ONLY)")
        except duckdb.Error as error:
            raise FeedError(
                f"{self._path} cannot be opened: {str(error).splitlines()[0]}; end the process "
                "that writes to it, and run again"
            ) from error

    def _exists(self) -> bool:
        if not self._path.is_file():
            return False
        self._attach()
        tables = self.connection.list_tables(database=(self._alias, "main"))
        return self._table_name in tables

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "filepath": str(self._path)}
