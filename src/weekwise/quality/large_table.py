"""The check of a table that is too large to be checked whole: what is new of it, piece by piece.

Rows that share what must be unique are found by the table's engine. Weeks that are as they were
when an earlier run found them good are not looked at again. All other rows pass by in pieces; those
that break something are kept, and Great Expectations' results are put together as if it had seen
the table whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.errors import DataGateError
from weekwise.features.conform import count_rows
from weekwise.features.engines import in_order
from weekwise.memory import give_back
from weekwise.quality import gx, structural_failures
from weekwise.quality import large_queries as queries
from weekwise.quality.asked_engine import all_hold
from weekwise.quality.checked_weeks import CheckedWeeks, mondays, weeks_of
from weekwise.quality.checks import GROWTH, STRUCTURE, CheckKind
from weekwise.quality.frames import as_frame, for_checks, frames_of, typed
from weekwise.quality.gate_result import Failure, GateResult
from weekwise.quality.pieces import UNIQUE, Pieces, is_row_by_row
from weekwise.quality.results import broken, concluded
from weekwise.quality.validate import grown_as_before
from weekwise.quality.value_failures import columns_of

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

PIECE_ROWS = 500_000
"""Rows that are checked at once; a table of no more is checked whole."""


@dataclass(frozen=True)
class LargeCheck:
    """What the check of a large table found.

    Attributes:
        result: The same as of any table; positions are those in `offending`.
        offending: The rows that break something, as they arrived.
        checked: The weeks that need not be looked at again as long as they stay as they are.
    """

    result: GateResult
    offending: pd.DataFrame
    checked: CheckedWeeks


def validate_large(
    table: ibis.Table,
    contract: Contract,
    suite: ExpectationSuite,
    as_of: date | None = None,
    checked: CheckedWeeks | None = None,
    *,
    piece_rows: int = PIECE_ROWS,
) -> LargeCheck:
    """Check a table against its contract, with as much of it in memory as a piece has rows.

    Args:
        table: The table; it has rows.
        contract: What it must be.
        suite: The contract's suite.
        as_of: The run's logical date; without it, freshness and volume are not looked at.
        checked: Weeks that an earlier run found good.
        piece_rows: About how many rows are checked at once.
    """
    started = perf_counter()
    checks = suite.expectation_configurations
    total = count_rows(table)
    now = weeks_of(table, contract)
    same = (checked or CheckedWeeks()).unchanged(now)
    rest, repeated = _apart(table, checks)

    pieces = Pieces(contract, checks)
    unknown = queries.changed(rest, contract, now.weeks.keys(), same)
    if all_hold(unknown, contract, checks):
        pieces.rows += count_rows(unknown)
    else:
        names = [name for name in contract.key if name in table.columns] or table.columns
        for piece in frames_of(in_order(unknown, names), piece_rows):
            pieces.look(piece)
            give_back()
    if len(repeated):
        pieces.look(repeated, with_unique=True)
    give_back()
    head = as_frame(table.limit(1))
    pieces.complete(head)

    results, structure = _structure(checks, head, total, contract)
    types = pieces.types()
    sound = {columns_of(result)[0] for result in types if result.success}
    values = [*pieces.finished(total), *_of_columns(checks, table, sound, contract, total)]
    offending = pieces.offending
    in_words = typed(offending, contract)
    timed = typed(as_frame(queries.newest(table, contract, as_of)), contract)
    growth, grown = grown_as_before(checks, types, timed, contract, as_of)
    failed: list[tuple[Failure, list[int]]] = [
        *((failure, []) for failure in [*structure, *pieces.failures(total)]),
        *(broken(one, in_words, contract, total) for one in values if not one.success),
        *((failure, []) for failure in grown),
    ]
    result = concluded(
        contract,
        total,
        failed,
        [*results, *types, *values, *growth],
        checks=len(checks),
        started=started,
        looked_at=pieces.rows if same else None,
    )
    return LargeCheck(result, offending, _found_good(now, pieces, offending, contract))


def _apart(
    table: ibis.Table, checks: Sequence[ExpectationConfiguration]
) -> tuple[ibis.Table, pd.DataFrame]:
    """The rows that share nothing that must be unique, and those that do, as far as they fit."""
    rest, parts = table, []
    for check in checks:
        names = list(check.meta["columns"])
        if check.meta["kind"] not in UNIQUE or not set(names) <= set(table.columns):
            continue
        shared = as_frame(queries.shared_keys(table, names).limit(PIECE_ROWS))
        if len(shared):
            keys = ibis.memtable(shared, schema=table.select(*names).schema())
            parts.append(
                as_frame(rest.semi_join(keys, queries.same_key(rest, keys)).limit(PIECE_ROWS))
            )
            rest = rest.anti_join(keys, queries.same_key(rest, keys))
    return rest, pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _structure(
    checks: Sequence[ExpectationConfiguration], head: pd.DataFrame, total: int, contract: Contract
) -> tuple[list[ExpectationValidationResult], list[Failure]]:
    """The columns, by one row of them, and the number of rows."""
    of_columns = [
        check
        for check in checks
        if check.meta["kind"] in (CheckKind.COLUMN, CheckKind.EXTRA_COLUMNS)
    ]
    columns = gx.validated(head, of_columns)
    counted = [check for check in checks if check.meta["kind"] == CheckKind.ROW_COUNT]
    rows = gx.validated(pd.DataFrame({"row": np.zeros(total, np.int8)}), counted)
    failures = []
    if not all(result.success for result in columns):
        failures += structural_failures.columns_differ([str(n) for n in head.columns], contract)
    if not all(result.success for result in rows):
        failures.append(structural_failures.row_count(total, contract))
    return [*columns, *rows], failures


def _of_columns(
    checks: Sequence[ExpectationConfiguration],
    table: ibis.Table,
    sound: set[str],
    contract: Contract,
    total: int,
) -> list[ExpectationValidationResult]:
    """The results of checks that ask columns as a whole: each is read, and no other with it."""
    results = []
    for check in checks:
        names = list(check.meta["columns"])
        kind = check.meta["kind"]
        if (
            kind in STRUCTURE | GROWTH | UNIQUE
            or is_row_by_row(check)
            or not sound.issuperset(names)
        ):
            continue
        if kind == CheckKind.MISSING_SHARE:
            frame = _gaps(table, names[0], total)
        elif names:
            frame = for_checks(typed(as_frame(table.select(*names)), contract))
        else:
            # Without copies the columns are one array, however many they are.
            frame = pd.DataFrame(dict.fromkeys(table.columns, np.zeros(total, np.int8)), copy=False)
        results += gx.validated(frame, [check])
        give_back()
    for result in results:
        # They are places in a column, and no offending rows were kept.
        result.result.pop("unexpected_index_list", None)
    return results


def _gaps(table: ibis.Table, name: str, total: int) -> pd.DataFrame:
    """A column with as many gaps as the table's has."""
    gaps = np.zeros(total, np.float16)
    gaps[: queries.gap_count(table, name)] = np.nan
    return pd.DataFrame({name: gaps})


