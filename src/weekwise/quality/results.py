"""Great Expectations' results on a table's values, and what follows from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from weekwise.contract.column import Severity
from weekwise.contract.model import Contract
from weekwise.quality import gx, structural_failures, value_failures
from weekwise.quality.checks import CheckKind
from weekwise.quality.gate_result import Failure, GateResult, GateStatus

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult

_MOST_SEVERE_FIRST = (Severity.STOP, Severity.QUARANTINE, Severity.WARN)


def concluded(
    contract: Contract,
    total: int,
    failed: Sequence[tuple[Failure, list[int]]],
    made: Sequence[ExpectationValidationResult],
    *,
    checks: int,
    started: float,
    looked_at: int | None = None,
) -> GateResult:
    """What the gate found of a table, and what follows.

    Args:
        contract: What the table must be.
        total: How many rows it has.
        failed: What does not hold, with the positions of the rows that quarantine would take.
        made: The results of all checks that were made.
        checks: How many checks the contract asks for.
        started: When checking began, by `time.perf_counter`.
        looked_at: Of a large table: how many rows were looked at, if not all were.
    """
    to_take = _quarantined(failed)
    failures = [failure for failure, _ in failed] + _limits(len(to_take), total, contract)
    status = _status(failures)
    taken = to_take if status is GateStatus.QUARANTINE else {}
    return GateResult(
        table=contract.table,
        status=status,
        rows=total,
        checks=len(made),
        skipped=checks - len(made),
        failures=tuple(sorted(failures, key=lambda one: _MOST_SEVERE_FIRST.index(one.severity))),
        looked_at=looked_at,
        seconds=round(perf_counter() - started, 3),
        quarantined=taken,
        quarantined_rows=len(taken),
        evidence=_evidence(contract, made),
    )


def broken(
    result: ExpectationValidationResult, table: pd.DataFrame, contract: Contract, total: int
) -> tuple[Failure, list[int]]:
    """A failed check in words, with the positions of the rows that quarantine would take.

    Args:
        result: Of the check, with details.
        table: What was checked: the table, or those of its rows that break something.
        contract: What it must be.
        total: How many rows the table has.
    """
    rows: list[int] = []
    if value_failures.kind_of(result) is not CheckKind.MISSING_SHARE:
        rows = value_failures.offending_rows(result)
    failure = value_failures.value_failure(result, table, contract, rows, total)
    return failure, _to_take(result, table, rows)


def _to_take(
    result: ExpectationValidationResult, table: pd.DataFrame, rows: list[int]
) -> list[int]:
    """The rows that quarantine takes: of rows that are exact copies, one stays."""
    if value_failures.kind_of(result) is not CheckKind.KEY or not rows:
        return rows
    names = list(value_failures.columns_of(result))
    offending = table.iloc[rows]
    copy = offending.duplicated()
    # A key whose rows are all copies of one has as many copies as rows, less one.
    all_copies = copy.groupby([offending[name] for name in names]).transform("sum") == (
        copy.groupby([offending[name] for name in names]).transform("size") - 1
    )
    return [row for row, taken in zip(rows, ~all_copies | copy, strict=True) if taken]


def _quarantined(failed: Sequence[tuple[Failure, list[int]]]) -> dict[int, tuple[str, ...]]:
    """The rows to take out by position, each with its reasons.

    Args:
        failed: Failed checks with the positions of the rows that quarantine would take.
    """
    reasons: dict[int, list[str]] = defaultdict(list)
    for failure, rows in failed:
        if failure.severity is Severity.QUARANTINE:
            for row in rows:
                reasons[row].append(f"{failure.column}: expected {failure.expected}")
    return {row: tuple(reasons[row]) for row in sorted(reasons)}


def _limits(taken: int, rows: int, contract: Contract) -> list[Failure]:
    """Whether too many rows go to quarantine, or too few stay."""
    if taken and taken / rows > contract.quarantine_limit:
        return [value_failures.too_many(taken, rows, contract)]
    if taken and rows - taken < contract.min_rows:
        return [structural_failures.row_count(rows - taken, contract)]
    return []


def _status(failures: Sequence[Failure]) -> GateStatus:
    """What follows for the table as a whole."""
    severities = {failure.severity for failure in failures}
    for severity in _MOST_SEVERE_FIRST:
        if severity in severities:
            return GateStatus(severity.value)
    return GateStatus.OK


def _evidence(contract: Contract, results: Sequence[ExpectationValidationResult]) -> Any:
    """The results as Great Expectations would have given them, without lists of every row."""
    from great_expectations.core import ExpectationSuiteValidationResult

    for result in results:
        for long in ("unexpected_list", "unexpected_index_list"):
            result.result.pop(long, None)
    passed = sum(bool(result.success) for result in results)
    return ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=list(results),
        suite_name=contract.table,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results),
        },
        meta={
            "contract_hash": contract.hash,
            "great_expectations_version": gx.load().__version__,
        },
    )
