"""Which weeks of the features are to be built, and from which rows: only what is new.

A week is built again if something that its rows follow from has changed since it was built: rows of
a table, by a hash of each of their weeks; the contracts, the settings and the code; or what the run
may know. All other weeks stay as they are in the store, and come out the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce
from importlib.util import find_spec
from math import ceil
from operator import or_
from pathlib import Path

import ibis
from pydantic import Field

from weekwise import __version__
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.contract.reserved import AS_OF
from weekwise.features.conform import time_of
from weekwise.features.fingerprint import text_hash
from weekwise.features.past_aggregates import pasts
from weekwise.features.week_content import WeekContent, monday_of, week_contents
from weekwise.features.window import Window

ROWS = "rows"
"""The figure of a week that counts its rows after cleaning."""

_WEEK = timedelta(days=7)
_HOURS_A_DAY = 24
_MAKERS = ("weekwise.contract", "weekwise.features")
"""The packages whose code makes features of rows."""


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
        # The run's own date is in every row, and differs in every run.
        names = [
            name
            for name in self.table.columns
            if name != AS_OF and (self.contract is None or name in self.contract.columns)
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
        parts = [(week - before, week + _WEEK + ahead) for week in self.weeks]
        parts.append((self.open_from - before, date.max))
        return table.filter(time.isnull() | _within(time, _merged(parts)))

    def rows_built(self, table: ibis.Table, time: str) -> ibis.Table:
        """The rows of the weeks to build, and those without a time.

        Args:
            table: Rows of features, or rows that they are made of.
            time: The name of their time column.
        """
        if self.whole:
            return table
        parts = [(week, week + _WEEK) for week in self.weeks]
        inside = _within(table[time], _merged([*parts, (self.open_from, date.max)]))
        return table.filter(table[time].isnull() | inside)


@dataclass(frozen=True)
class WeekRows:
    """Rows of features, and the weeks of the stored table that they replace.

    Attributes:
        table: The rows, in the order of their weeks and then of their key.
        time: The name of their time column; none if they have none.
        plan: Which weeks were built.
        order: The names of the columns that rows of a week are ordered by.
    """

    table: ibis.Table
    time: str | None
    plan: BuildPlan
    order: tuple[str, ...] = ()

    def in_order(self, rows: ibis.Table) -> ibis.Table:
        """Rows in the order of their weeks and then of their key."""
        week = [] if self.time is None else [monday_of(rows[self.time])]
        return rows.order_by([*week, *self.order])


def plan_build(
    sources: Mapping[str, FeatureSource],
    contract: Contract,
    window: Window,
    built: BuiltWeeks | None,
    *,
    reach_days: int = 0,
    settings: Sequence[str] = (),
    makers: Collection[str] = (),
) -> BuildPlan:
    """Find the weeks of the features that are to be built.

    Args:
        sources: The tables they are made of, by name.
        contract: The features' contract.
        window: The run's place in time.
        built: From what the stored weeks were built; none if the store does not keep that.
        reach_days: How far from a row, before or after it, lie the rows of `sources` that it is
            made of; what its contract's aggregates take comes on top.
        settings: Whatever else features follow from, as text.
        makers: Names of packages or modules whose code makes them, beside Weekwise's own.
    """
    if contract.time is None or built is None:
        return BuildPlan()
    reach = Reach.of(contract, window, reach_days)
    settled = window.history_end(contract) - timedelta(days=reach.ahead)
    contents = {name: source.contents() for name, source in sources.items()}
    now = BuiltWeeks(
        rules=_rules(sources, contract, window, [*settings, *map(_code_hash, makers)]),
        settled=settled,
        tables={
            name: {week: content for week, content in weeks.items() if week is not None}
            for name, weeks in contents.items()
        },
        undated={name: weeks[None] for name, weeks in contents.items() if None in weeks},
    )
    if built.rules != now.rules or built.undated != now.undated or not built.stored:
        return BuildPlan(built=now)
    # A run knows no more of what is dated in these weeks than that it is to come.
    open_from = min(settled, built.settled)
    open_from -= timedelta(days=open_from.weekday())
    known = {
        *built.stored,
        *built.figures,
        *(week for weeks in now.tables.values() for week in weeks),
    }
    stale = {
        week
        for week in known
        if week < open_from and _follows(week, _changed(built.tables, now.tables), reach)
    }
    plan = BuildPlan(
        whole=False,
        weeks=tuple(sorted(stale)),
        open_from=open_from,
        reach=reach,
        built=now,
        as_of=window.as_of,
    )
    kept = {week: figures for week, figures in built.figures.items() if not plan.is_built(week)}
    return replace(plan, built=now.model_copy(update={"figures": kept}))


def build_weeks(
    features: ibis.Table,
    clean: ibis.Table,
    contract: Contract,
    plan: BuildPlan,
    counted: Mapping[str, ibis.expr.types.BooleanValue],
) -> tuple[WeekRows, dict[str, int]]:
    """What a run stores of the features that it has built.

    Args:
        features: Rows of the contract, of the weeks to build and of others.
        clean: The rows they are made of, after cleaning, of the same weeks at least, with the
            contract's time column.
        contract: What `features` are.
        plan: Which weeks are built.
        counted: Which of the clean rows are counted, by the figure's name.

    Returns:
        The rows, and the figures of all weeks together: `rows`, how many there are after cleaning,
        and those in `counted`.
    """
    figures = _figures(clean, contract, plan, counted)
    undated = figures.pop(None, {})
    kept = {} if plan.built is None else plan.built.figures
    by_week = {**kept, **{week: each for week, each in figures.items() if week is not None}}
    totals = {
        name: sum(each.get(name, 0) for each in [*by_week.values(), undated])
        for name in (ROWS, *counted)
    }
    if plan.built is not None:
        in_order = dict(sorted(by_week.items()))
        plan = replace(plan, built=plan.built.model_copy(update={"figures": in_order}))
    order = contract.key or tuple(contract.columns)
    rows = features if contract.time is None else plan.rows_built(features, contract.time)
    made = WeekRows(rows, contract.time, plan, order)
    return WeekRows(made.in_order(rows), contract.time, plan, order), totals


def _figures(
    clean: ibis.Table,
    contract: Contract,
    plan: BuildPlan,
    counted: Mapping[str, ibis.expr.types.BooleanValue],
) -> dict[date | None, dict[str, int]]:
    named = {f"_{place}": name for place, name in enumerate(counted)}
    week = ibis.null("date") if contract.time is None else monday_of(clean[contract.time])
    marked = clean.mutate(
        _week=week, **{short: counted[name].ifelse(1, 0) for short, name in named.items()}
    )
    rows = marked if contract.time is None else plan.rows_built(marked, contract.time)
    sums = {short: rows[short].sum() for short in named}
    counts = rows.group_by("_week").agg(_rows=rows.count(), **sums).to_pyarrow().to_pylist()
    return {
        row["_week"]: {
            ROWS: row["_rows"],
            **{name: int(row[short] or 0) for short, name in named.items()},
        }
        for row in counts
    }


def _rules(
    sources: Mapping[str, FeatureSource],
    contract: Contract,
    window: Window,
    settings: Iterable[str],
) -> str:
    engines = {source.table.get_backend() for source in sources.values()}
    parts = [
        __version__,
        ibis.__version__,
        *sorted(f"{engine.name} {engine.version}" for engine in engines),
        *map(_code_hash, _MAKERS),
        contract.hash,
        *(f"{name} {source.contract and source.contract.hash}" for name, source in sources.items()),
        str(window.horizon_days),
        *settings,
    ]
    if pasts(contract):
        # Each row is given what the last run before it knew: the runs' weekday counts.
        parts.append(str(window.as_of.toordinal() % window.horizon_days))
    return text_hash(*parts)


def _code_hash(name: str) -> str:
    """A hash of the code of a package or module."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return name
    origin = Path(spec.origin)
    files = sorted(origin.parent.rglob("*.py")) if spec.submodule_search_locations else [origin]
    return text_hash(*(file.read_text("utf-8") for file in files))


