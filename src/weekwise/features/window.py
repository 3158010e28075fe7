"""The window a run sees: what is history to it, and what is upcoming."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.errors import AsOfError


class Window(Frozen):
    """A run's place in time.

    Attributes:
        as_of: The run's logical date: it knows no outcome dated on or after it.
        horizon_days: How many days, from `as_of` on, are upcoming.
    """

    as_of: date
    horizon_days: int = Field(default=7, ge=1)

    @property
    def end(self) -> date:
        """The first date after the upcoming days."""
        return self.as_of + timedelta(days=self.horizon_days)

    def history(self, table: ibis.Table, contract: Contract) -> ibis.Table:
        """Rows dated before `as_of` whose target is known.

        Args:
            table: Rows with the contract's time and target columns.
            contract: What `table` is; it must have a time and a target column.
        """
        return table.filter(
            _dates(table, contract) < ibis.literal(self.as_of), table[_target(contract)].notnull()
        )

    def upcoming(self, table: ibis.Table, contract: Contract) -> ibis.Table:
        """Rows dated in `[as_of, as_of + horizon)`, without their target.

        Args:
            table: Rows with the contract's time and target columns.
            contract: What `table` is; it must have a time and a target column.
        """
        dates = _dates(table, contract)
        rows = table.filter(dates >= ibis.literal(self.as_of), dates < ibis.literal(self.end))
        return rows.drop(_target(contract))


def _dates(table: ibis.Table, contract: Contract) -> ibis.expr.types.DateValue:
    if contract.time is None:
        raise AsOfError(f"contract {contract.table} has no time column; give one column role: time")
    return table[contract.time].cast("date")


def _target(contract: Contract) -> str:
    if contract.target is None:
        raise AsOfError(f"contract {contract.table} has no target; give one column role: target")
    return contract.target
