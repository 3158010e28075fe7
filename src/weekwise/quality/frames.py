"""Tables as pandas frames, for checks: from Ibis, in the contract's types, in the fastest types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from weekwise.contract.derive import pandas_dtypes
from weekwise.contract.model import Contract
from weekwise.contract.type_facts import TypeFacts
from weekwise.contract.types import ColumnType
from weekwise.errors import DataGateError
from weekwise.features.engines import in_order, keeps_order
from weekwise.features.local_time import local_times
from weekwise.quality.text_values import read_text_values
from weekwise.system_errors import first_lines

_TEXT = pd.StringDtype(na_value=np.nan)
_EXACT = 2**53
"""Up to here a float holds every whole number."""
_TOO_LARGE = 2**63


def as_frame(data: Any) -> pd.DataFrame:
    """A table as a frame whose rows are numbered from 0.

    Integers that may be missing become `Int64`, truth values `boolean`, text `str`, numbers
    `float64`, and dates and times `datetime64`.

    Args:
        data: An Ibis table, which is read whole, or a pandas frame, which is left as it is.

    Raises:
        DataGateError: If it is neither.
    """
    if isinstance(data, ibis.Table):
        arrow = _read(data)
        frame: pd.DataFrame = arrow.to_pandas(types_mapper=_pandas_type, date_as_object=False)
        return frame
    if isinstance(data, pd.DataFrame):
        return data.reset_index(drop=True)
    raise DataGateError(
        f"the gate checks Ibis tables and pandas frames, not {type(data).__name__}; "
        "give the dataset a type that loads one of them, or remove its contract"
    )


def in_key_order(data: Any, contract: Contract) -> pd.DataFrame:
    """The same, in the order that the table's rows have.

    On an engine whose tables have none the rows are in that of their key, and their index has a
    name: the number of a row would tell nobody where it is.

    Args:
        data: A table of the contract.
        contract: What it must be.

    Raises:
        DataGateError: If it is neither an Ibis table nor a pandas frame.
    """
    if not isinstance(data, ibis.Table) or keeps_order(data):
        return as_frame(data)
    names = [name for name in contract.key or data.columns if name in data.columns]
    return as_frame(in_order(data, names or data.columns)).rename_axis("in key order")


def frames_of(table: ibis.Table, rows: int) -> Iterator[pd.DataFrame]:
    """A table as frames of some rows each, as `as_frame` makes them.

    Args:
        table: The table.
        rows: About how many rows each has.

    Raises:
        DataGateError: If it cannot be read.
    """
    with _told():
        for batch in table.to_pyarrow_batches(chunk_size=rows):
            arrow = pa.Table.from_batches([batch])
            yield arrow.to_pandas(types_mapper=_pandas_type, date_as_object=False)


def _read(table: ibis.Table) -> pa.Table:
    with _told():
        return table.to_pyarrow()


@contextmanager
def _told() -> Iterator[None]:
    """What DuckDB cannot read of a file is told in a line."""
    try:
        yield
    except duckdb.Error as error:
        raise DataGateError(
            f"the table cannot be read: {first_lines(error, most=4)}. Fix the file, or how "
            "catalog.yml reads it (load_args)."
        ) from error


def typed(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """A frame with each column in its contract's type, where that loses nothing.

    `1.0` is the integer 1, `yes` is true, an object column of strings is text, an all-missing
    column is of any type, and a time with an offset is the time in the contract's zone. A column
    whose values do not fit stays as it is, and so does one the contract does not have.

    Args:
        frame: Rows of the contract's table.
        contract: What they must be.
    """
    dtypes: dict[str, Any] = dict(pandas_dtypes(contract))
    cast: dict[str, Any] = {}
    for name, column in contract.columns.items():
        if name in frame and str(frame[name].dtype) != dtypes[name]:
            values = plain(local_times(frame[name], contract.timezone))
            values = read_text_values(values, column, contract.timezone)
            if values.isna().all():
                cast[name] = pd.Series(None, index=frame.index, dtype=dtypes[name])
            elif fits(values, column.type):
                cast[name] = values.astype(dtypes[name])
        elif name in frame and not fits(frame[name], column.type):
            # Its dtype is right and its values are not: dates with a time of day.
            cast[name] = frame[name].astype(object)
    return frame.assign(**cast)


def fits(values: pd.Series[Any], column_type: ColumnType) -> bool:
    """Whether every value is of a contract's type."""
    return not misfit(values, column_type).any()


def misfit(values: pd.Series[Any], column_type: ColumnType) -> pd.Series[bool]:
    """Which values are not of a contract's type; a missing one is of any."""
    facts = column_type.facts
    present = values.notna()
    if not _are_alike(values, facts):
        return present
    if not facts.whole:
        return present & False
    return present & (_timed(values) if facts.temporal else _fractional(values))


def inferred_type(values: pd.Series[Any]) -> ColumnType | None:
    """The type that a column's values have, whatever dtype holds them; none if they are mixed."""
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    return next((known for known in ColumnType if inferred in known.facts.inferred), None)


def for_checks(frame: pd.DataFrame) -> pd.DataFrame:
    """A typed frame in the types that Great Expectations compares at once, not value by value.

    Its `between` is vectorized for `int64`, `float64` and `datetime64[ns]` alone
    (`ColumnValuesBetween._pandas`, version 1.24): other types take 4 seconds a million values.

    Args:
        frame: As from `typed`.
    """
    return frame.assign(**{str(name): _fast(frame[name]) for name in frame.columns})


def _fast(values: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.is_datetime64_dtype(values.dtype):
        try:
            return values.astype("datetime64[ns]")
        except pd.errors.OutOfBoundsDatetime:
            return values
    if str(values.dtype) != "Int64":
        return values
    if not values.hasnans:
        return values.astype("int64")
    return values if (values.abs() > _EXACT).any() else values.astype("float64")


def plain(values: pd.Series[Any]) -> pd.Series[Any]:
    """A column in the dtype that its values have, whatever dtype holds them."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if values.dtype != object:
        return values
    column_type = inferred_type(values)
    if column_type is None:
        return values
    dtype: Any = column_type.facts.pandas
    try:
        cast: pd.Series[Any] = values.astype(dtype)
    except (ValueError, TypeError, OverflowError):
        return values
    return cast


def _are_alike(values: pd.Series[Any], facts: TypeFacts) -> bool:
    """Whether a column's dtype holds values like those of a type: text, numbers, times, truths."""
    dtype = values.dtype
    if isinstance(dtype, pd.StringDtype):
        return facts.textual
    if pd.api.types.is_bool_dtype(dtype):
        return facts.boolean
    if pd.api.types.is_numeric_dtype(dtype):
        return facts.numeric
    return facts.temporal and pd.api.types.is_datetime64_any_dtype(dtype)


def _fractional(values: pd.Series[Any]) -> pd.Series[bool]:
    """Which numbers are not whole, or too large for an integer of 64 bits."""
    if pd.api.types.is_signed_integer_dtype(values.dtype):
        return values.isna() & False
    fractional: pd.Series[bool] = (values.abs() >= _TOO_LARGE) | (values % 1 != 0)
    return fractional


def _timed(values: pd.Series[Any]) -> pd.Series[bool]:
    timed: pd.Series[bool] = values != values.dt.normalize()
    return timed


def _pandas_type(kind: pa.DataType) -> Any:
    if pa.types.is_integer(kind):
        return pd.Int64Dtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _TEXT
    return None