def _changed(
    before: Mapping[str, Mapping[date, WeekContent]], now: Mapping[str, Mapping[date, WeekContent]]
) -> set[date]:
    """The weeks in which a table holds something else than before."""
    return {
        week
        for name in {*before, *now}
        for week in {*before.get(name, {}), *now.get(name, {})}
        if before.get(name, {}).get(week) != now.get(name, {}).get(week)
    }


def _follows(week: date, changed: Collection[date], reach: Reach) -> bool:
    """Whether rows of a week may follow from what has changed."""
    last = week + _WEEK + timedelta(days=reach.ahead)
    if reach.back is None:
        return any(each < last for each in changed)
    first = week - timedelta(days=reach.back)
    return any(first < each + _WEEK and each < last for each in changed)


def _merged(parts: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Stretches of days, from the first to before the second, in order and apart."""
    merged: list[tuple[date, date]] = []
    for start, end in sorted(parts):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _within(time: ibis.Column, parts: Sequence[tuple[date, date]]) -> ibis.expr.types.BooleanValue:
    day = time.cast("date")
    conditions = [
        day >= ibis.literal(start)
        if end == date.max
        else (day >= ibis.literal(start)) & (day < ibis.literal(end))
        for start, end in parts
    ]
    return reduce(or_, conditions)
