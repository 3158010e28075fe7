"""Tables in the store, written whole or not at all."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import sqlglot.expressions as sge
from ibis import BaseBackend
from ibis.expr.operations import DatabaseTable
from kedro_datasets.ibis import TableDataset

from weekwise.datasets.stored_rows import as_rows, common_schema, fitted, refuse_absent
from weekwise.datasets.week_rows import replace_weeks
from weekwise.errors import ConfigurationError, StoreError, StoreInUseError
from weekwise.features.built_rows import WeekRows
from weekwise.files import moved_aside
from weekwise.system_errors import RESTORE, explained, first_lines, is_damaged

# Kedro's datasets share a connection, but make it unguarded: two threads that begin at once would
# each have their own, and a transaction could begin on one and end on the other.
_CONNECTING = threading.Lock()
_WRITING = threading.RLock()
SPARK = "weekwise_spark"
"""The backend whose tables are `SparkTable`'s."""

logger = logging.getLogger(__name__)


class StoreTable(TableDataset):  # type: ignore[misc]
    """A table of the store: Kedro's `ibis.TableDataset` with transactions and partitions.

    A save happens in one transaction, so a run that is killed leaves the table as it was. With
    `partition`, a save replaces just the rows of that partition, however many, so that
    running one week again doubles nothing and leaves nothing behind. A column that the rows have
    and the table has not is added, one that they lack stays, and one that is of another type now
    gets a type that holds both. With `schema`, a table that
    is not there yet loads as an empty one.

    Example in `catalog.yml`:

    ```yaml
    predictions:
      type: weekwise.datasets.store_table.StoreTable
      table_name: predictions
      connection: {backend: duckdb, database: data/weekwise.duckdb}
      partition: {as_of: 2024-07-01}
      schema: {as_of: date, shop: string, probability: float64}
    ```
    """

    def __init__(
        self,
        *,
        table_name: str,
        connection: dict[str, Any],
        partition: dict[str, str] | None = None,
        schema: dict[str, str] | None = None,
        week_of: str | None = None,  # noqa: ARG002 - of engines whose tables are folders
        **kwargs: Any,
    ) -> None:
        """Name a table.

        Args:
            table_name: Its name in the store.
            connection: Ibis's `backend` and the arguments of its `connect()`.
            partition: Column and value of the rows that a save replaces; without it, all.
            schema: Ibis types by column, for a table that may not be there yet.
            week_of: Of no use here; an entry is the same for `SparkTable`, which is by week.
            **kwargs: Further arguments of `ibis.TableDataset`.

        Raises:
            ConfigurationError: If the connection is Spark's.
        """
        if connection["backend"] == SPARK:
            raise ConfigurationError(
                f"table {table_name} is DuckDB's, and the engine is spark; let its entry in "
                "catalog.yml say type: ${_table}, or connection: ${_store} to leave it where it is"
            )
        save_args = {"materialized": "table", **kwargs.pop("save_args", {})}
        super().__init__(
            table_name=table_name, connection=connection, save_args=save_args, **kwargs
        )
        self._partition = partition or {}
        self._schema = ibis.schema(schema) if schema else None

    @property
    def has_lock(self) -> bool:
        """Whether the store serves one process at a time."""
        database = self._connection_config.get("database")
        return self._connection_config["backend"] == "duckdb" and bool(database)

    def open(self) -> None:
        """Open the store, which this process then holds.

        Raises:
            StoreError: If another process has it, or it cannot be opened.
        """
        _ = self._connection

    @property
    def _connection(self) -> BaseBackend:
        with _CONNECTING:
            return super()._connection

    def _connect(self) -> BaseBackend:
        if self._connection_config["backend"] != "duckdb":
            return super()._connect()
        from weekwise.datasets.threaded_duckdb import ThreadedDuckDB

        options = {k: v for k, v in self._connection_config.items() if k != "backend"}
        database = options.get("database")
        try:
            if database:
                _make(Path(database))
            return ThreadedDuckDB().connect(**options)
        except duckdb.Error as error:
            raise _plain(database, error) from error

    def load(self) -> ibis.Table:
        """The table, or an empty one if it is not there yet and has a schema.

        Raises:
            StoreError: If it lacks a column of its schema.
        """
        if self._schema is not None and not self._exists():
            return ibis.memtable(self._schema.to_pyarrow().empty_table())
        table = super().load()
        refuse_absent(table, self._schema, f"{self._table_name} of the store")
        return table

    def save(self, data: ibis.Table | pd.DataFrame | WeekRows) -> None:
        """Replace the table, its partition or the weeks that were built, in one transaction."""
        if isinstance(data, WeekRows):
            rows = as_rows(data.table, self.connection, self._schema)
            with self._transaction():
                replace_weeks(self.connection, self._table_name, rows, data)
            return
        table = as_rows(data, self.connection, self._schema)
        with self._transaction():
            if self._partition and self._exists():
                self._replace_partition(table)
            else:
                self.connection.create_table(self._table_name, table, overwrite=True)

    def _replace_partition(self, rows: ibis.Table) -> None:
        table = self.connection.table(self._table_name)
        same = ibis.and_(
            *(
                table[name] == ibis.literal(value).cast(table[name].type())
                for name, value in self._partition.items()
            )
        )
        if table.schema() == rows.schema() and not self._reads_itself(rows):
            self._delete_partition(table)
            self.connection.insert(self._table_name, rows)
            return
        schema = common_schema(table.schema(), rows.schema())
        # The union reads the table it replaces: Ibis fills the new one before it drops the old.
        replaced = fitted(table.filter(~same), schema).union(fitted(rows, schema))
        self.connection.create_table(self._table_name, replaced, overwrite=True)

    def _reads_itself(self, rows: ibis.Table) -> bool:
        return any(table.name == self._table_name for table in rows.op().find(DatabaseTable))

    def _delete_partition(self, table: ibis.Table) -> None:
        """Delete the partition's rows where they are: the other weeks are not written again."""
        compiler, kinds = self.connection.compiler, table.schema()
        wheres = [
            sge.EQ(
                this=sge.column(name, quoted=True),
                expression=sge.cast(
                    sge.convert(str(value)), compiler.type_mapper.from_ibis(kinds[name])
                ),
            )
            for name, value in self._partition.items()
        ]
        statement = sge.Delete(
            this=sge.table_(self._table_name, quoted=True), where=sge.Where(this=sge.and_(*wheres))
        )
        self.connection.raw_sql(statement.sql(dialect=compiler.dialect))

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        if self.connection.name != "duckdb":
            yield
            return
        # DuckDB refuses what two transactions change at once, its list of tables included.
        with _WRITING:
            self.connection.raw_sql("BEGIN TRANSACTION")
            try:
                yield
            except BaseException:
                with contextlib.suppress(duckdb.TransactionException):
                    # DuckDB has rolled back by itself after some errors; that one is to be seen.
                    self.connection.raw_sql("ROLLBACK")
                raise
            self.connection.raw_sql("COMMIT")

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "partition": self._partition}


