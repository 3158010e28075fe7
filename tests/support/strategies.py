"""Hypothesis strategies: frames that keep a contract, generated from the contract itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import assume
from hypothesis import strategies as st

from weekwise.contract.derive import pandas_dtypes
from weekwise.contract.model import Column, Contract
from weekwise.contract.types import ColumnType

_SPAN = 1_000
_START = datetime(2013, 1, 1)  # noqa: DTZ001 - contracts are in local time
_TEXT = st.text(alphabet="abcXYZ09 é", min_size=1, max_size=5)


@st.composite
def frames(
    draw: st.DrawFn, contract: Contract, *, min_rows: int = 1, max_rows: int = 12
) -> pd.DataFrame:
    """Frames of any size within bounds that keep every short form of a contract.

    Types, limits, allowed values, missing values and their shares, uniqueness and the key are all
    kept; further expectations are not looked at.

    Args:
        draw: Given by Hypothesis.
        contract: What the frames must be.
        min_rows: The fewest rows; the contract's own minimum counts too.
        max_rows: The most rows.
    """
    rows = draw(st.integers(max(min_rows, contract.min_rows), max(max_rows, contract.min_rows)))
    full = pd.DataFrame({name: draw(_column(one, rows)) for name, one in contract.columns.items()})
    if contract.key:
        full = full.drop_duplicates(subset=list(contract.key), ignore_index=True)
    assume(len(full) >= max(min_rows, contract.min_rows))
    dtypes: Any = pandas_dtypes(contract)
    for name, column in contract.columns.items():
        full[name] = pd.Series(draw(_with_gaps(column, list(full[name]))), dtype=dtypes[name])
    return full


def values(column: Column) -> st.SearchStrategy[Any]:
    """Values that a column allows."""
    allowed, low, high = column.values, column.min, column.max  # noqa: PD011 - a contract's own
    if allowed is not None:
        return st.sampled_from(list(allowed))
    match column.type:
        case ColumnType.STRING | ColumnType.CATEGORY:
            return _TEXT
        case ColumnType.BOOLEAN:
            return st.booleans()
        case ColumnType.INTEGER:
            return st.integers(*_span(low, high))
        case ColumnType.NUMBER:
            least, most = _span(low, high)
            return st.floats(least, most, allow_nan=False, allow_infinity=False)
        case _:
            return _moments(column)


def _moments(column: Column) -> st.SearchStrategy[datetime]:
    first = _START if column.min is None else _moment(column.min)
    last = first + timedelta(days=_SPAN) if column.max is None else _moment(column.max)
    step = timedelta(days=1) if column.type is ColumnType.DATE else timedelta(minutes=1)
    return st.integers(0, (last - first) // step).map(lambda steps: first + steps * step)


def _column(column: Column, rows: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(values(column), min_size=rows, max_size=rows, unique=column.unique)


def _with_gaps(column: Column, drawn: list[Any]) -> st.SearchStrategy[list[Any]]:
    most = int(column.missing_share * len(drawn))
    places = st.sets(st.integers(0, len(drawn) - 1), max_size=most) if most else st.just(set())
    return places.map(
        lambda gaps: [None if place in gaps else value for place, value in enumerate(drawn)]
    )


def _span(low: Any, high: Any) -> tuple[Any, Any]:
    if low is None and high is None:
        return -_SPAN, _SPAN
    return (high - _SPAN if low is None else low), (low + _SPAN if high is None else high)


def _moment(bound: date) -> datetime:
    if isinstance(bound, datetime):
        return bound.replace(tzinfo=None)
    return datetime(bound.year, bound.month, bound.day)  # noqa: DTZ001 - local time
