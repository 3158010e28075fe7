"""Whole columns of a batch: quickly seen to be right, or marked where they may not be.

Each check is at least as strict as the row's Pydantic model: it may suspect a value that is right, and
never passes one that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from weekwise.contract.model import Column, ColumnType, OnServing
from weekwise.contract.row import INT64_MAX, INT64_MIN, limit_of

Bools = npt.NDArray[np.bool_]
Values = Sequence[Any]

_NONE = type(None)
_TYPES: dict[ColumnType, frozenset[type]] = {
    ColumnType.STRING: frozenset({str}),
    ColumnType.CATEGORY: frozenset({str}),
    ColumnType.INTEGER: frozenset({int}),
    ColumnType.NUMBER: frozenset({int, float}),
    ColumnType.BOOLEAN: frozenset({bool}),
    ColumnType.DATE: frozenset({str}),
    ColumnType.DATETIME: frozenset({str}),
}
_DATE = r"\d{4}-\d\d-\d\d"
_FORMS: dict[ColumnType, tuple[re.Pattern[str], Callable[[str], date]]] = {
    ColumnType.DATE: (re.compile(rf"(?:{_DATE}\n)*"), date.fromisoformat),
    ColumnType.DATETIME: (
        re.compile(rf"(?:{_DATE}T\d\d:\d\d(?::\d\d)?\n)*"),
        datetime.fromisoformat,
    ),
}


@dataclass(frozen=True)
class CheckedColumn:
    """A column of a batch.

    Attributes:
        values: Its values, times as times, None where there is none or it is suspect; shape (n,).
        suspect: Which rows must be looked at again, shape (n,); none if no row must.
    """

    values: Values
    suspect: Bools | None


def check_column(column: Column, values: Values) -> CheckedColumn:
    """Check a column of a batch.

    Args:
        column: What the values must be.
        values: As parsed from JSON, None where there is none.
    """
    types = set(map(type, values))
    suspect: Bools | None = None
    if not types <= _TYPES[column.type] | {_NONE}:
        suspect = np.array([type(value) not in _TYPES[column.type] for value in values])
        values = _without(values, suspect)
        types.add(_NONE)
    if column.refuses_missing and _NONE in types:
        suspect = _also(suspect, np.array([value is None for value in values]))
    if column.type in _FORMS:
        parsed = _times(column.type, values)
        if parsed is None:
            return CheckedColumn([None] * len(values), np.ones(len(values), dtype=np.bool_))
        values = parsed
    wrong = _outside(column, values)
    if wrong is not None:
        suspect, values = _also(suspect, wrong), _without(values, wrong)
    return CheckedColumn(values, suspect)


def _times(kind: ColumnType, values: Values) -> Values | None:
    """Texts as times, if every one has the plain form that is most common."""
    form, parse = _FORMS[kind]
    present = [value for value in values if value is not None]
    if not form.fullmatch("\n".join([*present, ""])):
        return None
    try:
        if len(present) == len(values):
            return list(map(parse, values))
        return [None if value is None else parse(value) for value in values]
    except ValueError:
        return None


def _outside(column: Column, values: Values) -> Bools | None:
    """Which values are not allowed, if any are not."""
    if column.values is not None:
        if column.serving.unseen is OnServing.ACCEPT:
            return None
        allowed = {*column.values, None}
        if set(values) <= allowed:
            return None
        return np.array([value not in allowed for value in values])
    low, high = limit_of(column, column.min), limit_of(column, column.max)
    if column.type is ColumnType.INTEGER:
        low, high = INT64_MIN if low is None else low, INT64_MAX if high is None else high
    if column.type is ColumnType.NUMBER:
        return _outside_floats(values, low, high)
    present = [value for value in values if value is not None]
    if not present or (low is None and high is None):
        return None
    if (low is None or min(present) >= low) and (high is None or max(present) <= high):
        return None
    return np.array([value is not None and not _within(value, low, high) for value in values])


def _outside_floats(values: Values, low: Any, high: Any) -> Bools | None:
    """The same for numbers, of which infinity is none."""
    numbers = np.array(values, dtype=np.float64)
    wrong: Bools = np.isinf(numbers)
    if low is not None:
        wrong |= numbers < float(low)
    if high is not None:
        wrong |= numbers > float(high)
    return wrong if wrong.any() else None


def _within(value: Any, low: Any, high: Any) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _without(values: Values, suspect: Bools) -> Values:
    return [None if bad else value for value, bad in zip(values, suspect.tolist(), strict=True)]


def _also(suspect: Bools | None, more: Bools) -> Bools:
    return more if suspect is None else suspect | more
