"""Ibis's SQL for Spark, where it would not say what DuckDB's says."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_NTZ = dt.Timestamp()


class SparkCompiler(PySparkCompiler):  # type: ignore[misc]
    """Ibis's SQL for Spark, whose dates stay dates and whose times have no zone but their own.

    The session reads TIMESTAMP as a time without a zone (`spark.sql.timestampType`), as DuckDB.
    """

    def visit_DateTruncate(self, op: ops.DateTruncate, *, arg: Any, unit: Any) -> Any:  # noqa: N802
        """Spark's own gives a time."""
        return self.cast(super().visit_TimestampTruncate(op, arg=arg, unit=unit), dt.date)

    def visit_TimestampTruncate(  # noqa: N802 - Ibis's name
        self, op: ops.TimestampTruncate, *, arg: Any, unit: Any
    ) -> Any:
        """Spark's own gives a time with a zone."""
        return self.cast(super().visit_TimestampTruncate(op, arg=arg, unit=unit), _NTZ)

    def visit_TimestampFromYMDHMS(self, _op: Any, /, **parts: Any) -> Any:  # noqa: N802
        """Not in Ibis 12.0."""
        return self.f.make_timestamp_ntz(*parts.values())

    def visit_Hash(self, op: ops.Hash, *, arg: Any) -> Any:  # noqa: N802 - Ibis's name
        """64 bits, as DuckDB's; Ibis takes Spark's hash of 32.

        By themselves a struct's fields that are missing would leave no trace, nor where they are.
        """
        return self.f.xxhash64(self.f.to_json(arg) if op.arg.dtype.is_struct() else arg)
