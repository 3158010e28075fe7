"""A contract's rules in plain words, the same in messages, tables and the documentation."""

from __future__ import annotations

from weekwise.contract.column import Column
from weekwise.wording import listed, share, value


def limits(column: Column, most: int = 12) -> str:
    """The values a column allows: `0 to 1439 min`, `new, used`; empty if any will do.

    Args:
        column: The column.
        most: How many allowed values to list before the rest are only counted.
    """
    if column.values is not None:
        return listed([str(value) for value in column.values], most)
    low, high = (None if bound is None else value(bound) for bound in (column.min, column.max))
    if low is None and high is None:
        return column.unit or ""
    if high is None:
        words = f"{low} or more"
    elif low is None:
        words = f"{high} or less"
    else:
        words = f"{low} to {high}"
    return f"{words} {column.unit}" if column.unit else words


def missing(column: Column) -> str:
    """How much of a column may be missing: `never`, `up to 5%`."""
    if column.missing_share == 0:
        return "never"
    return "allowed" if column.missing_share == 1 else f"up to {share(column.missing_share)}"