def _found_good(
    now: CheckedWeeks, pieces: Pieces, offending: pd.DataFrame, contract: Contract
) -> CheckedWeeks:
    """The weeks of which no row breaks anything."""
    if pieces.wrong_types or contract.time is None:
        return CheckedWeeks()
    bad = mondays(offending[contract.time]) if len(offending) else set()
    good = {week: content for week, content in now.weeks.items() if week not in bad}
    return now.model_copy(update={"weeks": good})


@dataclass(frozen=True)
class KeyFilter:
    """Takes the same rows out of a large table by their key, however often it is loaded.

    Attributes:
        contract: What the table is.
        taken: The rows to take out, as they arrived.
    """

    contract: Contract
    taken: pd.DataFrame

    def clean(self, data: ibis.Table) -> ibis.Table:
        """The table without those rows, an expression on its own backend.

        Args:
            data: The table, loaded again or not.

        Raises:
            DataGateError: If their key does not tell them from rows that stay.
        """
        names = list(self.contract.key)
        if not names:
            raise DataGateError(self._no_key())
        keys = self.taken[names].drop_duplicates()
        bad = ibis.memtable(keys, schema=data.select(*names).schema())
        same = queries.same_key(data, bad)
        if count_rows(data.semi_join(bad, same)) != len(self.taken):
            raise DataGateError(self._no_key())
        return data.anti_join(bad, same)

    def _no_key(self) -> str:
        return (
            f"{len(self.taken):,} rows of {self.contract.table} are to be quarantined, and its key "
            "does not tell them from rows that stay; in a table of this size rows are taken out by "
            f"their key. Add to key in {self.contract.file} what tells them apart, or fix the feed"
        )
