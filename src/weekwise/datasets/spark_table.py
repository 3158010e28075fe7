"""Tables that Spark keeps: folders of Parquet files by week, exchanged whole or not at all."""

from __future__ import annotations

import posixpath
import threading
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from kedro_datasets.ibis import TableDataset

from weekwise.datasets.spark_files import Exchange, Files
from weekwise.datasets.stored_rows import as_rows, common_schema, fitted, refuse_absent
from weekwise.errors import ConfigurationError, StoreError
from weekwise.features.built_rows import WeekRows

if TYPE_CHECKING:
    from weekwise.datasets.spark_backend import Backend

PARTITION = "partition_week"
"""The column that folders are named by; it is no column of the table."""
SCHEMA = "_schema.json"
"""The file beside the folders that says what columns they have."""

_CONNECTING = threading.Lock()
_WRITING = threading.RLock()


class SparkTable(TableDataset):  # type: ignore[misc]
    """A table of Parquet files in the warehouse, one folder a week, read and written by Spark.

    A save writes new folders beside the table, and then puts them in the place of those they
    replace. A run that is killed meanwhile leaves the table as it was, or as it is to be: whoever
    opens it next ends an exchange that was begun. With `partition`, a save replaces just the folder
    of that week, so that running a week again doubles nothing. Columns and types that differ from
    the table's are brought together as `StoreTable` does it, for which the table is written again.

    Example in `catalog.yml`, where type and connection follow `engine` in `globals.yml`:

    ```yaml
    predictions:
      type: ${_table}
      table_name: predictions
      connection: ${_connection}
      partition: {as_of: 2024-07-01}
    ```
    """

    def __init__(
        self,
        *,
        table_name: str,
        connection: dict[str, Any],
        partition: dict[str, str] | None = None,
        schema: dict[str, str] | None = None,
        week_of: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Name a table.

        Args:
            table_name: Its name, and that of its folder.
            connection: `backend: weekwise_spark`, and the arguments of its `connect()`.
            partition: Column and value of the rows that a save replaces; without it, all.
            schema: Ibis types by column, for a table that may not be there yet.
            week_of: The column whose weeks the folders are; without it, and without `partition`,
                the table is one folder.
            **kwargs: Further arguments of `ibis.TableDataset`.

        Raises:
            ConfigurationError: If `partition` names more than one column.
        """
        super().__init__(table_name=table_name, connection=connection, **kwargs)
        if partition and len(partition) > 1:
            raise ConfigurationError(
                f"table {table_name} has partition {', '.join(partition)}; name one column"
            )
        self._partition = partition or {}
        self._schema = ibis.schema(schema) if schema else None
        self._week_of = week_of
        self._files = Files.of(str(connection["warehouse"]))
        self._exchange = Exchange(self._files, table_name)

    def open(self) -> None:
        """Start Spark, if this process has not yet.

        Raises:
            ConfigurationError: If it cannot be started.
        """
        _ = self._connection

    @property
    def _connection(self) -> Backend:
        with _CONNECTING:
            engine: Backend = super()._connection
        return engine

    def load(self) -> ibis.Table:
        """The table, or an empty one if it is not there yet and has a schema.

        Raises:
            StoreError: If it is not there, or lacks a column of its schema.
        """
        if not self._exists():
            if self._schema is not None:
                return ibis.memtable(self._schema.to_pyarrow().empty_table())
            raise StoreError(
                f"there is no table {self._table_name} in {self._files.root}; "
                "run the pipeline that makes it"
            )
        stored = self._stored()
        table = stored.drop(PARTITION) if PARTITION in stored.columns else stored
        refuse_absent(table, self._schema, f"{self._table_name} of the warehouse")
        return table

    def _stored(self) -> ibis.Table:
        """The table with the weeks that its folders are named by."""
        from pyspark.sql.types import StructType

        engine: Backend = self.connection
        said = self._files.read_json(posixpath.join(self._exchange.target, SCHEMA))
        reader = engine.session.read.schema(StructType.fromJson(said))
        rows = reader.parquet(self._files.url(self._exchange.target))
        return engine.view(rows, self._table_name)

    def save(self, data: ibis.Table | pd.DataFrame | WeekRows) -> None:
        """Replace the table, or its partition; of features all weeks are built on Spark."""
        rows = data.table if isinstance(data, WeekRows) else data
        rows = as_rows(rows, self.connection, self._schema)
        if PARTITION in rows.columns:
            raise StoreError(
                f"table {self._table_name} has a column {PARTITION}, which names its folders; "
                "rename it"
            )
        rows = self._in_weeks(rows)
        with _WRITING:
            if not (self._partition and self._exists()):
                self._write(rows)
                self._exchange.whole()
                return
            stored = self._stored()
            schema = common_schema(stored.schema(), rows.schema())
            if schema != stored.schema():
                others = stored.filter(stored[PARTITION] != self._week)
                self._write(fitted(others, schema).union(fitted(rows, schema)))
                self._exchange.whole()
                return
            staged = self._write(fitted(rows, schema))
            filled = self._files.folders(staged)
            self._exchange.partitions(filled, [f"{PARTITION}={self._week}"] if not filled else [])

    @property
    def _week(self) -> date:
        (value,) = self._partition.values()
        return date.fromisoformat(str(value)[:10])

    def _in_weeks(self, rows: ibis.Table) -> ibis.Table:
        if self._partition:
            return rows.mutate({PARTITION: ibis.literal(self._week)})
        if self._week_of is not None and self._week_of in rows.columns:
            return rows.mutate({PARTITION: rows[self._week_of].cast("date").truncate("W")})
        return rows

    def _write(self, rows: ibis.Table) -> str:
        """Write rows beside the table; what the folder is."""
        staged = self._exchange.prepare()
        untyped = {name: "int32" for name, kind in rows.schema().items() if kind.is_null()}
        frame = self.connection.frame(rows.cast(untyped) if untyped else rows)
        url, partitioned = self._files.url(staged), PARTITION in frame.columns
        if partitioned:
            # A folder has one file, or as many as its size asks for.
            frame.repartition(PARTITION).write.partitionBy(PARTITION).parquet(url)
        else:
            frame.write.parquet(url)
        self._files.write_json(posixpath.join(staged, SCHEMA), frame.schema.jsonValue())
        return staged

    def _exists(self) -> bool:
        with _WRITING:
            self._exchange.complete()
        return self._files.exists(posixpath.join(self._exchange.target, SCHEMA))

    def _describe(self) -> dict[str, Any]:
        # Spark's settings may hold secrets.
        return {
            "table_name": self._table_name,
            "warehouse": self._files.root,
            "partition": self._partition,
            "week_of": self._week_of,
        }
