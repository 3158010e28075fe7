"""Which weeks of the features are to be built, and the rows that those weeks follow from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil

import ibis
from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.features.conform import time_of
from weekwise.features.week_content import (
    WEEK,
    WeekContent,
    days_of,
    monday_of,
    week_contents,
    within,
)
from weekwise.features.window import Window

_HOURS_A_DAY = 24


class BuiltWeeks(Frozen):
    """From what the weeks of the stored features were built.

    Attributes:
        rules: A hash of the contracts, the settings and the code.
        settled: Rows before this date do not follow from the run's own date.
        tables: For each table what its weeks held, by their Mondays.
        undated: For each table what its rows without a time held.
        figures: Figures of each week, such as its rows after cleaning.
        stored: How many rows of features each week has.
    """

    rules: str = ""
    settled: date = date.min
    tables: dict[str, dict[date, WeekContent]] = Field(default_factory=dict)
    undated: dict[str, WeekContent] = Field(default_factory=dict)
    figures: dict[date, dict[str, int]] = Field(default_factory=dict)
    stored: dict[date, int] = Field(default_factory=dict)


@dataclass(frozen=True)
class FeatureSource:
    """A table that features are made of.

    Attributes:
        table: Its rows, after the data gate.
        contract: What they are; a table without one, or without a time, has no weeks.
    """

    table: ibis.Table
    contract: Contract | None = None

    @property
    def time(self) -> ibis.Column | None:
        """The time of each row, if rows have one."""
        return None if self.contract is None else time_of(self.table, self.contract)

    def contents(self) -> dict[date | None, WeekContent]:
        """What its weeks hold; under None its rows without a time."""
        time = self.time
        names = [
            name
            for name in self.table.columns
            if self.contract is None or name in self.contract.columns
        ]
        return week_contents(self.table, None if time is None else monday_of(time), names)


@dataclass(frozen=True)
class Reach:
    """From how far away rows of features follow from other rows.

    Attributes:
        back: So many days before; none for all of the past.
        ahead: So many days after.
    """

    back: int | None
    ahead: int = 0

    @classmethod
    def of(cls, contract: Contract, window: Window, days: int) -> Reach:
        """That of a contract's aggregates, and of what makes its rows.

        Args:
            contract: The features' contract.
            window: The run's place in time.
            days: How far from a row, before or after it, lie the rows that it is made of.
        """
        back = days
        for name in contract.aggregates:
            aggregate = contract.columns[name].aggregate
            if aggregate is None:
                continue
            if aggregate.within is not None:
                size, hours = aggregate.reach
                back = max(back, days + max(ceil(size / _HOURS_A_DAY) if hours else size, 1))
            elif aggregate.days is None:
                return cls(None, days)
            else:
                waiting = contract.known_after_days + window.horizon_days
                back = max(back, days + aggregate.days + waiting)
        return cls(back, days)


@dataclass(frozen=True)
class BuildPlan:
    """Which weeks of the features a run builds.

    Attributes:
        whole: Whether it builds all of them.
        weeks: The Mondays of those to build, in order, before `open_from`.
        open_from: The Monday from which on all are built.
        reach: From how far away their rows follow from others.
        built: From what all weeks are built then; none where that is not kept.
        as_of: The run's date, which all rows have in a column of that name, if there is one.
    """

    whole: bool = True
    weeks: tuple[date, ...] = ()
    open_from: date = date.min
    reach: Reach = field(default_factory=lambda: Reach(None))
    built: BuiltWeeks | None = None
    as_of: date | None = None

    @property
    def first(self) -> date:
        """The first Monday that is built."""
        return self.weeks[0] if self.weeks else self.open_from

    def is_built(self, week: date) -> bool:
        """Whether the week of a Monday is built."""
        return self.whole or week >= self.open_from or week in self.weeks

    def rows_to_read(self, source: FeatureSource) -> ibis.Table:
        """The rows of a table that the weeks to build follow from.

        Args:
            source: The table.
        """
        back, ahead, table = self.reach.back, timedelta(days=self.reach.ahead), source.table
        time = source.time
        if self.whole or time is None or back is None:
            return table
        before = timedelta(days=back)
        parts = [(week - before, week + WEEK + ahead) for week in self.weeks]
        parts.append((self.open_from - before, date.max))
        return table.filter(within(time, parts, or_undated=True))

    def rows_built(self, table: ibis.Table, time: str) -> ibis.Table:
        """The rows of the weeks to build, and those without a time.

        Args:
            table: Rows of features, or rows that they are made of.
            time: The name of their time column.
        """
        if self.whole:
            return table
        parts = [*map(days_of, self.weeks), (self.open_from, date.max)]
        return table.filter(within(table[time], parts, or_undated=True))
