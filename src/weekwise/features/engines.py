"""What the engines that compute features do each in their own way.

Ibis writes one expression in the SQL of each. What it has no expression for, or what is no matter
of SQL, stands here, engine by engine; nothing else asks which one a table is on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import ibis
import pandas as pd

from weekwise.features.local_time import whole_times
from weekwise.read_ahead import read_ahead

if TYPE_CHECKING:
    import pyarrow as pa

OfRows: TypeAlias = Callable[[pd.DataFrame], pd.DataFrame]
"""A function of a frame of rows, which makes of each row what it makes of it alone."""

BATCH_ROWS = 100_000
"""Rows that are in memory at once where a function is computed here."""


# Functions of the engines' own, for which Ibis has no expression.
@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="timezone", signature=(("string", "timestamp('UTC')"), "timestamp")
)
def _timezone(zone: str, moment: datetime) -> datetime:  # type: ignore[empty-body]
    """DuckDB's: the clock of a zone at a moment."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="convert_timezone", signature=(("string", "string", "timestamp('UTC')"), "timestamp")
)
def _convert_timezone(source: str, zone: str, moment: datetime) -> datetime:  # type: ignore[empty-body]
    """Spark's: the clock of a zone at what the clock of another shows."""


@ibis.udf.scalar.builtin(  # type: ignore[untyped-decorator]
    name="to_timestamp_ltz", signature=(("string",), "timestamp('UTC')")
)
def _to_timestamp_ltz(text: str) -> datetime:  # type: ignore[empty-body]
    """Spark's: the moment that a time with an offset names."""


@ibis.udf.scalar.pyarrow(signature=(("float64",), "string"))  # type: ignore[untyped-decorator]
def _float_text(numbers: pa.ChunkedArray) -> pa.Array:
    """The shortest text of each number, as DuckDB has it; Java writes others."""
    import pyarrow as pa

    return pa.array([None if n is None else repr(n) for n in numbers.to_pylist()], pa.string())


def _mapped_in_batches(table: ibis.Table, compute: OfRows) -> pd.DataFrame:
    batches = table.to_pyarrow_batches(chunk_size=BATCH_ROWS)
    frames = read_ahead(batch.to_pandas() for batch in batches if batch.num_rows)
    made = [compute(frame) for frame in frames]
    return pd.concat(made, ignore_index=True) if made else compute(frame_of(table.limit(0)))


@dataclass(frozen=True)
class Engine:
    """What features need to know of an Ibis backend.

    Attributes:
        keeps_order: Whether a table has its rows in the order they were written in.
        local_clock: The clock of a zone at moments, from the zone's name and a column of moments.
        moments: Moments from a column of text with offsets.
        reused: A table that an expression takes several times, so that it is computed once; DuckDB
            sees that by itself.
        float_text: Numbers as text, the same on every engine: keys are made of it.
        native: A table as the engine's own frame, for tools that ask the engine themselves.
        mapped: What a function makes of a table's rows, where the engine's own processes are.
    """

    keeps_order: bool
    local_clock: Callable[[str, ibis.Column], ibis.Column]
    moments: Callable[[ibis.Column], ibis.Column]
    reused: Callable[[ibis.Table], ibis.Table] = lambda table: table
    float_text: Callable[[ibis.Column], ibis.Column] = lambda numbers: numbers.cast("string")
    native: Callable[[ibis.Table], Any] = lambda _: None
    mapped: Callable[[ibis.Table, OfRows], pd.DataFrame] = _mapped_in_batches


ENGINES: Mapping[str, Engine] = MappingProxyType(
    {
        "duckdb": Engine(
            keeps_order=True,
            local_clock=_timezone,
            moments=lambda text: whole_times(text, "\\").cast("timestamp('UTC')"),
        ),
        "pyspark": Engine(
            keeps_order=False,
            local_clock=lambda zone, moments: _convert_timezone("UTC", zone, moments),
            moments=lambda text: _to_timestamp_ltz(whole_times(text, "$")),
            reused=lambda table: table.cache(),
            float_text=lambda numbers: _float_text(numbers.cast("float64")),
            native=lambda table: table.get_backend().frame(table),
            mapped=lambda table, compute: table.get_backend().mapped(table, compute),
        ),
    }
)
"""The Ibis backends that compute features: those a store can be on."""


def engine_of(table: ibis.Table) -> Engine:
    """What is known of the engine that a table is on."""
    return ENGINES[table.get_backend().name]


def keeps_order(table: ibis.Table) -> bool:
    """Whether a table has its rows in the order they were written in.

    Args:
        table: The table. Of an engine that no features are computed on nothing is known: its rows
            are taken as they come.
    """
    engine = ENGINES.get(table.get_backend().name)
    return engine is None or engine.keeps_order


def in_order(table: ibis.Table, names: Collection[str]) -> ibis.Table:
    """A table that was written in the order of some columns, in that order.

    Args:
        table: The table.
        names: The columns.
    """
    return table if keeps_order(table) else table.order_by(*names)


def reused(table: ibis.Table) -> ibis.Table:
    """A table that is taken several times, computed once.

    Args:
        table: The table; on Spark it is kept, in memory and on disk, as long as something takes it.
    """
    return engine_of(table).reused(table)


def text_of(table: ibis.Table, name: str) -> ibis.Column:
    """A column as text, the same on every engine.

    Args:
        table: The table.
        name: The column's name.
    """
    if table[name].type().is_floating():
        return engine_of(table).float_text(table[name])
    return table[name].cast("string")


def frame_of(table: ibis.Table) -> pd.DataFrame:
    """A table's rows as a frame; there must be few enough for memory."""
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame


def mapped(table: ibis.Table, compute: OfRows) -> pd.DataFrame:
    """What a function makes of a table's rows, in their order.

    Rows are taken in batches, of which memory never holds all; what is made of them is whole. On
    Spark the workers compute it, and what they make comes to this process.

    Args:
        table: The rows.
        compute: Its values may be sent to other processes, once for each of them. Of no rows it
            makes a frame without rows whose columns have their types.
    """
    return engine_of(table).mapped(table, compute)


def native_frame(table: ibis.Table) -> Any:
    """A table as a frame of Spark's; None on an engine whose tables are none."""
    engine = ENGINES.get(table.get_backend().name)
    return None if engine is None else engine.native(table)