def _make(store: Path) -> None:
    """Make the file of a store, complete or not at all, where there is none.

    Whoever is killed while DuckDB makes a file leaves one that never opens.
    """
    if store.exists():
        return
    store.parent.mkdir(parents=True, exist_ok=True)
    log = store.with_name(f"{store.name}.wal")
    if log.exists():
        # Of a store that was deleted: the new one must not read it.
        logger.warning("%s belongs to no store; it is at %s now", log, moved_aside(log))
    hidden = store.with_name(f".{store.name}.{os.getpid()}")
    try:
        duckdb.connect(str(hidden)).close()
        # A link is refused where another process was first; a renaming would take its store away.
        with contextlib.suppress(FileExistsError):
            store.hardlink_to(hidden)
    finally:
        hidden.unlink(missing_ok=True)


def _plain(database: object, error: duckdb.Error) -> Exception:
    """What DuckDB says when it cannot open a store, in a sentence."""
    text = str(error)
    if "lock" in text.lower():
        holder = re.search(r"PID (\d+)", text)
        process = f"process {holder[1]}" if holder else "another process"
        return StoreInUseError(
            f"the store {database} is in use by {process}; "
            "wait for that run to end, or end it, and run again"
        )
    if is_damaged(error):
        return StoreError(f"the store {database} is damaged ({first_lines(error)}); {RESTORE}")
    return explained(error) or error
