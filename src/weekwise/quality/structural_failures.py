"""What is wrong with a table's structure, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import pandas as pd

from weekwise.contract.column import Severity
from weekwise.contract.model import Contract
from weekwise.contract.types import ColumnType
from weekwise.quality.checks import CheckKind
from weekwise.quality.frames import inferred_type, misfit, plain
from weekwise.quality.gate_result import MOST_EXAMPLES, Failure
from weekwise.wording import counted, shown


def columns_differ(names: Sequence[str], contract: Contract) -> list[Failure]:
    """Missing, renamed and extra columns, distinguished from each other.

    A missing column is taken for renamed if a new one is called much the same, or if just one is
    missing and just one is new.

    Args:
        names: The table's columns.
        contract: What they must be.
    """
    missing = [name for name in contract.columns if name not in names]
    extra = [name for name in names if name not in contract.columns]
    renamed = _renamed(missing, extra)
    failures = [_renamed_column(old, new, contract) for old, new in renamed.items()]
    failures += [_missing_column(name, contract) for name in missing if name not in renamed]
    taken = set(renamed.values())
    failures += [_extra_column(name, contract) for name in extra if name not in taken]
    return failures


def column_twice(name: str, table: str) -> Failure:
    """Two columns of one name."""
    return Failure(
        column=name,
        check=CheckKind.COLUMN,
        severity=Severity.STOP,
        expected="one column of that name",
        got="several",
        next_step=f"Drop or rename all but one of them in {table}'s feed.",
    )


def row_count(rows: int, contract: Contract) -> Failure:
    """Too few rows, or none."""
    few = f"at least {contract.min_rows:,} row{'' if contract.min_rows == 1 else 's'}"
    return Failure(
        column=None,
        check=CheckKind.ROW_COUNT,
        severity=Severity.STOP,
        expected=few,
        got=f"only {rows:,}" if rows else "an empty table",
        next_step=f"Check that the feed of {contract.table} is complete, or lower min_rows in "
        f"{contract.file}.",
    )


def wrong_type(
    values: pd.Series[Any], name: str, contract: Contract, *, numbered: bool = True
) -> Failure:
    """A column whose values are not of its type.

    Args:
        values: The column as it arrived.
        name: Its name.
        contract: What it must be.
        numbered: Whether the numbers of these rows are those of the table's; rows whose index has a
            name are not.
    """
    column_type = contract.columns[name].type
    numbered = numbered and values.index.name is None
    wrong = _culprits(values, column_type)
    examples = values[wrong].head(MOST_EXAMPLES)
    count = int(wrong.sum())
    partly = 0 < count < values.notna().sum()
    others = f"{counted(count, 'other value', 'other values')} among " if partly else ""
    return Failure(
        column=name,
        check=CheckKind.TYPE,
        severity=Severity.STOP,
        expected=f"{column_type.facts.values_in_words} (type {column_type})",
        got=f"{others}{_arrived(values)} (pandas {values.dtype})",
        count=count,
        share=count / max(len(values), 1),
        examples=tuple(
            f"row {row}: {shown(value)}" if numbered else shown(value)
            for row, value in examples.items()
        ),
        next_step=f"Fix the type in the feed, or change type in {contract.file}.",
    )


def _culprits(values: pd.Series[Any], column_type: ColumnType) -> pd.Series[bool]:
    """Which values keep a column from being of its type.

    One word in a column of numbers makes all of it text, and is the only one to be shown.
    """
    wrong = misfit(values, column_type)
    if not column_type.facts.numeric:
        return wrong
    unreadable = values.notna() & pd.to_numeric(values, errors="coerce").isna()
    return unreadable if 0 < unreadable.sum() < wrong.sum() else wrong


def _renamed(missing: Sequence[str], extra: Sequence[str]) -> dict[str, str]:
    if len(missing) == len(extra) == 1:
        return {missing[0]: extra[0]}
    pairs: dict[str, str] = {}
    for old in missing:
        free = {_plain(new): new for new in extra if new not in pairs.values()}
        if close := get_close_matches(_plain(old), free, n=1):
            pairs[old] = free[close[0]]
    return pairs


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "")


def _renamed_column(old: str, new: str, contract: Contract) -> Failure:
    return Failure(
        column=old,
        check=CheckKind.COLUMN,
        severity=Severity.STOP,
        expected=f"column {shown(old)}",
        got=f"no such column, and {shown(new)} is new: renamed?",
        next_step=f"Rename {shown(new)} back to {shown(old)} in the feed, "
        f"or {old} to {new} in {contract.file}.",
    )


def _missing_column(name: str, contract: Contract) -> Failure:
    return Failure(
        column=name,
        check=CheckKind.COLUMN,
        severity=Severity.STOP,
        expected=f"column {name}",
        got="no such column",
        next_step=f"Add it to the feed, or remove it from {contract.file}.",
    )


def _extra_column(name: str, contract: Contract) -> Failure:
    if contract.is_computed(name):
        return Failure(
            column=name,
            check=CheckKind.EXTRA_COLUMNS,
            severity=Severity.STOP,
            expected=f"no column {name}, which {contract.file} computes from others",
            got=f"column {name}",
            next_step="Drop or rename it in the feed, or remove its `from` or `aggregate` in "
            f"{contract.file}.",
        )
    return Failure(
        column=name,
        check=CheckKind.EXTRA_COLUMNS,
        severity=Severity(contract.extra_columns),
        expected="no column that the contract does not have",
        got=f"column {name}",
        next_step="Drop it from the feed, describe it under columns in "
        f"{contract.file}, or set extra_columns: warn there.",
    )


def _arrived(values: pd.Series[Any]) -> str:
    """What a column's values are, in words."""
    column_type = inferred_type(plain(values))
    return "mixed values" if column_type is None else column_type.facts.values_in_words
