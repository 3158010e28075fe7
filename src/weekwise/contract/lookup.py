"""Columns whose value follows from others by a table in the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from weekwise.contract.frozen import Frozen
from weekwise.wording import nearest

if TYPE_CHECKING:
    from weekwise.contract.column import Column

Value = bool | int | float | str


class Lookup(Frozen):
    """How a column follows from others, for forms: they fill it in, so that a row fits together.

    Nothing is checked or computed by it: a row may say something else.

    Attributes:
        by: The columns that it follows from.
        rows: The values of these, in that order, and then the column's own: `[north, van, 12]`.
    """

    by: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[Value, ...], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rows_are_a_table(self) -> Lookup:
        seen = set()
        for row in self.rows:
            if len(row) != len(self.by) + 1:
                raise ValueError(
                    f"row {list(row)} must have the values of {', '.join(self.by)} and one more"
                )
            if row[:-1] in seen:
                raise ValueError(f"two rows begin with {list(row[:-1])}; leave one")
            seen.add(row[:-1])
        return self


def check_lookups(columns: Mapping[str, Column]) -> None:
    """Refuse look-ups by columns or of values that there are not.

    Raises:
        ValueError: If there is one; it says which, why, and what to do.
    """
    for name, column in columns.items():
        if column.lookup is not None:
            for fault in _faults(name, column, column.lookup, columns):
                raise ValueError(f"column {name}: lookup: {fault}")


def _faults(
    name: str, column: Column, lookup: Lookup, columns: Mapping[str, Column]
) -> Iterator[str]:
    """What is wrong with a look-up, the worst first."""
    if column.expression is not None or column.aggregate is not None:
        yield "the column has from or aggregate too; keep one of them"
    for key in lookup.by:
        if key not in columns or key == name:
            what = "itself" if key == name else "not there"
            near = nearest(key, columns) or f"use some of: {', '.join(columns)}"
            yield f"by names column {key}, which is {what}; {near}"
    for *keys, value in lookup.rows:
        for key, listed in zip(lookup.by, keys, strict=True):
            values = columns[key].values
            if values is not None and listed not in values:
                yield f"{listed!r} is none of {key}'s values; list it there, or leave the row out"
        yield from _value_faults(value, column)


def _value_faults(value: Value, column: Column) -> Iterator[str]:
    if isinstance(value, str) != column.type.facts.textual:
        yield f"{value!r} is not of type {column.type}"
    if column.values is not None and value not in column.values:
        yield f"{value!r} is none of the column's own values"
    if isinstance(value, str):
        return
    if isinstance(column.min, int | float) and value < column.min:
        yield f"{value!r} is under min {column.min}"
    if isinstance(column.max, int | float) and value > column.max:
        yield f"{value!r} is over max {column.max}"
