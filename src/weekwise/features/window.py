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

    A table without a time column has no place in it: its history is every row whose target is
    known, and its upcoming rows are the others.

    Attributes:
        as_of: The run's logical date: it knows nothing that happened on or after it.
        horizon_days: How many days, from `as_of` on, are upcoming.
    """

    as_of: date
    horizon_days: int = Field(default=7, ge=1)

    @property
    def end(self) -> date:
        """The first date after the upcoming days."""
        return self.as_of + timedelta(days=self.horizon_days)

    def history_end(self, contract: Contract) -> date:
        """The first date whose outcomes are not due yet: history lies before it."""
        return self.as_of - timedelta(days=contract.known_after_days)

    def history(self, table: ibis.Table, contract: Contract) -> ibis.Table:
        """Rows whose outcome is due and known.

        Args:
            table: Rows with the contract's time and target columns.
            contract: What `table` is; it must have a target column.
        """
        due = self.due(table, contract)
        return due.filter(_has_outcome(due, contract))

    def due(self, table: ibis.Table, contract: Contract) -> ibis.Table:
        """Rows whose outcome is due: those dated before the end of history, known or not.

        Args:
            table: Rows with the contract's time column, if it has one.
            contract: What `table` is. Without a time column every row is due.
        """
        if contract.time is None:
            return table
        return table.filter(self._is_due(table, contract))

    def upcoming(self, table: ibis.Table, contract: Contract) -> ibis.Table:
        """Rows to predict, without their target: not due yet, and dated before the window's end.

        Args:
            table: Rows with the contract's time and target columns.
            contract: What `table` is; it must have a target column.
        """
        target = _target(contract)
        if contract.time is None:
            return table.filter(table[target].isnull()).drop(target)
        dates = _dates(table, contract)
        start = ibis.literal(self.history_end(contract))
        return table.filter(dates >= start, dates < ibis.literal(self.end)).drop(target)

    def left_out(
        self, table: ibis.Table, contract: Contract
    ) -> dict[str, ibis.expr.types.BooleanValue]:
        """Which rows are neither history nor upcoming, by reason.

        Args:
            table: Rows with the contract's time and target columns.
            contract: What `table` is; it must have a target column.
        """
        target = table[_target(contract)]
        due = ibis.literal(True)
        reasons = {}
        if contract.time is not None:
            due = self._is_due(table, contract)
            reasons = {
                "without an outcome": due & target.isnull(),
                "after the upcoming days": _dates(table, contract) >= ibis.literal(self.end),
            }
        if contract.columns[_target(contract)].values is not None:
            reasons["with an outcome that the contract does not list"] = (
                due & target.notnull() & ~_has_outcome(table, contract)
            )
        return reasons

    def known_target(self, table: ibis.Table, contract: Contract) -> ibis.Column:
        """The target as the run may know it: hidden where it is not due yet.

        A feed may know more than the run may, as in a replay.

        Args:
            table: Rows with the contract's time and target columns.
            contract: What `table` is; it must have a target column.
        """
        target = table[_target(contract)]
        if contract.time is None:
            return target
        return self._is_due(table, contract).ifelse(target, ibis.null(target.type()))

    def _is_due(self, table: ibis.Table, contract: Contract) -> ibis.expr.types.BooleanValue:
        return _dates(table, contract) < ibis.literal(self.history_end(contract))


def _dates(table: ibis.Table, contract: Contract) -> ibis.expr.types.DateValue:
    return table[str(contract.time)].cast("date")


def _has_outcome(table: ibis.Table, contract: Contract) -> ibis.expr.types.BooleanValue:
    """Whether a row's outcome is known, and one that the contract lists, if it lists any."""
    target, listed = table[_target(contract)], contract.columns[_target(contract)].values
    return target.notnull() if listed is None else target.isin(list(listed))


def _target(contract: Contract) -> str:
    if contract.target is None:
        raise AsOfError(f"contract {contract.table} has no target; give one column role: target")
    return contract.target
