"""Which columns the model may take, and why the others are kept as context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from weekwise.contract.column import Role
from weekwise.contract.types import ColumnType
from weekwise.infer import names
from weekwise.infer.column_facts import ColumnFacts, Kind
from weekwise.infer.key_and_time import TIMES, Key
from weekwise.infer.target_choice import Target, is_truth
from weekwise.wording import percent

FREE_TEXT_WORDS = 4
"""From so many words a value on average, text is sentences."""
NEAR_UNIQUE = 0.5
"""Text with more different values than this share of its rows says nothing of other rows."""
_FEWEST_DISTINCT = 20
_IDENTIFIER_SHARE = 0.9


@dataclass(frozen=True)
class ColumnDecision:
    """What was decided about one column.

    Attributes:
        facts: What it holds.
        type: Its type in the contract; none if a contract has no type for it.
        role: Its role.
        reason: Why that role.
    """

    facts: ColumnFacts
    type: ColumnType | None
    role: Role
    reason: str = ""

    @property
    def name(self) -> str:
        """The column's name."""
        return self.facts.name


def decide_roles(
    columns: Sequence[ColumnFacts], target: Target, key: Key, time: tuple[str | None, str]
) -> list[ColumnDecision]:
    """The type and the role of every column, by what it holds alone.

    Args:
        columns: All columns.
        target: The one to predict.
        key: Those that tell rows apart.
        time: The one that dates a row, if one does, and why it is that one.
    """
    return [_decide(column, target, key, time) for column in columns]


def type_of(column: ColumnFacts, *, feature: bool = True) -> ColumnType | None:
    """A column's type in a contract; none if there is none for it."""
    if is_truth(column):
        return ColumnType.BOOLEAN
    text = ColumnType.CATEGORY if feature else ColumnType.STRING
    return {
        Kind.BOOLEAN: ColumnType.BOOLEAN,
        Kind.INTEGER: ColumnType.INTEGER,
        Kind.NUMBER: ColumnType.NUMBER,
        Kind.TEXT: text,
        Kind.DATE: ColumnType.DATE,
        Kind.TIME: ColumnType.DATETIME,
        Kind.TIME_WITH_OFFSET: ColumnType.DATETIME,
    }.get(column.kind)


def _decide(
    column: ColumnFacts, target: Target, key: Key, time: tuple[str | None, str]
) -> ColumnDecision:
    if column.name == target.name:
        return ColumnDecision(column, target.type, Role.TARGET, target.reason)
    if column.name == time[0]:
        return ColumnDecision(column, type_of(column), Role.TIME, time[1])
    if column.name in key.columns:
        # Digits as truths would tell no rows apart.
        kind = type_of(column, feature=False)
        if kind is ColumnType.BOOLEAN:
            kind = ColumnType.INTEGER if column.kind is Kind.INTEGER else ColumnType.STRING
        return ColumnDecision(column, kind, Role.KEY, key.reason)
    reason = _why_context(column)
    if reason:
        return ColumnDecision(column, type_of(column, feature=False), Role.CONTEXT, reason)
    return ColumnDecision(column, type_of(column), Role.FEATURE)


def _why_context(column: ColumnFacts) -> str:
    """Why the model is not to have a column; empty if it may."""
    reason = ""
    if column.kind is Kind.OTHER:
        reason = f"a contract has no type for DuckDB's {column.stored}; take from it what matters"
    elif not column.known:
        reason = "no row has a value"
    elif column.distinct == 1 and column.known == column.rows:
        reason = "all rows have the same value"
    elif column.kind in TIMES:
        reason = "a model takes no dates; derive a number of days from it"
    elif column.kind is Kind.TEXT:
        reason = _why_text_is_context(column)
    elif column.kind is Kind.INTEGER and column.distinct > _FEWEST_DISTINCT:
        reason = _why_number_is_context(column)
    return reason


def _why_number_is_context(column: ColumnFacts) -> str:
    unique = column.distinct / column.known
    if unique >= _IDENTIFIER_SHARE and names.is_identifier(column.name):
        return f"an identifier: {percent(unique, 0)} of its values are different"
    if names.is_identifier(column.name, strongly=True):
        return "an identifier, by its name; a model would take it for an amount"
    return "it numbers the rows" if unique >= _IDENTIFIER_SHARE and _counts_up(column) else ""


def _why_text_is_context(column: ColumnFacts) -> str:
    unique = column.distinct / column.known
    if column.distinct <= _FEWEST_DISTINCT:
        return ""
    if column.words >= FREE_TEXT_WORDS and unique > NEAR_UNIQUE / 5:
        return f"free text of {column.words:.0f} words on average"
    if unique > NEAR_UNIQUE:
        return f"{percent(unique, 0)} of its values are different: it says nothing of other rows"
    return ""


def _counts_up(column: ColumnFacts) -> bool:
    """Whether whole numbers lie as close as the numbers of rows do."""
    return int(column.high) - int(column.low) + 1 <= column.known * 1.1
