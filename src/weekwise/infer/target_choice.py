"""What is to be predicted: which column, as what type, with which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from weekwise.contract.truth import TRUTHS
from weekwise.contract.types import ColumnType
from weekwise.errors import FeedError
from weekwise.infer import names
from weekwise.infer.column_facts import FEW, ColumnFacts, Kind
from weekwise.infer.key_and_time import known_column
from weekwise.wording import counted, listed

MOST_CLASSES = FEW
MOST_INTEGER_CLASSES = 10
"""Whole numbers of more different values than this are numbers, not classes."""
FEWEST_OF_CLASS = 10
"""A class of fewer rows is hardly ever predicted."""
_TWO = 2


@dataclass(frozen=True)
class Target:
    """The column to predict.

    Attributes:
        name: Its name.
        type: Its type in the contract.
        values: Its values with their labels, for classes and named truths; empty otherwise.
        reason: Why this column, of this type.
    """

    name: str
    type: ColumnType
    values: dict[Any, str] = field(default_factory=dict)
    reason: str = ""


def choose_target(columns: Sequence[ColumnFacts], asked: str | None) -> Target:
    """The column to predict and what it holds; without one asked for, the likeliest.

    Raises:
        FeedError: If it cannot be predicted, or if no column can.
    """
    if asked is not None:
        column = known_column({c.name: c for c in columns}, asked, "--target")
        fault = _fault(column)
        if fault:
            raise FeedError(f"column {asked} cannot be the target: {fault}")
        return _described(column, "asked for")
    able = [column for column in columns if _fault(column) is None]
    if not able:
        raise FeedError("no column can be predicted; name one of your own with --target")
    place = {column.name: number for number, column in enumerate(columns)}
    best = min(
        able,
        key=lambda c: (names.target_rank(c.name), not is_truth(c), -place[c.name]),
    )
    others = [column.name for column in able if column is not best]
    why = "proposed" + (f"; choose another with --target ({listed(others, 4)})" if others else "")
    return _described(best, why)


def is_truth(column: ColumnFacts) -> bool:
    """Whether a column's values are yes and no in some words: `y`/`n`, `t`/`f`, `1`/`0`."""
    if column.kind is Kind.BOOLEAN:
        return True
    if column.kind not in (Kind.TEXT, Kind.INTEGER) or not column.values:
        return False
    read = {TRUTHS.get(str(value).strip().lower()) for value in column.values}
    return read == {True, False}


def _fault(column: ColumnFacts) -> str | None:
    """Why a column cannot be predicted, if it cannot."""
    if not column.known:
        return "no row has a value of it"
    if column.distinct < _TWO:
        return "all rows have the same value of it"
    if column.kind is Kind.TEXT and not column.values:
        return (
            f"it is text of about {column.distinct:,} different values, and classes are at most "
            f"{MOST_CLASSES}; group them into fewer"
        )
    if column.kind in (Kind.DATE, Kind.TIME, Kind.TIME_WITH_OFFSET):
        return "dates are not predicted; make it a number of days, or a truth value"
    if column.kind is Kind.OTHER:
        return f"values of DuckDB's type {column.stored} are not predicted"
    return None


def _described(column: ColumnFacts, why: str) -> Target:
    if is_truth(column):
        return Target(column.name, ColumnType.BOOLEAN, reason=why)
    values = sorted(column.values)
    if column.kind in (Kind.TEXT, Kind.INTEGER) and len(values) == _TWO:
        # The rarer one is mostly what a table is kept for: that it broke, left or failed.
        rare = min(values, key=lambda value: (column.values[value], str(value)))
        other = next(value for value in values if value != rare)
        labels = {True: str(rare), False: str(other)}
        reason = f"{why}; {rare}, the rarer of two values, counts as true: swap them if need be"
        return Target(column.name, ColumnType.BOOLEAN, labels, reason)
    if column.kind is Kind.TEXT:
        return Target(
            column.name,
            ColumnType.CATEGORY,
            {value: str(value) for value in values},
            f"{why}; {len(values)} classes{_rare(column)}",
        )
    if column.kind is Kind.INTEGER and 0 < len(values) <= MOST_INTEGER_CLASSES:
        return Target(
            column.name,
            ColumnType.INTEGER,
            {value: str(value) for value in values},
            f"{why}; {len(values)} whole numbers, taken as classes: remove values to predict a "
            f"number{_rare(column)}",
        )
    whole = column.kind is Kind.INTEGER
    return Target(
        column.name,
        ColumnType.INTEGER if whole else ColumnType.NUMBER,
        reason=f"{why}; {'whole numbers' if whole else 'numbers'}",
    )


def _rare(column: ColumnFacts) -> str:
    rare = sum(count < FEWEST_OF_CLASS for count in column.values.values())
    if not rare:
        return ""
    return f", {counted(rare, 'one', 'ones')} of them in fewer than {FEWEST_OF_CLASS} rows"
