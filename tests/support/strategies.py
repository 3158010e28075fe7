"""Hypothesis strategies: contracts of any kind, and frames that keep a given one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import assume
from hypothesis import strategies as st

from weekwise.contract.column import Column, OnServing, Role, Serving, Severity
from weekwise.contract.derive import pandas_dtypes
from weekwise.contract.model import Contract, Expectation
from weekwise.contract.types import ColumnType

_SPAN = 1_000
_START = datetime(2013, 1, 1)  # noqa: DTZ001 - contracts are in local time
_NAME = st.text(min_size=1, max_size=6)
_SHARE = st.floats(0, 1)
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
    full = pd.DataFrame(
        {name: draw(_column(column, rows)) for name, column in contract.columns.items()}
    )
    if contract.key:
        full = full.drop_duplicates(subset=list(contract.key), ignore_index=True)
    assume(len(full) >= max(min_rows, contract.min_rows))
    dtypes: Any = pandas_dtypes(contract)
    for name, column in contract.columns.items():
        full[name] = pd.Series(draw(_with_gaps(column, list(full[name]))), dtype=dtypes[name])
    return full


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Contracts with columns of every type, with and without each of their keys."""
    names = draw(st.lists(_NAME, min_size=1, max_size=5, unique=True))
    keys = [name for name in names if draw(st.booleans())]
    columns = {name: draw(_described_columns(name in keys)) for name in names}
    return Contract(
        table=draw(_NAME),
        title=draw(st.text(max_size=9)),
        description=draw(st.text(max_size=9)),
        key=tuple(keys),
        duplicates=draw(st.sampled_from(Severity)),
        columns=columns,
        extra_columns=draw(st.sampled_from((Severity.STOP, Severity.WARN))),
        min_rows=draw(st.integers(0, 10**9)),
        quarantine_limit=draw(_SHARE),
        expectations=tuple(draw(st.lists(_expectations(names), max_size=2))),
    )


@st.composite
def _described_columns(draw: st.DrawFn, in_key: bool) -> Column:
    column_type = draw(st.sampled_from(ColumnType))
    roles = [Role.CONTEXT, Role.FEATURE] if column_type.facts.feature else [Role.CONTEXT]
    low, high = draw(_limits(column_type))
    return Column(
        type=column_type,
        role=draw(st.sampled_from([*roles, Role.KEY] if in_key else roles)),
        title=draw(st.text(max_size=9)),
        unit=draw(st.none() | st.text(max_size=3)),
        missing="never" if in_key else draw(st.just("never") | _SHARE),
        min=low,
        max=high,
        values=draw(_allowed_values(column_type)),
        unique=draw(st.booleans()),
        serving=Serving(
            missing=draw(st.none() | st.sampled_from(OnServing)),
            unseen=draw(st.sampled_from(OnServing)),
        ),
        severity=draw(st.sampled_from(Severity)),
    )


def _allowed_values(column_type: ColumnType) -> st.SearchStrategy[dict[Any, str] | None]:
    match column_type:
        case ColumnType.STRING | ColumnType.CATEGORY:
            allowed: st.SearchStrategy[Any] = st.text(max_size=4) | st.sampled_from(["1", "True"])
        case ColumnType.INTEGER:
            allowed = st.integers()
        case ColumnType.BOOLEAN:
            allowed = st.booleans()
        case _:
            return st.none()
    return st.none() | st.dictionaries(allowed, st.text(max_size=4), min_size=1, max_size=3)


@st.composite
def _limits(draw: st.DrawFn, column_type: ColumnType) -> tuple[Any, Any]:
    """Two limits of a type in their order, each of them present or not."""
    match column_type:
        case ColumnType.INTEGER | ColumnType.NUMBER:
            limit: st.SearchStrategy[Any] = st.integers() | st.floats(
                allow_nan=False, allow_infinity=False
            )
        case ColumnType.DATE | ColumnType.DATETIME:
            limit = st.dates() | st.datetimes() | st.datetimes(timezones=st.just(UTC))
        case _:
            return None, None
    ordered = sorted(draw(st.tuples(limit, limit)), key=_comparable)
    low, high = (draw(st.none() | st.just(bound)) for bound in ordered)
    return low, high


def _comparable(limit: Any) -> Any:
    return _moment(limit) if isinstance(limit, date) else limit


def _expectations(names: list[str]) -> st.SearchStrategy[Expectation]:
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    finite = plain.filter(lambda value: value not in (float("inf"), -float("inf")))
    arguments = st.fixed_dictionaries(
        {"column": st.sampled_from(names)},
        optional={"value_set": st.lists(finite), "mostly": finite},
    )
    return st.builds(
        Expectation,
        expectation=_NAME,
        arguments=arguments,
        severity=st.sampled_from(Severity),
        description=st.text(max_size=9),
    )


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
