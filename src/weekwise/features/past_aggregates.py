"""Aggregates over the rows whose target was known at each run, as running sums over the runs.

Each row of the past enters the sums of its keys at the first run that knows its target, and leaves
them at the first whose window it is too old for. The sums so far are then what each run knew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import ibis

from weekwise.contract.aggregate import Aggregate, AggregateFunction
from weekwise.contract.model import Contract
from weekwise.features.window import Window

PERIOD = "_period"
"""The column that says how many runs before this one a run lies, as 0, -1, …."""

_LAST = "_last"
_EXACT = "decimal(38, 12)"
"""Sums of these do not depend on the order of rows, as sums of floats do."""


@dataclass(frozen=True)
class Past:
    """The aggregates over the past that share their keys.

    Attributes:
        by: The columns whose values rows share.
        aggregates: The aggregates by the names of their columns.
    """

    by: tuple[str, ...]
    aggregates: Mapping[str, Aggregate] = field(default_factory=dict)

    def as_known(
        self, history: ibis.Table, asked: ibis.Table, contract: Contract, window: Window
    ) -> ibis.Table:
        """The aggregates of some keys as each run knew them.

        Args:
            history: Rows whose target is known.
            asked: Keys and periods, as columns `by` and `_period`; each of them once.
            contract: What the rows are.
            window: The run's place in time.

        Returns:
            `by`, `_period`, and a column an aggregate, in float64: for `days_since_last` the last
            time, in seconds since 1970. Rows that lack a key are left out.
        """
        sums = self._running_sums(history, asked, contract, window)
        smoothed = {
            _overall(name): each.model_copy(update={"by": (), "smoothing": 0})
            for name, each in self.aggregates.items()
            if each.smoothing
        }
        if smoothed:
            overall = Past((), smoothed)
            periods = asked.select(PERIOD).distinct()
            means = overall.as_known(history, periods, contract, window)
            sums = joined(sums, means, [PERIOD], list(smoothed))
        made = {name: self._value(sums, name) for name in self.aggregates}
        return sums.select(*self.by, PERIOD, **made)

    def _running_sums(
        self, history: ibis.Table, asked: ibis.Table, contract: Contract, window: Window
    ) -> ibis.Table:
        """For each key and period and each aggregate, its rows and sum; 0 without rows."""
        known = with_keys(history, self.by)
        measured = known.mutate(
            {
                **{
                    _total(name): _measure(known, each, contract)
                    for name, each in self.aggregates.items()
                },
                _LAST: seconds_of(known, contract),
            }
        )
        nothing = {
            **{_rows(name): ibis.literal(0, "int64") for name in self.aggregates},
            **{
                _total(name): ibis.literal(0).cast(measured[_total(name)].type())
                for name in self.aggregates
            },
            _LAST: ibis.null("int64"),
        }
        columns = [*self.by, PERIOD, *nothing]
        windows = sorted({each.days for each in self.aggregates.values() if each.days})
        parts = [
            with_keys(asked, self.by).mutate(nothing),
            *(
                self._changes(measured, contract, window, days, nothing)
                for days in [None, *windows]
            ),
        ]
        changes = reduce(ibis.Table.union, (part.select(*columns) for part in parts))
        sums = {name: changes[name].sum() for name in nothing if name != _LAST}
        by_period = changes.group_by(*self.by, PERIOD).agg(**sums, **{_LAST: changes[_LAST].max()})
        so_far = ibis.cumulative_window(group_by=self.by or None, order_by=PERIOD)
        return by_period.mutate(
            **{name: by_period[name].sum().over(so_far) for name in sums},
            **{_LAST: by_period[_LAST].max().over(so_far)},
        )

    def _changes(
        self,
        measured: ibis.Table,
        contract: Contract,
        window: Window,
        days: int | None,
        nothing: Mapping[str, ibis.Value],
    ) -> ibis.Table:
        """Rows that enter the sums, or with `days` those that leave windows of that length."""
        sign = 1 if days is None else -1
        waiting = contract.known_after_days + (days or 0)
        age = days_to(measured, contract, window)
        period = ((age + waiting) // window.horizon_days) + 1
        counted = measured.mutate({PERIOD: period.cast("int64")})
        if days is not None:
            counted = counted.filter(counted[PERIOD] <= 0)
        taken = {name: each for name, each in self.aggregates.items() if days in (None, each.days)}
        changed = {
            **{_rows(name): counted.count() * sign for name in taken},
            **{_total(name): counted[_total(name)].sum() * sign for name in taken},
        }
        if days is None:
            changed[_LAST] = counted[_LAST].max()
        summed = counted.group_by(*self.by, PERIOD).agg(**changed)
        rest = {name: value for name, value in nothing.items() if name not in changed}
        return summed.mutate(rest).cast({name: value.type() for name, value in nothing.items()})

    def _value(self, sums: ibis.Table, name: str) -> ibis.Value:
        aggregate, rows = self.aggregates[name], sums[_rows(name)].cast("float64")
        if aggregate.function is AggregateFunction.COUNT:
            return rows
        if aggregate.function is AggregateFunction.DAYS_SINCE_LAST:
            return sums[_LAST].cast("float64")
        total = sums[_total(name)].cast("float64")
        if not aggregate.smoothing:
            return (rows > 0).ifelse(total / rows.nullif(0), ibis.null("float64"))
        weight = float(aggregate.smoothing)
        return (total + sums[_overall(name)] * weight) / (rows + weight)


def pasts(contract: Contract) -> list[Past]:
    """The aggregates of a contract that look at the past, those with the same keys together."""
    by_keys: dict[tuple[str, ...], dict[str, Aggregate]] = {}
    for name in contract.aggregates:
        aggregate = contract.columns[name].aggregate
        if aggregate is not None and aggregate.within is None:
            by_keys.setdefault(aggregate.by, {})[name] = aggregate
    return [Past(by, aggregates) for by, aggregates in by_keys.items()]


def joined(
    rows: ibis.Table, found: ibis.Table, keys: Sequence[str], names: Sequence[str]
) -> ibis.Table:
    """Rows with what was found for their keys; missing where nothing was."""
    own = found.select(
        **{f"_key_{key}": found[key] for key in keys}, **{n: found[n] for n in names}
    )
    same = [rows[key] == own[f"_key_{key}"] for key in keys]
    return rows.left_join(own, same).select(*rows.columns, *names)


def with_keys(rows: ibis.Table, keys: Sequence[str]) -> ibis.Table:
    """Rows that have all of some keys."""
    return rows.filter([rows[key].notnull() for key in keys]) if keys else rows


def days_to(rows: ibis.Table, contract: Contract, window: Window) -> ibis.expr.types.IntegerValue:
    """Days from the run's date to a row's, negative before it."""
    return rows[str(contract.time)].cast("date").delta(ibis.literal(window.as_of), unit="day")


def seconds_of(rows: ibis.Table, contract: Contract) -> ibis.expr.types.IntegerValue:
    """Whole seconds from 1970 to a row's time, on its own clock."""
    # Else DuckDB rounds to the next second.
    whole = rows[str(contract.time)].cast("timestamp(6)").truncate("s")
    return whole.epoch_seconds().cast("int64")


def _measure(rows: ibis.Table, aggregate: Aggregate, contract: Contract) -> ibis.Value:
    """What a mean is of, in a type whose sums are exact."""
    if aggregate.function is not AggregateFunction.MEAN:
        return ibis.literal(0, "int64")
    target = rows[str(contract.target)]
    column = contract.columns[str(contract.target)]
    if aggregate.value is not None:
        return (target == aggregate.value).cast("int64")
    facts = column.type.facts
    return target.cast("int64") if facts.whole or facts.boolean else target.try_cast(_EXACT)


def _rows(name: str) -> str:
    return f"_rows_{name}"


def _total(name: str) -> str:
    return f"_total_{name}"


def _overall(name: str) -> str:
    return f"_overall_{name}"
