"""The check of a table: does it keep its contract, and what follows if not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING

import pandas as pd

from weekwise.contract.model import Contract
from weekwise.quality import gx, structural_failures, value_failures
from weekwise.quality.checks import GROWTH, STRUCTURE, CheckKind
from weekwise.quality.figure_failures import figure_failure
from weekwise.quality.frames import for_checks, typed
from weekwise.quality.freshness import figures, limits_of
from weekwise.quality.gate_result import Failure, GateResult
from weekwise.quality.results import broken, concluded
from weekwise.quality.suite import build_suite

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


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
        frame: The table, as from `weekwise.quality.frames.as_frame` or `in_key_order`.
        contract: What it must be.
        suite: The contract's suite, if it is built already.
        as_of: The run's logical date; without it, freshness and volume are not looked at.
    """
    started = perf_counter()
    suite = suite or build_suite(contract)
    # Great Expectations asks for columns by text, and a header may hold numbers.
    named = frame.set_axis(frame.columns.map(str), axis="columns")
    frame = named.reset_index(drop=True)
    checks = suite.expectation_configurations
    twice = frame.columns[frame.columns.duplicated()].unique()
    arrived = frame.loc[:, ~frame.columns.duplicated()]
    table = typed(arrived, contract)
    # Great Expectations tells rows by a named index in another way; words go without numbers.
    unnumbered = None if named.index.name is None else str(named.index.name)

    # A missing column has no type to check.
    asked = [check for check in checks if check.meta["kind"] in STRUCTURE and _there(check, table)]
    results = gx.validated(table, asked)
    structure = [structural_failures.column_twice(name, contract.table) for name in twice]
    structure += _structure_failures(results, arrived.rename_axis(unnumbered), contract)

    values = _checkable(checks, results, table)
    value_results = gx.validated(for_checks(table), values)
    growth, grown = grown_as_before(checks, results, table, contract, as_of)
    in_words = table.rename_axis(unnumbered)
    failed: list[tuple[Failure, list[int]]] = [
        *((failure, []) for failure in structure),
        *(broken(one, in_words, contract, len(table)) for one in value_results if not one.success),
        *((failure, []) for failure in grown),
    ]
    made = [*results, *value_results, *growth]
    return concluded(contract, len(table), failed, made, checks=len(checks), started=started)


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


def grown_as_before(
    checks: Sequence[ExpectationConfiguration],
    asked: Sequence[ExpectationValidationResult],
    table: pd.DataFrame,
    contract: Contract,
    as_of: date | None,
) -> tuple[list[ExpectationValidationResult], list[Failure]]:
    """Great Expectations' results on the table's figures, and those that are not as in its past.

    Args:
        checks: All checks of the table.
        asked: Results of the checks of its structure.
        table: In the contract's types; its time and target are looked at.
        contract: What it must be.
        as_of: The run's logical date; without it nothing is looked at.
    """
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
