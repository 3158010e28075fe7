"""Whole columns of a batch: quickly seen to be right, or marked where they may not be.

Each check is at least as strict as the row's Pydantic model: it may suspect a value that is right,
and never passes one that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from weekwise.contract.model import TEMPORAL, TEXTUAL, Column, ColumnType, OnServing
from weekwise.contract.row import limit_of

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

EXACT = 2.0**53
"""Whole numbers beyond this are not told from their neighbors as floats."""

_NONE = type(None)
_TYPES: Mapping[ColumnType, frozenset[type]] = {
    ColumnType.STRING: frozenset({str}),
    ColumnType.CATEGORY: frozenset({str}),
    ColumnType.INTEGER: frozenset({int}),
    ColumnType.NUMBER: frozenset({int, float}),
    ColumnType.BOOLEAN: frozenset({bool}),
    ColumnType.DATE: frozenset({str}),
    ColumnType.DATETIME: frozenset({str}),
}
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_FORMS: Mapping[ColumnType, re.Pattern[str]] = {
    ColumnType.DATE: re.compile(rf"(?:{_DATE}\n)*"),
    ColumnType.DATETIME: re.compile(rf"(?:{_DATE}T[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?\n)*"),
}
_TIMES = "datetime64[us]"
_YEAR_ONE = np.datetime64("0001-01-01", "us")


@dataclass(frozen=True)
class CheckedColumn:
    """A column of a batch.

    Attributes:
        array: Its values, shape (n,): text as objects, times as datetime64, all else as floats.
        missing: Where there is no value, shape (n,).
        suspect: Which rows must be looked at again, shape (n,).
    """

    array: Array
    missing: Bools
    suspect: Bools

    def put(self, place: int, value: object) -> None:
        """Put the right value of a row that was suspect into its place."""
        self.array[place] = _blank(self.array) if value is None else value
        self.missing[place] = value is None


def check_column(column: Column, values: Sequence[Any]) -> CheckedColumn:
    """Check a column of a batch.

    Args:
        column: What the values must be.
        values: As parsed from JSON, None where there is none.
    """
    types, right = set(map(type, values)), _TYPES[column.type] | {_NONE}
    suspect = np.zeros(len(values), dtype=np.bool_)
    if not types <= right:
        suspect = np.array([type(value) not in right for value in values])
        values = [None if bad else value for value, bad in zip(values, suspect, strict=True)]
        types.add(_NONE)
    array = _array(column, values)
    if array is None:
        array = _array(column, [None] * len(values))
        assert array is not None  # noqa: S101 - there is no text in it
        suspect[:] = True
    missing = _missing(array, values) if _NONE in types else np.zeros(len(values), dtype=np.bool_)
    if column.refuses_missing:
        suspect |= missing
    suspect |= _outside(column, array, values) & ~missing
    return CheckedColumn(array, missing, suspect)


def _array(column: Column, values: Sequence[Any]) -> Array | None:
    """Values as an array; none for times that are not all in the most common form."""
    if column.type in TEXTUAL:
        return np.array(values, dtype=object)
    if column.type not in TEMPORAL:
        return np.array(values, dtype=np.float64)
    present = [value for value in values if value is not None]
    if not _FORMS[column.type].fullmatch("\n".join([*present, ""])):
        return None
    try:
        times = np.array(values, dtype=_TIMES)
    except ValueError:
        return None
    return None if (times < _YEAR_ONE).any() else times


def _missing(array: Array, values: Sequence[Any]) -> Bools:
    if array.dtype == object:
        return np.array([value is None for value in values])
    return np.asarray(np.isnat(array) if array.dtype.kind == "M" else np.isnan(array))


def _outside(column: Column, array: Array, values: Sequence[Any]) -> Bools:
    """Which values are not allowed, or not quickly seen to be."""
    nowhere = np.zeros(len(array), dtype=np.bool_)
    if column.values is not None and column.serving.unseen is OnServing.REFUSE:
        allowed = {*column.values, None}
        if set(values) <= allowed:
            return nowhere
        return np.array([value not in allowed for value in values])
    if array.dtype == object:
        return nowhere
    low, high = _limit(column, column.min), _limit(column, column.max)
    wrong = nowhere
    if low is not None:
        wrong = wrong | (array < low)
    if high is not None:
        wrong = wrong | (array > high)
    if column.type is ColumnType.INTEGER:
        wrong = wrong | (np.abs(array) > EXACT)
    if column.type is ColumnType.NUMBER:
        wrong = wrong | np.isinf(array)
    return wrong


def _limit(column: Column, bound: Any) -> Any:
    limit = limit_of(column, bound)
    return np.datetime64(limit, "us") if isinstance(limit, date) else limit


def _blank(array: Array) -> Any:
    if array.dtype == object:
        return None
    return np.datetime64("NaT") if array.dtype.kind == "M" else np.nan
