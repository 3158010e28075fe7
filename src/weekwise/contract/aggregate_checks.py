"""Whether the aggregates of a contract can be computed, and what is wrong where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from weekwise.contract.aggregate import Aggregate, AggregateFunction
from weekwise.contract.column import Column, Role
from weekwise.contract.reserved import AS_OF
from weekwise.wording import nearest

Columns = Mapping[str, Column]


def check_aggregates(columns: Columns) -> None:
    """Refuse aggregates that cannot be computed.

    Raises:
        ValueError: If one cannot; it says which, why, and what to do.
    """
    for name, column in columns.items():
        if column.aggregate is not None:
            for fault in _faults(name, column, column.aggregate, columns):
                raise ValueError(f"column {name}: aggregate: {fault}")


def _faults(name: str, column: Column, aggregate: Aggregate, columns: Columns) -> Iterator[str]:
    """What is wrong with an aggregate, the worst first."""
    yield from _column_faults(column, aggregate)
    yield from _time_faults(aggregate, columns)
    for key in aggregate.by:
        yield from _key_faults(name, key, columns)
    if aggregate.function is AggregateFunction.MEAN:
        yield from _target_faults(aggregate, columns)


def _column_faults(column: Column, aggregate: Aggregate) -> Iterator[str]:
    if column.role is not Role.FEATURE:
        yield f"it is for features, and the column's role is {column.role}; set role: feature"
    if column.expression is not None:
        yield "the column has from too; keep one of them"
    counts = aggregate.function is AggregateFunction.COUNT
    facts = column.type.facts
    if not facts.numeric or (facts.whole and not counts):
        yield (
            f"{aggregate.function} gives a number, and the column is of type {column.type}; "
            f"set type: {'integer' if counts else 'number'}"
        )


def _time_faults(aggregate: Aggregate, columns: Columns) -> Iterator[str]:
    time = next((each for each in columns.values() if each.role is Role.TIME), None)
    if time is None:
        yield (
            "it is computed from earlier rows, and no column has role time; give one column role: "
            "time, or remove aggregate"
        )
    elif aggregate.within is not None and not time.type.facts.has_time_of_day:
        _, hours = aggregate.reach
        if hours:
            yield (f"within {aggregate.within} needs a time of day, and the time is a date; use 1d")


def _key_faults(name: str, key: str, columns: Columns) -> Iterator[str]:
    if key not in columns:
        near = nearest(key, columns) or f"use some of: {', '.join(columns)}"
        yield f"by names column {key}, which there is not; {near}"
        return
    column = columns[key]
    if column.role is Role.TARGET or key == AS_OF:
        what = "the target" if column.role is Role.TARGET else "the run's date"
        yield f"by names {key}, {what}, which a row to be predicted does not have; leave it out"
    if key == name or column.aggregate is not None:
        what = "itself" if key == name else "an aggregate too"
        yield f"by names {key}, which is {what}; name columns that a row has by itself"
    facts = column.type.facts
    if not (facts.textual or facts.boolean or facts.whole):
        yield (
            f"by names {key}, whose values of type {column.type} hardly repeat; name a category, "
            "or derive one"
        )


def _target_faults(aggregate: Aggregate, columns: Columns) -> Iterator[str]:
    named = next((item for item in columns.items() if item[1].role is Role.TARGET), None)
    if named is None:
        yield "mean is of the target, and no column has role target; use count"
        return
    name, target = named
    if aggregate.value is None:
        if target.type.facts.textual:
            yield (
                f"{name} holds {target.type.facts.values_in_words}, which has no mean; name the "
                "value whose rate it is, as value: …"
            )
    elif target.values is not None and aggregate.value not in target.values:
        known = ", ".join(map(str, target.values))
        yield f"value {aggregate.value!r} is none of {name}'s values; use one of: {known}"
    elif type(aggregate.value) is not target.type.facts.allowed:
        yield f"value {aggregate.value!r} is not of {name}'s type, {target.type}; correct it"
