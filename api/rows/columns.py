"""Whole columns of a batch: quickly seen to be right, or marked where they may not be.

Each check is at least as strict as the row's Pydantic model: it may suspect a value that is right,
and never passes one that is wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from weekwise.contract.column import Bound, Column, OnServing

Array = npt.NDArray[Any]
Bools = npt.NDArray[np.bool_]

EXACT = 2.0**53
"""Whole numbers beyond this are not told from their neighbors as floats."""

_NONE = type(None)
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
    types, right = set(map(type, values)), column.type.facts.json.parsed | {_NONE}
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
    missing = _missing(array) if _NONE in types else np.zeros(len(values), dtype=np.bool_)
    if column.refuses_missing:
        suspect |= missing
    suspect |= _outside(column, array, values) & ~missing
    return CheckedColumn(array, missing, suspect)


def check_array(column: Column, array: Array) -> CheckedColumn:
    """Check a column that is an array already.

    Args:
        column: What the values must be.
        array: Its values, shape (n,), as a checked column has them; not-a-number where there is
            none.
    """
    textual = array.dtype == object
    values: Sequence[Any] = array.tolist() if column.values is not None or textual else ()
    if column.type.facts.boolean:
        values = [None if math.isnan(value) else bool(value) for value in values]
    elif values and not textual and array.dtype.kind == "f":
        values = [None if math.isnan(value) else value for value in values]
    missing = _missing(array)
    suspect = np.zeros(len(array), dtype=np.bool_)
    if column.refuses_missing:
        suspect |= missing
    suspect |= _outside(column, array, values) & ~missing
    if column.type.facts.whole and column.type.facts.numeric:
        suspect |= (np.trunc(array) != array) & ~missing
    # Rows that are read again put their values here.
    return CheckedColumn(array if array.flags.writeable else array.copy(), missing, suspect)


def _array(column: Column, values: Sequence[Any]) -> Array | None:
    """Values as an array; none if some do not fit, or are times in a form that is not common."""
    facts = column.type.facts
    if facts.textual:
        return np.array(values, dtype=object)
    if not facts.temporal:
        try:
            return np.array(values, dtype=np.float64)
        except OverflowError:
            # A whole number of hundreds of digits is no float.
            return None
    present = [value for value in values if value is not None]
    if not _lines_of(facts.json.common_form).fullmatch("\n".join([*present, ""])):
        return None
    try:
        times = np.array(values, dtype=_TIMES)
    except ValueError:
        return None
    return None if (times < _YEAR_ONE).any() else times


def _missing(array: Array) -> Bools:
    if array.dtype == object:
        return np.asarray(array == None)  # noqa: E711 - compared one by one
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
    low, high = map(_limit, column.bounds)
    wrong = nowhere
    if low is not None:
        wrong = wrong | (array < low)
    if high is not None:
        wrong = wrong | (array > high)
    if column.type.facts.numeric:
        wrong = wrong | (np.abs(array) > EXACT if column.type.facts.whole else np.isinf(array))
    return wrong


def _limit(bound: Bound | None) -> Any:
    return np.datetime64(bound, "us") if isinstance(bound, date) else bound


@cache
def _lines_of(form: str) -> re.Pattern[str]:
    """Any number of lines that each have a form."""
    return re.compile(rf"(?:{form}\n)*")


def _blank(array: Array) -> Any:
    if array.dtype == object:
        return None
    return np.datetime64("NaT") if array.dtype.kind == "M" else np.nan
