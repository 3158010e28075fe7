"""A large table's rows piece by piece, each checked by itself: what of them breaks the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from weekwise.contract.model import Contract
from weekwise.quality import gx, structural_failures
from weekwise.quality.checks import CheckKind
from weekwise.quality.frames import for_checks, typed
from weekwise.quality.gate_result import Failure
from weekwise.quality.value_failures import columns_of, kind_of, offending_rows

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

_ROW_BY_ROW = frozenset({CheckKind.NOT_NULL, CheckKind.BETWEEN, CheckKind.IN_SET})
_FURTHER_ROW_BY_ROW = frozenset(
    f"expect_{name}"
    for name in (
        "column_pair_values_a_to_be_greater_than_b",
        "column_pair_values_to_be_equal",
        "column_pair_values_to_be_in_set",
        "column_value_lengths_to_be_between",
        "column_value_lengths_to_equal",
        "column_values_to_be_between",
        "column_values_to_be_in_set",
        "column_values_to_be_null",
        "column_values_to_match_regex",
        "column_values_to_match_regex_list",
        "column_values_to_not_be_in_set",
        "column_values_to_not_be_null",
        "column_values_to_not_match_regex",
        "column_values_to_not_match_regex_list",
        "multicolumn_sum_to_equal",
        "select_column_values_to_be_unique_within_record",
    )
)
"""Great Expectations' expectations of each row by itself, among those that a contract may name."""
UNIQUE = frozenset({CheckKind.UNIQUE, CheckKind.KEY})
"""Checks of rows that share a value: they hold if they hold of the rows that the engine found."""


def is_row_by_row(check: ExpectationConfiguration) -> bool:
    """Whether a check asks each row by itself: it holds of a table if it holds of every piece."""
    if check.meta["kind"] == CheckKind.CUSTOM:
        return check.type in _FURTHER_ROW_BY_ROW and check.kwargs.get("mostly", 1) == 1
    return check.meta["kind"] in _ROW_BY_ROW


_LONG = ("unexpected_list", "unexpected_index_list", "partial_unexpected_index_list")


@dataclass
class Pieces:
    """What the pieces looked at so far have shown.

    Attributes:
        contract: What the table must be.
        checks: All checks of the table.
        rows: How many rows were looked at.
        results: The result of each check that was made, by its number in the suite: of the first
            piece that breaks it, or of the last one that does not.
        wrong_types: Columns that are not of their type, by name.
        offending: The rows that break something, as they arrived.
        broken: Of each check that did not hold, the places in `offending` of its rows.
    """

    contract: Contract
    checks: Sequence[ExpectationConfiguration]
    rows: int = 0
    results: dict[int, ExpectationValidationResult] = field(default_factory=dict)
    wrong_types: dict[str, Failure] = field(default_factory=dict)
    broken: dict[int, list[int]] = field(default_factory=dict)
    _parts: list[pd.DataFrame] = field(default_factory=list)
    _kept: int = 0

    @property
    def offending(self) -> pd.DataFrame:
        """The rows that break something, as they arrived, numbered from 0."""
        if not self._parts:
            return pd.DataFrame(columns=list(self.contract.columns))
        return pd.concat(self._parts, ignore_index=True).rename_axis("offending")

    def look(self, arrived: pd.DataFrame, *, with_unique: bool = False) -> None:
        """Check one piece.

        Args:
            arrived: Rows as they arrived, numbered from 0.
            with_unique: Whether it holds all rows that share what must be unique.
        """
        self.rows += len(arrived)
        table = typed(arrived, self.contract)
        sound = self._sound(arrived, table)
        asked = [
            check
            for check in self.checks
            if (is_row_by_row(check) or (with_unique and check.meta["kind"] in UNIQUE))
            and sound.issuperset(check.meta["columns"])
        ]
        results = gx.validated(for_checks(table), asked)
        self._keep(results)
        found = {
            result.expectation_config.meta[gx.PLACE]: offending_rows(result)
            for result in results
            if not result.success and result.expectation_config is not None
        }
        taken = sorted({row for rows in found.values() for row in rows})
        place = {row: self._kept + number for number, row in enumerate(taken)}
        for number, rows in found.items():
            self.broken.setdefault(number, []).extend(place[row] for row in rows)
        if taken:
            self._parts.append(arrived.iloc[taken])
            self._kept += len(taken)

    def complete(self, arrived: pd.DataFrame) -> None:
        """Make the checks that no piece has been asked yet, since there was nothing to look at.

        Args:
            arrived: Some row that is known to be good, as it arrived.
        """
        table = typed(arrived, self.contract)
        if not any(kind_of(result) == CheckKind.TYPE for result in self.results.values()):
            self._sound(arrived, table)
        sound = {columns_of(result)[0] for result in self.types() if result.success}
        open_checks = [
            check
            for check in self.checks
            if (is_row_by_row(check) or check.meta["kind"] in UNIQUE)
            and check.meta[gx.PLACE] not in self.results
            and sound.issuperset(check.meta["columns"])
        ]
        self._keep(gx.validated(for_checks(table), open_checks))

    def _sound(self, arrived: pd.DataFrame, table: pd.DataFrame) -> set[str]:
        """Names of the columns that are there and of their type in this piece."""
        asked = [
            check
            for check in self.checks
            if check.meta["kind"] == CheckKind.TYPE and check.meta["columns"][0] in table
        ]
        results = gx.validated(table, asked)
        for result in results:
            (name,) = columns_of(result)
            if not result.success:
                wrong = structural_failures.wrong_type(
                    arrived[name], name, self.contract, numbered=False
                )
                known = self.wrong_types.get(name, wrong.model_copy(update={"count": 0}))
                count = (known.count or 0) + (wrong.count or 0)
                self.wrong_types[name] = known.model_copy(update={"count": count})
        self._keep(results)
        return {columns_of(result)[0] for result in results if result.success}

    def _keep(self, results: Sequence[ExpectationValidationResult]) -> None:
        for result in results:
            if result.expectation_config is None:
                continue
            number = result.expectation_config.meta[gx.PLACE]
            before = self.results.get(number)
            if before is None or before.success:
                self.results[number] = result

    def finished(self, total: int) -> list[ExpectationValidationResult]:
        """The results of the checks of single rows, each counted over the whole table.

        Args:
            total: How many rows the table has.
        """
        for number, rows in self.broken.items():
            details: dict[str, Any] = self.results[number].result
            for name in _LONG:
                details.pop(name, None)
            details["element_count"] = total
            details["unexpected_count"] = len(rows)
            details["unexpected_percent"] = 100 * len(rows) / total
            details["unexpected_index_list"] = rows
        return [
            result
            for _, result in sorted(self.results.items())
            if kind_of(result) != CheckKind.TYPE
        ]

    def failures(self, total: int) -> list[Failure]:
        """Columns that are not of their type, each counted over the whole table.

        Args:
            total: How many rows the table has.
        """
        return [
            failure.model_copy(update={"share": (failure.count or 0) / total})
            for failure in self.wrong_types.values()
        ]

    def types(self) -> list[ExpectationValidationResult]:
        """The results of the checks of types: each holds if it holds of every piece."""
        return [
            result
            for _, result in sorted(self.results.items())
            if kind_of(result) == CheckKind.TYPE
        ]
