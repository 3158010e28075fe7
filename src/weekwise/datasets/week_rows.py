"""Weeks of a stored table that take the place of those that are there."""

from __future__ import annotations

from datetime import date

import ibis
import sqlglot.expressions as sge
from pydantic import ValidationError

from weekwise.contract.reserved import AS_OF
from weekwise.datasets.stored_rows import common_schema, fitted
from weekwise.features.build_plan import BuiltWeeks
from weekwise.features.built_rows import WeekRows
from weekwise.features.week_content import monday_of

_BUILT = "_weeks"
_STATE = "state"


def replace_weeks(engine: ibis.BaseBackend, name: str, rows: ibis.Table, weeks: WeekRows) -> None:
    """Put rows in the place of a table's weeks, and keep what they were built from beside it.

    The rows are in the order that a table has that is written whole: what comes after the first
    week that is replaced is written again, though not computed. Call it in a transaction.

    Args:
        engine: The table's own.
        name: The table's name.
        rows: The new rows.
        weeks: Which weeks they are.
    """
    plan, time = weeks.plan, weeks.time
    if plan.whole or time is None or name not in engine.list_tables():
        engine.create_table(name, rows, overwrite=True)
    else:
        _replace(engine, name, rows, weeks, time)
    if plan.built is None or time is None:
        engine.drop_table(f"{name}{_BUILT}", force=True)
        return
    built = plan.built.model_copy(update={"stored": rows_by_week(engine.table(name), time)})
    state = ibis.memtable({_STATE: [built.model_dump_json()]}, schema={_STATE: "string"})
    engine.create_table(f"{name}{_BUILT}", state, overwrite=True)


def _replace(
    engine: ibis.BaseBackend, name: str, rows: ibis.Table, weeks: WeekRows, time: str
) -> None:
    table, plan = engine.table(name), weeks.plan
    week = monday_of(table[time])
    stays = (week < ibis.literal(plan.open_from)) & week.notin(plan.weeks or [plan.open_from])
    if common_schema(table.schema(), rows.schema()) != table.schema():
        schema = common_schema(table.schema(), rows.schema())
        kept = fitted(table.filter(stays), schema).union(fitted(rows, schema))
        engine.create_table(name, weeks.in_order(kept), overwrite=True)
        return
    fresh = fitted(rows, table.schema())
    later = table.filter(stays, week >= ibis.literal(plan.first))
    if any(week > plan.first and not plan.is_built(week) for week in rows_by_week(table, time)):
        fresh = weeks.in_order(fresh.union(later))
    # The table is read for what takes its rows' place.
    beside = engine.create_table(f"{name}_new", fresh, temp=True, overwrite=True)
    condition = sge.GTE(
        this=sge.cast(sge.column(time, quoted=True), "date"),
        expression=sge.cast(sge.convert(plan.first.isoformat()), "date"),
    )
    delete = sge.Delete(this=sge.table_(name, quoted=True), where=sge.Where(this=condition))
    engine.raw_sql(delete.sql(dialect=engine.compiler.dialect))
    engine.insert(name, beside)
    engine.drop_table(f"{name}_new")
    if AS_OF in table.columns and plan.as_of is not None:
        # The run's own date is in every row, those of weeks that stay too.
        column, value = sge.column(AS_OF, quoted=True), sge.convert(plan.as_of.isoformat())
        day = sge.cast(value, "date")
        update = sge.Update(
            this=sge.table_(name, quoted=True),
            expressions=[sge.EQ(this=column, expression=day)],
            where=sge.Where(this=sge.NEQ(this=column, expression=day)),
        )
        engine.raw_sql(update.sql(dialect=engine.compiler.dialect))


def built_weeks(engine: ibis.BaseBackend, name: str, time: str) -> BuiltWeeks:
    """From what the weeks of a stored table were built; of nothing if the table is another one.

    Args:
        engine: The table's own.
        name: The table's name.
        time: The name of its time column.
    """
    tables = engine.list_tables()
    if name not in tables or f"{name}{_BUILT}" not in tables:
        return BuiltWeeks()
    (state,) = engine.table(f"{name}{_BUILT}")[_STATE].to_pyarrow().to_pylist()
    try:
        built = BuiltWeeks.model_validate_json(state)
    except ValidationError:
        return BuiltWeeks()
    table = engine.table(name)
    if time not in table.columns or rows_by_week(table, time) != built.stored:
        return BuiltWeeks()
    return built


def rows_by_week(table: ibis.Table, time: str) -> dict[date, int]:
    """How many rows each week of a table has, by its Monday, in order.

    Args:
        table: The table.
        time: The name of its time column.
    """
    counts = table.group_by(week=monday_of(table[time])).agg(rows=ibis._.count()).order_by("week")
    return {row["week"]: row["rows"] for row in counts.to_pyarrow().to_pylist() if row["week"]}
