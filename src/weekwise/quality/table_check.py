"""The check of any table, whole or in pieces by its size, and how its bad rows come out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.features.conform import count_rows
from weekwise.quality.checked_weeks import CheckedWeeks
from weekwise.quality.frames import in_key_order
from weekwise.quality.gate_result import GateResult
from weekwise.quality.large_table import PIECE_ROWS, KeyFilter, validate_large
from weekwise.quality.quarantine import RowFilter
from weekwise.quality.suite import build_suite
from weekwise.quality.validate import validate

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite


@dataclass(frozen=True)
class TableCheck:
    """What the check of one table found.

    Attributes:
        contract: What the table must be.
        result: What was found.
        rows: What the result's positions count: all rows, or those of a large table that break
            something.
        checked: Of a large table, the weeks that need not be looked at again.
    """

    contract: Contract
    result: GateResult
    rows: pd.DataFrame
    checked: CheckedWeeks | None = None

    @property
    def row_filter(self) -> RowFilter | KeyFilter | None:
        """Takes the quarantined rows out; none if there are none."""
        positions = tuple(self.result.quarantined)
        if not positions:
            return None
        if self.checked is None:
            return RowFilter(self.rows, self.contract, positions)
        return KeyFilter(self.contract, self.rows.iloc[list(positions)])


def check_table(
    data: Any,
    contract: Contract,
    suite: ExpectationSuite | None = None,
    as_of: date | None = None,
    checked: CheckedWeeks | None = None,
) -> TableCheck:
    """Check a table against its contract; a large one in pieces, so that it need not fit in memory.

    Args:
        data: An Ibis table or a pandas frame.
        contract: What it must be.
        suite: The contract's suite; built when it is not given.
        as_of: The run's logical date; without it, freshness and volume are not looked at.
        checked: Weeks of a large table that an earlier run found good.

    Raises:
        DataGateError: If it cannot be read.
    """
    if not isinstance(data, ibis.Table) or count_rows(data) <= PIECE_ROWS:
        frame = in_key_order(data, contract)
        return TableCheck(contract, validate(frame, contract, suite, as_of), frame)
    large = validate_large(data, contract, suite or build_suite(contract), as_of, checked)
    return TableCheck(contract, large.result, large.offending, large.checked)
