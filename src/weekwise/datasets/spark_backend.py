"""Ibis's PySpark backend, with what it lacks for tables to be the same on Spark and on DuckDB.

Ibis finds it by the entry point `weekwise_spark` of the group `ibis.backends`, so that every
dataset of Kedro's that takes a `connection` can be on Spark.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.operations.udf import InputType

from weekwise.datasets.spark_compiler import SparkCompiler
from weekwise.datasets.spark_reading import csv_options, json_options, parquet_options
from weekwise.datasets.spark_session import spark_session
from weekwise.errors import ConfigurationError, FeedError
from weekwise.features.engines import OfRows

try:
    import pyspark.sql.types as pt
    from ibis.backends.pyspark import Backend as PySparkBackend
    from ibis.backends.pyspark.datatypes import PySparkType
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql.pandas.functions import pandas_udf
    from pyspark.sql.utils import is_remote
except ImportError as error:
    raise ConfigurationError(
        f"engine: spark needs PySpark, which is not installed ({error}); run: make spark, or "
        "install weekwise with its extra `spark`"
    ) from None

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["Backend"]

_ZONED = dt.Timestamp(timezone="UTC")


class Backend(PySparkBackend):  # type: ignore[misc]
    """Ibis's PySpark backend.

    Times without a zone stay so, whole numbers with gaps stay whole, rows go in and out as Arrow,
    and the words of DuckDB's readers of files are understood.
    """

    compiler = SparkCompiler()

    def do_connect(
        self,
        *,
        master: str | None = None,
        warehouse: str = "spark-warehouse",
        conf: Mapping[str, Any] | None = None,
    ) -> None:
        """Connect to the process's Spark session, which the first connection makes.

        Args:
            master: As in `spark-submit --master`; `sc://host:port` is Spark Connect.
            warehouse: Folder of the tables.
            conf: Any settings of Spark's.
        """
        self.warehouse = warehouse
        self._views = threading.RLock()
        super().do_connect(spark_session(master, conf or {}))

    @property
    def session(self) -> SparkSession:
        """The Spark session."""
        session: SparkSession = self._session
        return session

    def frame(self, expr: ibis.Table) -> DataFrame:
        """An expression as a Spark frame; nothing is computed yet."""
        self._run_pre_execute_hooks(expr)
        return self.session.sql(self.compile(expr))

    def view(self, frame: DataFrame, name: str) -> ibis.Table:
        """A Spark frame as a table of that name."""
        with self._views:
            frame.createOrReplaceTempView(name)
        return self.table(name)

    def get_schema(
        self, table_name: str, *, catalog: str | None = None, database: str | None = None
    ) -> ibis.Schema:
        """Ibis's own, which does not tell times with a zone from those without."""
        schema = super().get_schema(table_name, catalog=catalog, database=database)
        return schema if catalog or database else _schema_of(self._session.table(table_name))

    def _get_schema_using_query(self, query: str) -> ibis.Schema:
        return _schema_of(self._session.sql(query))

    def _register_udfs(self, expr: ibis.Expr) -> None:
        """Ibis's own calls a function of Arrow columns row by row, with plain values."""
        super()._register_udfs(expr)
        for function in expr.op().find(ops.ScalarUDF):
            if function.__input_type__ == InputType.PYARROW:
                gives = PySparkType.from_ibis(function.dtype)
                own = pandas_udf(_of_series(function), returnType=gives)
                self.session.udf.register(self.compiler.__sql_name__(function), own)

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        """As Arrow: by way of pandas whole numbers with gaps would become floats."""
        arrow = op.data.to_pyarrow(op.schema)
        fields = [pt.StructField(field.name, _spark_type(field.type)) for field in arrow.schema]
        rows = self._session.createDataFrame(arrow, schema=pt.StructType(fields))
        rows.createOrReplaceTempView(op.name)

    def to_pyarrow(
        self, expr: ibis.Expr, /, *, params: Any = None, limit: Any = None, **_: Any
    ) -> pa.Table:
        """The rows as Arrow; Ibis's own way goes through pandas."""
        table = expr.as_table()
        self._run_pre_execute_hooks(table)
        rows = self._session.sql(self.compile(table, params=params, limit=limit)).toArrow()
        return expr.__pyarrow_result__(_cast(rows, table.schema()))

    def to_pyarrow_batches(
        self,
        expr: ibis.Expr,
        /,
        *,
        params: Any = None,
        limit: Any = None,
        chunk_size: int = 1_000_000,
        **_: Any,
    ) -> pa.ipc.RecordBatchReader:
        """The rows in batches and in order, never all in memory: by way of Parquet files."""
        table = expr.as_table()
        self._run_pre_execute_hooks(table)
        rows = self._session.sql(self.compile(table, params=params, limit=limit))
        schema = table.schema()
        return pa.ipc.RecordBatchReader.from_batches(
            schema.to_pyarrow(), self._in_batches(rows, schema, chunk_size)
        )

    def _in_batches(
        self, rows: DataFrame, schema: ibis.Schema, size: int
    ) -> Iterable[pa.RecordBatch]:
        from weekwise.datasets.spark_files import Files

        files = Files.of(self.warehouse)
        folder = files.scratch()
        try:
            rows.write.parquet(files.url(folder))
            for path in files.parquet(folder):
                with files.fs.open(path, "rb") as file:
                    for batch in pq.ParquetFile(file).iter_batches(batch_size=size):
                        yield from _cast(pa.Table.from_batches([batch]), schema).to_batches()
        finally:
            files.remove(folder)

    def mapped(self, expr: ibis.Table, compute: OfRows) -> pd.DataFrame:
        """What a function makes of the rows, computed by the workers, in the rows' order.

        Args:
            expr: The rows.
            compute: Sent to each worker once. Of no rows it makes a frame of the types.
        """
        none = expr.schema().to_pyarrow().empty_table().to_pandas()
        schema = pa.Schema.from_pandas(compute(none), preserve_index=False).remove_metadata()
        shared = _Plain(compute) if is_remote() else self.session.sparkContext.broadcast(compute)

        def of_batches(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
            for batch in batches:
                made = shared.value(pa.Table.from_batches([batch]).to_pandas())
                yield from pa.Table.from_pandas(made, schema, preserve_index=False).to_batches()

        fields = [pt.StructField(field.name, _spark_type(field.type)) for field in schema]
        rows = self.frame(expr).mapInArrow(of_batches, pt.StructType(fields))
        frame: pd.DataFrame = rows.toArrow().to_pandas()
        return frame

    def _create_cached_table(self, name: str, expr: ibis.Table) -> ibis.Table:
        """Ibis's own, for tables that are computed from some in memory or by functions too."""
        rows = self.frame(expr).cache()
        rows.createTempView(name)
        self._cached_dataframes[name] = rows
        return self.table(name)

    def _drop_cached_table(self, name: str) -> None:
        """Ibis's own; where Spark has ended before the table, there is nothing left to drop."""
        with suppress(OSError, Py4JError):
            super()._drop_cached_table(name)

    def create_table(self, name: str, /, obj: Any = None, **_: Any) -> ibis.Table:
        """A view of what a table is computed from: tables that last are `SparkTable`'s.

        Args:
            name: The view's name.
            obj: A table or a frame.
        """
        return self.view(
            self.frame(obj if isinstance(obj, ibis.Table) else ibis.memtable(obj)), name
        )

    def drop_table(self, name: str, /, **_: Any) -> None:
        """Drop a view; others that are made of it stay as they are."""
        self.session.catalog.dropTempView(name)

    def read_parquet(
        self, path: Any, /, *, table_name: str | None = None, **options: Any
    ) -> ibis.Table:
        """Ibis's own, with DuckDB's words for how files lie."""
        told = parquet_options(str(path), options)
        with _readable(path):
            return super().read_parquet(path, table_name=table_name, **told)

    def read_csv(
        self, paths: Any, /, *, table_name: str | None = None, **options: Any
    ) -> ibis.Table:
        """Ibis's own, with DuckDB's words for how a file is written."""
        with _readable(paths):
            return super().read_csv(paths, table_name=table_name, **csv_options(options))

    def read_json(
        self, paths: Any, /, *, table_name: str | None = None, **options: Any
    ) -> ibis.Table:
        """Ibis's own, with DuckDB's words for how a file is written."""
        with _readable(paths):
            return super().read_json(paths, table_name=table_name, **json_options(options))


@dataclass(frozen=True)
class _Plain:
    """What Spark Connect sends with each task, since it has no broadcasts."""

    value: OfRows


def _of_series(function: ops.ScalarUDF) -> Any:
    """A function of Arrow columns as one of pandas' series, which is what Spark 4.0 calls."""
    compute = function.__func__
    kinds = [argument.dtype.to_pyarrow() for argument in function.args]

    def computed(*columns: pd.Series) -> pd.Series:
        given = [
            pa.chunked_array([pa.Array.from_pandas(column, type=kind)])
            for column, kind in zip(columns, kinds, strict=True)
        ]
        made: pd.Series = compute(*given).to_pandas(date_as_object=True)
        return made

    return computed


@contextmanager
def _readable(path: Any) -> Iterator[None]:
    """What Spark cannot read is told in a line."""
    try:
        yield
    except PySparkException as error:
        reason = str(error).split("\n", maxsplit=1)[0].strip()
        raise FeedError(
            f"{path} cannot be read by Spark: {reason} Check filepath and load_args in catalog.yml."
        ) from error


def _schema_of(frame: DataFrame) -> ibis.Schema:
    """A frame's columns; times have microseconds, as in DuckDB, and a zone if they are moments."""
    types = {field.name: PySparkType.to_ibis(field.dataType) for field in frame.schema.fields}
    for field in frame.schema.fields:
        if isinstance(field.dataType, pt.TimestampNTZType):
            types[field.name] = dt.Timestamp(scale=6)
        elif isinstance(field.dataType, pt.TimestampType):
            types[field.name] = _ZONED
    return ibis.schema(types)


def _spark_type(kind: pa.DataType) -> pt.DataType:
    """Spark's type for Arrow's; times without a zone stay so."""
    from pyspark.sql.pandas.types import from_arrow_type

    return from_arrow_type(kind, prefer_timestamp_ntz=True)


def _cast(rows: pa.Table, schema: ibis.Schema) -> pa.Table:
    """Rows in the types that Ibis expects; Spark has no unsigned numbers and no other precision."""
    target = schema.to_pyarrow()
    return rows if rows.schema == target else rows.rename_columns(target.names).cast(target)
