"""Rows that a run stores of the features it has built, by week, and their figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import ibis

from weekwise.contract.model import Contract
from weekwise.features.build_plan import BuildPlan
from weekwise.features.week_content import monday_of

ROWS = "rows"
"""The figure of a week that counts its rows after cleaning."""


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
    return replace(made, table=made.in_order(rows)), totals


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
