"""Great Expectations' results in words that a person can act on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pandas as pd

from weekwise.contract.model import ColumnType, Contract, Severity
from weekwise.contract.words import TYPES, listed, value
from weekwise.quality.frames import misfit
from weekwise.quality.result import MOST_EXAMPLES, Failure
from weekwise.quality.suite import Kind

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult

_DTYPE_WORDS = (("int", "whole numbers"), ("float", "numbers"), ("bool", "true or false"))


def kind_of(result: ExpectationValidationResult) -> Kind:
    """What a result's check looked at."""
    return Kind(_meta(result)["kind"])


def columns_of(result: ExpectationValidationResult) -> tuple[str, ...]:
    """The columns a result's check looked at."""
    return tuple(_meta(result)["columns"])


def columns_differ(names: Sequence[str], contract: Contract) -> list[Failure]:
    """Missing, renamed and extra columns, each told apart from the others.

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
        check=Kind.COLUMN,
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
        check=Kind.ROW_COUNT,
        severity=Severity.STOP,
        expected=few,
        got=f"only {rows:,}" if rows else "an empty table",
        next_step=f"Check that the feed of {contract.table} is complete, or lower min_rows in "
        f"{_file(contract)}.",
    )


def wrong_type(values: pd.Series[Any], name: str, contract: Contract) -> Failure:
    """A column whose values are not of its type.

    Args:
        values: The column as it arrived.
        name: Its name.
        contract: What it must be.
    """
    kind = contract.columns[name].type
    wrong = misfit(values, kind)
    examples = values[wrong].head(MOST_EXAMPLES)
    count = int(wrong.sum())
    partly = 0 < count < values.notna().sum()
    others = f"{_number(count, 'other value', 'other values')} among " if partly else ""
    return Failure(
        column=name,
        check=Kind.TYPE,
        severity=Severity.STOP,
        expected=f"{TYPES[kind]} (type {kind})",
        got=f"{others}{_dtype_words(values)} (pandas {values.dtype})",
        count=count,
        share=count / max(len(values), 1),
        examples=tuple(f"row {row}: {_shown(thing)}" for row, thing in examples.items()),
        next_step=f"Mend the type in the feed, or change type in {_file(contract)}.",
    )


def broken(
    result: ExpectationValidationResult,
    frame: pd.DataFrame,
    contract: Contract,
    rows: Sequence[int],
) -> Failure:
    """A check of values that did not hold.

    Args:
        result: Of the check, with details.
        frame: The table, rows numbered from 0.
        contract: What it must be.
        rows: Positions of the offending rows; none if the check is not about single rows.
    """
    meta, kind = _meta(result), kind_of(result)
    severity = Severity(meta["severity"])
    if severity is Severity.QUARANTINE and not rows:
        # Nothing to take out: a table that breaks such a rule cannot be mended by leaving rows.
        severity = Severity.STOP
    count = len(rows) if rows else _count(result)
    return Failure(
        column=", ".join(columns_of(result)) or None,
        check=kind,
        severity=severity,
        expected=meta["description"],
        got=_got(kind, result, frame, rows),
        count=count,
        share=None if count is None else count / len(frame),
        examples=_examples(frame, contract, columns_of(result), rows),
        next_step=_next_step(kind, columns_of(result), contract),
    )


def too_many(count: int, rows: int, contract: Contract) -> Failure:
    """More rows to quarantine than the contract lets go."""
    return Failure(
        column=None,
        check="quarantine limit",
        severity=Severity.STOP,
        expected=f"at most {contract.quarantine_limit:.2%} of rows to quarantine",
        got=f"{count:,} rows",
        count=count,
        share=count / rows,
        next_step=f"Mend the feed of {contract.table}, or raise quarantine_limit in "
        f"{_file(contract)}.",
    )


def raised(result: ExpectationValidationResult) -> str | None:
    """The message of an exception that a check ran into, if it did."""
    info: Mapping[str, Any] = result.exception_info or {}
    # One exception, or one for each of the check's metrics.
    several = [info] if "raised_exception" in info else list(info.values())
    for one in several:
        if one["raised_exception"]:
            return " ".join(str(one["exception_message"]).split())
    return None


def _meta(result: ExpectationValidationResult) -> Mapping[str, Any]:
    if result.expectation_config is None:
        raise TypeError("a result without its expectation")
    return result.expectation_config.meta


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
        check=Kind.COLUMN,
        severity=Severity.STOP,
        expected=f"column {old}",
        got=f"no such column, and {new} is new: renamed?",
        next_step=f"Rename {new} back to {old} in the feed, or {old} to {new} in "
        f"{_file(contract)}.",
    )


def _missing_column(name: str, contract: Contract) -> Failure:
    return Failure(
        column=name,
        check=Kind.COLUMN,
        severity=Severity.STOP,
        expected=f"column {name}",
        got="no such column",
        next_step=f"Add it to the feed, or remove it from {_file(contract)}.",
    )


def _extra_column(name: str, contract: Contract) -> Failure:
    return Failure(
        column=name,
        check=Kind.EXTRA_COLUMNS,
        severity=Severity(contract.extra_columns),
        expected="no column that the contract does not have",
        got=f"column {name}",
        next_step=f"Drop it from the feed, describe it under columns in {_file(contract)}, or set "
        "extra_columns: warn there.",
    )


def _got(
    kind: Kind, result: ExpectationValidationResult, frame: pd.DataFrame, rows: Sequence[int]
) -> str:
    if error := raised(result):
        return f"an error from Great Expectations: {error}"
    names = list(columns_of(result))
    match kind:
        case Kind.NOT_NULL | Kind.MISSING_SHARE:
            got = _number(_count(result) or 0, "row without one", "rows without one")
        case Kind.UNIQUE | Kind.KEY:
            got = _duplicates(kind, frame, names, rows)
        case Kind.BETWEEN:
            got = _outside(frame[names[0]].iloc[list(rows)])
        case Kind.IN_SET:
            unknown = [_shown(thing) for thing in frame[names[0]].iloc[list(rows)].unique()]
            got = f"{listed(unknown, MOST_EXAMPLES)} in {_number(len(rows), 'row', 'rows')}"
        case _ if rows:
            got = _number(len(rows), "row that breaks it", "rows that break it")
        case _:
            got = _shown(result.result.get("observed_value", "something else"))
    return got


def _outside(values: pd.Series[Any]) -> str:
    if len(values) == 1:
        return _shown(values.iloc[0])
    span = f"{_shown(values.min())} to {_shown(values.max())}"
    return f"{len(values):,} values outside, from {span}"


def _duplicates(kind: Kind, frame: pd.DataFrame, names: list[str], rows: Sequence[int]) -> str:
    offending = frame.iloc[list(rows)]
    different = len(offending[names].drop_duplicates())
    word = "key" if kind is Kind.KEY else "value"
    text = f"{len(rows):,} rows that share {_number(different, word, word + 's')}"
    copies = int(offending.duplicated().sum())
    more = _number(copies, "exact copy", "exact copies")
    return f"{text}, {more} among them" if copies else text


def _examples(
    frame: pd.DataFrame, contract: Contract, names: Sequence[str], rows: Sequence[int]
) -> tuple[str, ...]:
    shown = [*(name for name in contract.key if name not in names), *names]
    shown = [name for name in shown if name in frame]
    return tuple(
        f"row {row} ({', '.join(f'{name}={_shown(frame[name].iloc[row])}' for name in shown)})"
        for row in list(rows)[:MOST_EXAMPLES]
    )


def _next_step(kind: Kind, names: Sequence[str], contract: Contract) -> str:
    table, column = contract.table, names[0] if names else ""
    change = {
        Kind.NOT_NULL: f"set missing of {column} to a share",
        Kind.MISSING_SHARE: f"raise missing of {column}",
        Kind.BETWEEN: f"widen min and max of {column}",
        Kind.IN_SET: f"add the new values to values of {column}",
        Kind.UNIQUE: f"remove unique from {column}",
        Kind.KEY: "add to key what tells these rows apart",
        Kind.CUSTOM: "change the expectation",
    }[kind]
    return f"Mend the feed of {table}, or {change} in {_file(contract)}."


def _count(result: ExpectationValidationResult) -> int | None:
    count = result.result.get("unexpected_count")
    return None if count is None else int(count)


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _shown(thing: Any, most: int = 60) -> str:
    if pd.api.types.is_scalar(thing) and pd.isna(thing):
        return "nothing"
    if isinstance(thing, float) and not math.isfinite(thing):
        return "infinity" if thing > 0 else "minus infinity"
    if hasattr(thing, "item"):
        thing = thing.item()
    text = value(thing)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _dtype_words(values: pd.Series[Any]) -> str:
    name = str(values.dtype).lower()
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return TYPES[ColumnType.DATETIME]
    for start, words in _DTYPE_WORDS:
        if start in name:
            return words
    return "mixed values" if values.dtype == object else "text"


def _file(contract: Contract) -> str:
    return f"contracts/{contract.table}.yml"
