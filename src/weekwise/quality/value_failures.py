"""Great Expectations' results on values, in words that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from weekwise.contract.column import Severity
from weekwise.contract.model import Contract
from weekwise.quality.checks import CheckKind, has_limits
from weekwise.quality.gate_result import MOST_EXAMPLES, Failure
from weekwise.wording import counted, listed, shown

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult


def kind_of(result: ExpectationValidationResult) -> CheckKind:
    """What a result's check looked at."""
    return CheckKind(_meta(result)["kind"])


def columns_of(result: ExpectationValidationResult) -> tuple[str, ...]:
    """The columns a result's check looked at."""
    return tuple(_meta(result)["columns"])


def offending_rows(result: ExpectationValidationResult) -> list[int]:
    """Positions of the rows that break a check; none if it was not asked for details."""
    return sorted({int(row) for row in result.result.get("unexpected_index_list") or ()})


def value_failure(
    result: ExpectationValidationResult,
    frame: pd.DataFrame,
    contract: Contract,
    rows: Sequence[int],
    total: int,
) -> Failure:
    """A check of values that did not hold.

    Args:
        result: Of the check, with details.
        frame: What was checked: the table, or those of its rows that break something.
        contract: What it must be.
        rows: Positions of the offending rows; none if the check is not about single rows.
        total: How many rows the table has.
    """
    meta, kind = _meta(result), kind_of(result)
    severity = Severity(meta["severity"])
    if severity is Severity.QUARANTINE and not rows:
        # Nothing to take out: a table that breaks such a rule cannot be fixed by leaving rows out.
        severity = Severity.STOP
    count = len(rows) if rows else _count(result)
    return Failure(
        column=", ".join(columns_of(result)) or None,
        check=kind,
        severity=severity,
        expected=meta["description"],
        got=_got(kind, result, frame, rows),
        count=count,
        share=None if count is None else count / total,
        examples=examples(frame, contract, columns_of(result), rows),
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
        next_step=f"Fix the feed of {contract.table}, or raise quarantine_limit in "
        f"{contract.file}.",
    )


def examples(
    frame: pd.DataFrame, contract: Contract, names: Sequence[str], rows: Sequence[int]
) -> tuple[str, ...]:
    """Up to five rows in words, by their key and the columns in question.

    Args:
        frame: The table, rows numbered from 0, or other rows, which are not numbered in words.
        contract: What it must be.
        names: The columns in question.
        rows: Positions of the rows.
    """
    named = [*(name for name in contract.key if name not in names), *names]
    named = [name for name in named if name in frame]
    return tuple(_in_words(frame, named, row) for row in list(rows)[:MOST_EXAMPLES])


def _in_words(frame: pd.DataFrame, names: Sequence[str], row: int) -> str:
    values = ", ".join(f"{name}={shown(frame[name].iloc[row])}" for name in names)
    return f"row {row} ({values})" if frame.index.name is None else f"({values})"


def raised(result: ExpectationValidationResult) -> str | None:
    """The message of an exception that a check ran into, if it did."""
    info: Mapping[str, Any] = result.exception_info or {}
    # One exception, or one for each of the check's metrics.
    exceptions = [info] if "raised_exception" in info else list(info.values())
    for exception in exceptions:
        if exception["raised_exception"]:
            return " ".join(str(exception["exception_message"]).split())
    return None


def _meta(result: ExpectationValidationResult) -> Mapping[str, Any]:
    if result.expectation_config is None:
        raise TypeError("a result without its expectation")
    return result.expectation_config.meta


def _got(
    kind: CheckKind, result: ExpectationValidationResult, frame: pd.DataFrame, rows: Sequence[int]
) -> str:
    if error := raised(result):
        return f"an error from Great Expectations: {error}"
    names = list(columns_of(result))
    match kind:
        case CheckKind.NOT_NULL | CheckKind.MISSING_SHARE:
            got = counted(_count(result) or 0, "row without one", "rows without one")
        case CheckKind.UNIQUE | CheckKind.KEY:
            got = _duplicates(kind, frame, names, rows)
        case CheckKind.BETWEEN:
            got = _outside(frame[names[0]].iloc[list(rows)])
        case CheckKind.IN_SET:
            unknown = [shown(value) for value in frame[names[0]].iloc[list(rows)].unique()]
            got = f"{listed(unknown, MOST_EXAMPLES)} in {counted(len(rows), 'row', 'rows')}"
        case _ if rows:
            got = counted(len(rows), "row that breaks it", "rows that break it")
        case _:
            got = shown(result.result.get("observed_value", "something else"))
    return got


def _outside(values: pd.Series[Any]) -> str:
    if len(values) == 1:
        return shown(values.iloc[0])
    span = f"{shown(values.min())} to {shown(values.max())}"
    return f"{len(values):,} values outside, from {span}"


def _duplicates(kind: CheckKind, frame: pd.DataFrame, names: list[str], rows: Sequence[int]) -> str:
    offending = frame.iloc[list(rows)]
    different = len(offending[names].drop_duplicates())
    word = "key" if kind is CheckKind.KEY else "value"
    text = f"{len(rows):,} rows that share {counted(different, word, word + 's')}"
    copies = int(offending.duplicated().sum())
    more = counted(copies, "exact copy", "exact copies")
    return f"{text}, {more} among them" if copies else text


def _next_step(kind: CheckKind, names: Sequence[str], contract: Contract) -> str:
    table, column = contract.table, names[0] if names else ""
    if kind is CheckKind.BETWEEN and not has_limits(contract.columns[column]):
        return f"Fix the feed of {table}: {column} takes finite numbers alone."
    change = {
        CheckKind.NOT_NULL: f"set missing of {column} to a share",
        CheckKind.MISSING_SHARE: f"raise missing of {column}",
        CheckKind.BETWEEN: f"widen min and max of {column}",
        CheckKind.IN_SET: f"add the new values to values of {column}",
        CheckKind.UNIQUE: f"remove unique from {column}",
        CheckKind.KEY: "add to key what tells these rows apart",
        CheckKind.CUSTOM: "change the expectation",
    }[kind]
    return f"Fix the feed of {table}, or {change} in {contract.file}."


def _count(result: ExpectationValidationResult) -> int | None:
    count = result.result.get("unexpected_count")
    return None if count is None else int(count)
