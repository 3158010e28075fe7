"""Derived columns: which a contract has, in which order, and the SQL that computes them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from weekwise.contract.column import Column, Role
from weekwise.contract.expression import columns_of, on_its_own
from weekwise.contract.reserved import AS_OF
from weekwise.contract.sql_engine import connection, quoted
from weekwise.wording import nearest

Columns = Mapping[str, Column]

_ROLES = (Role.FEATURE, Role.CONTEXT)


def derived_names(columns: Columns) -> list[str]:
    """Names of the derived columns, in the table's order."""
    return [name for name, column in columns.items() if column.expression is not None]


def sources(name: str, columns: Columns) -> list[str]:
    """Names of the columns that a derived column's expression takes.

    Names in SQL are the same in upper and lower case; here they are as the contract has them.
    """
    known = {each.casefold(): each for each in columns}
    taken = columns_of(str(columns[name].expression))
    return [known.get(each.casefold(), each) for each in taken]


def raw_names(names: Iterable[str], columns: Columns) -> list[str]:
    """Names of the columns from which others follow: themselves, or what they are derived from.

    An aggregate follows from itself, and from the columns by which it is looked up.

    Args:
        names: The columns to have.
        columns: All columns.

    Returns:
        Columns that are not derived, in the table's order.
    """
    wanted = _with_sources(names, columns)
    return [name for name in columns if name in wanted and columns[name].expression is None]


def in_order(names: Iterable[str], columns: Columns) -> list[str]:
    """The derived ones among some columns and those they take, each after what it takes."""
    if not any(columns[name].expression for name in names):
        return []
    graph = {name: sources(name, columns) for name in derived_names(columns)}
    wanted = _with_sources(names, columns)
    order = TopologicalSorter(graph).static_order()
    return [name for name in order if name in graph and name in wanted]


def check_derived(columns: Columns) -> None:
    """Refuse derived columns that cannot be computed.

    Raises:
        ValueError: If one cannot; it says which, why, and what to do.
    """
    names = derived_names(columns)
    for name in names:
        _check_one(name, columns)
    if not names:
        return
    try:
        order = in_order(names, columns)
    except CycleError as error:
        circle = " from ".join(reversed(error.args[1]))
        raise ValueError(f"columns are derived in a circle: {circle}; break it") from None
    import duckdb

    for place, name in enumerate(order):
        column = columns[name]
        before = order[:place]
        raw = raw_names([*before, *sources(name, columns)], columns)
        empty = ", ".join(f"NULL AS {quoted(each)}" for each in raw)
        given = derived_query(before, columns, f"(SELECT {empty})", shown=sources(name, columns))
        describe = f"DESCRIBE SELECT {on_its_own(str(column.expression))} FROM ({given})"  # noqa: S608
        try:
            described = connection().execute(describe).fetchall()
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"column {name}: from: {column.expression!r} cannot be computed: {reason}"
            ) from None
        found = str(described[0][1])
        if not found.startswith(column.type.facts.sql.fitting):
            raise ValueError(
                f"column {name}: from: {column.expression!r} gives {found}, and the column is of "
                f"type {column.type}; cast it, or change the type"
            )


def _check_one(name: str, columns: Columns) -> None:
    column = columns[name]
    if column.role not in _ROLES:
        raise ValueError(
            f"column {name}: from is for features and context, and its role is {column.role}; "
            "compute it in the feed"
        )
    try:
        taken = sources(name, columns)
    except ValueError as error:
        raise ValueError(f"column {name}: from: {error}") from None
    if not taken:
        raise ValueError(f"column {name}: from: {column.expression!r} takes no column; name one")
    for each in taken:
        if each not in columns:
            near = nearest(each, columns) or f"use one of: {', '.join(columns)}"
            raise ValueError(f"column {name}: from names column {each}, which there is not; {near}")
        if columns[each].role is Role.TARGET or each == AS_OF:
            what = "the target" if columns[each].role is Role.TARGET else "the run's date"
            raise ValueError(
                f"column {name}: from takes {each}, {what}, which a row to be predicted does not "
                "have; leave it out"
            )
        if columns[each].aggregate is not None:
            raise ValueError(
                f"column {name}: from takes {each}, an aggregate, which is made after it; leave it "
                "out"
            )


def derived_query(
    order: Collection[str], columns: Columns, source: str, *, shown: Collection[str]
) -> str:
    """The SQL that computes derived columns.

    A value that cannot be computed, and one that is not finite, is missing.

    Args:
        order: The derived columns, each after what it takes, as `in_order` has them.
        columns: All columns.
        source: What to select from: it has the raw columns, of any type that can be cast.
        shown: Names of the columns that the query gives.
    """
    raw = raw_names([*order, *shown], columns)
    # What cannot be cast is told from what can by those who read the rows.
    casts = [f"TRY_{_cast(quoted(name), columns[name])} AS {quoted(name)}" for name in raw]
    query = f"SELECT {', '.join(casts)} FROM {source}"  # noqa: S608 - a contract's own names
    for name in raw:
        query = _finite(query, name, columns[name])
    for name in order:
        column = columns[name]
        value = f"TRY({_cast(on_its_own(str(column.expression)), column)})"
        query = _finite(f"SELECT *, {value} AS {quoted(name)} FROM ({query})", name, column)  # noqa: S608
    return f"SELECT {', '.join(map(quoted, shown))} FROM ({query})"  # noqa: S608


def _cast(value: str, column: Column) -> str:
    return f"CAST({value} AS {column.type.facts.sql.name})"


def _finite(query: str, name: str, column: Column) -> str:
    if not column.type.facts.sql.may_be_infinite:
        return query
    place = quoted(name)
    value = f"CASE WHEN isfinite({place}) THEN {place} END"
    return f"SELECT * REPLACE ({value} AS {place}) FROM ({query})"  # noqa: S608


def _with_sources(names: Iterable[str], columns: Columns) -> set[str]:
    found: set[str] = set()
    rest = list(names)
    while rest:
        name = rest.pop()
        if name in found or name not in columns:
            continue
        found.add(name)
        column = columns[name]
        if column.expression is not None:
            rest += sources(name, columns)
        if column.aggregate is not None:
            rest += column.aggregate.by
            if column.aggregate.takes_time:
                rest += [each for each in columns if columns[each].role is Role.TIME]
    return found
