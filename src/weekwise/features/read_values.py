"""Values of raw rows as the model reads them.

Each kind of column is read by a function of one value (`text_of`, `number_of`), which the functions
of whole columns apply to every distinct value or agree with, so that one row and a million are read
alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.errors import DataGateError
from weekwise.features.local_time import local_times

MISSING = "missing"
"""The category that stands for no value: CatBoost takes no missing category."""

Floats = npt.NDArray[np.float64]


def text_of(value: Any) -> str:
    """A category as text: `missing` for none, and whole numbers alike whether 1, 1.0 or "1"."""
    if value is None or value is pd.NA:
        return MISSING
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return MISSING
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value)


def number_of(value: Any) -> float:
    """A number or a boolean as a float: NaN for none."""
    return math.nan if value is None or value is pd.NA else float(value)


def category_column(column: pd.Series[Any]) -> pd.Categorical:
    """`text_of` each value, shape (n,)."""
    codes, distinct = pd.factorize(column)
    texts = [*(text_of(value) for value in distinct), MISSING]  # code -1, the last, is no value
    categories, places = np.unique(np.array(texts, dtype=object), return_inverse=True)
    return pd.Categorical.from_codes(places[codes], categories=pd.Index(categories, dtype=object))


def number_column(column: pd.Series[Any]) -> Floats:
    """`number_of` each value, shape (n,)."""
    if column.dtype == object:
        return np.array([number_of(value) for value in column], dtype=np.float64)
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy(dtype=np.float64)
    return column.to_numpy(dtype=np.float64, na_value=math.nan)


def time_column(column: pd.Series[Any], zone: str) -> npt.NDArray[np.datetime64]:
    """Timestamps as a zone's clock shows them, shape (n,), NaT for none."""
    # Twice, since text with an offset is a time only after the first.
    times = local_times(pd.to_datetime(local_times(column, zone)), zone)
    return times.to_numpy(dtype="datetime64[us]")


def read(column: pd.Series[Any], reader: Callable[[pd.Series[Any]], Any]) -> Any:
    """A column by one of these readers.

    Raises:
        DataGateError: If it has a value that is not of its type.
    """
    try:
        return reader(column)
    except (TypeError, ValueError) as error:
        raise DataGateError(
            f"column {column.name} cannot be read as its contract's type: {error}; "
            f"it arrived as {column.dtype}"
        ) from None
