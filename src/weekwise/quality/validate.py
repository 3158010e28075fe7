"""The check of a table: does it keep its contract, and what follows if not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING, Any

import pandas as pd

from weekwise.contract.column import Severity
from weekwise.contract.model import Contract
from weekwise.quality import gx, structural_failures, value_failures
from weekwise.quality.checks import GROWTH, STRUCTURE, CheckKind
from weekwise.quality.figure_failures import figure_failure
from weekwise.quality.frames import for_checks, typed
from weekwise.quality.freshness import figures, limits_of
from weekwise.quality.gate_result import Failure, GateResult, GateStatus
from weekwise.quality.suite import build_suite

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

_MOST_SEVERE_FIRST = (Severity.STOP, Severity.QUARANTINE, Severity.WARN)


def validate(
    frame: pd.DataFrame,
    contract: Contract,
    suite: ExpectationSuite | None = None,
    as_of: date | None = None,
) -> GateResult:
    """Check a table against its contract.

    The structure comes first; values are then checked in the columns whose structure holds, so a
    wrong type is reported once and not once a check. Everything wrong is reported together.

    Quarantine takes single rows out. A failure that no single rows make (too large a share of
    missing values, an expectation about a whole column) stops instead, even if its severity
    says otherwise, and so does more quarantine than the contract's limit or than leaves `min_rows`.

    Args:
        frame: The table, as from `weekwise.quality.frames.as_frame`.
        contract: What it must be.
        suite: The contract's suite, if it is built already.
        as_of: The run's logical date; without it, freshness and volume are not looked at.
    """
    started = perf_counter()
    suite = suite or build_suite(contract)
    # Great Expectations asks for columns by text, and a header may hold numbers.
    frame = frame.set_axis(frame.columns.map(str), axis="columns").reset_index(drop=True)
    checks = suite.expectation_configurations
    twice = frame.columns[frame.columns.duplicated()].unique()
    arrived = frame.loc[:, ~frame.columns.duplicated()]
    table = typed(arrived, contract)

    # A missing column has no type to check.
    asked = [check for check in checks if check.meta["kind"] in STRUCTURE and _there(check, table)]
    results = gx.validated(table, asked)
    failures = [structural_failures.column_twice(name, contract.table) for name in twice]
    failures += _structure_failures(results, arrived, contract)

    values = _checkable(checks, results, table)
    value_results = gx.validated(for_checks(table), values)
    broken = [_broken(result, table, contract) for result in value_results if not result.success]
    failures += [failure for failure, _ in broken]
    quarantined = _quarantined(broken)

    growth, grown = _growth(checks, results, table, contract, as_of)
    failures += grown
    failures += _limits(len(quarantined), len(table), contract)

    status = _status(failures)
    taken = quarantined if status is GateStatus.QUARANTINE else {}
    return GateResult(
        table=contract.table,
        status=status,
        rows=len(table),
        checks=len(asked) + len(values) + len(growth),
        skipped=len(checks) - len(asked) - len(values) - len(growth),
        failures=tuple(
            sorted(failures, key=lambda failure: _MOST_SEVERE_FIRST.index(failure.severity))
        ),
        seconds=round(perf_counter() - started, 3),
        quarantined=taken,
        quarantined_rows=len(taken),
        evidence=_evidence(contract, [*results, *value_results, *growth]),
    )


def _there(check: ExpectationConfiguration, table: pd.DataFrame) -> bool:
    return check.meta["kind"] != CheckKind.TYPE or check.meta["columns"][0] in table


def _structure_failures(
    results: Sequence[ExpectationValidationResult], arrived: pd.DataFrame, contract: Contract
) -> list[Failure]:
    failed = [result for result in results if not result.success]
    kinds = {value_failures.kind_of(result) for result in failed}
    failures = []
    if kinds & {CheckKind.COLUMN, CheckKind.EXTRA_COLUMNS}:
        failures += structural_failures.columns_differ(
            [str(name) for name in arrived.columns], contract
        )
    if CheckKind.ROW_COUNT in kinds:
        failures.append(structural_failures.row_count(len(arrived), contract))
    wrong = (
        value_failures.columns_of(r)[0]
        for r in failed
        if value_failures.kind_of(r) is CheckKind.TYPE
    )
    return failures + [
        structural_failures.wrong_type(arrived[name], name, contract) for name in wrong
    ]


def _checkable(
    checks: Sequence[ExpectationConfiguration],
    asked: Sequence[ExpectationValidationResult],
    table: pd.DataFrame,
) -> list[ExpectationConfiguration]:
    """Checks of values in columns that are there and of their type; none in an empty table."""
    if table.empty:
        return []
    sound = _sound(asked)
    return [
        check
        for check in checks
        if check.meta["kind"] not in STRUCTURE | GROWTH and sound.issuperset(check.meta["columns"])
    ]


def _sound(asked: Sequence[ExpectationValidationResult]) -> set[str]:
    """Names of the columns that are there and of their type."""
    return {
        value_failures.columns_of(result)[0]
        for result in asked
        if result.success and value_failures.kind_of(result) is CheckKind.TYPE
    }


def _growth(
    checks: Sequence[ExpectationConfiguration],
    asked: Sequence[ExpectationValidationResult],
    table: pd.DataFrame,
    contract: Contract,
    as_of: date | None,
) -> tuple[list[ExpectationValidationResult], list[Failure]]:
    """Great Expectations' results on the table's figures, and those that are not as in its past."""
    growth = [check for check in checks if check.meta["kind"] in GROWTH]
    needed = {name for name in (contract.time, contract.target) if name is not None}
    if not growth or as_of is None or table.empty or not needed <= _sound(asked):
        return [], []
    measured = figures(table, contract, as_of)
    growth = [check for check in growth if check.kwargs["column"] in measured]
    frame = pd.DataFrame({name.value: [figure.measured] for name, figure in measured.items()})
    results = gx.validated(frame, growth, limits_of(measured.values()))
    return results, [
        figure_failure(result, measured, table, contract)
        for result in results
        if not result.success
    ]


def _broken(
    result: ExpectationValidationResult, table: pd.DataFrame, contract: Contract
) -> tuple[Failure, list[int]]:
    """A failed check in words, with the positions of its offending rows."""
    rows: list[int] = []
    if value_failures.kind_of(result) is not CheckKind.MISSING_SHARE:
        rows = sorted({int(row) for row in result.result.get("unexpected_index_list") or ()})
    return value_failures.value_failure(result, table, contract, rows), _to_take(
        result, table, rows
    )


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
    return [int(row) for row in offending.index[~all_copies | copy]]


def _quarantined(broken: Sequence[tuple[Failure, list[int]]]) -> dict[int, tuple[str, ...]]:
    reasons: dict[int, list[str]] = defaultdict(list)
    for failure, rows in broken:
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
