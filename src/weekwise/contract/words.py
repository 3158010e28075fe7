"""A contract's rules in plain words, the same in messages, tables and the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from weekwise.contract.model import Column, ColumnType

TYPES = {
    ColumnType.STRING: "text",
    ColumnType.CATEGORY: "text",
    ColumnType.INTEGER: "whole numbers",
    ColumnType.NUMBER: "numbers",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.DATE: "dates",
    ColumnType.DATETIME: "dates with times",
}


def limits(column: Column, most: int = 12) -> str:
    """The values a column allows: `0 to 1439 min`, `EWR, JFK, LGA`; empty if any will do.

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


def share(part: float) -> str:
    """A share of rows as a percentage, with as many digits as tell it from 0."""
    if part == 0 or part >= 0.01:  # noqa: PLR2004 - 1 %, from where two digits say enough
        return f"{part:.2%}".replace(".00%", "%")
    return f"{part * 100:.2g}%"


def value(thing: Any) -> str:
    """One value as a person writes it: no quotes, thousands apart, no empty midnight."""
    if isinstance(thing, bool) or thing is None:
        return str(thing).lower() if thing is not None else "nothing"
    if isinstance(thing, int | float):
        digits = "" if isinstance(thing, int) else ".10g"
        # Four digits may well be a year.
        return f"{thing:{digits}}" if abs(thing) < 10_000 else f"{thing:,{digits}}"  # noqa: PLR2004
    if isinstance(thing, datetime):
        text = thing.isoformat(sep=" ")
        return text.removesuffix(" 00:00:00")
    return thing.isoformat() if isinstance(thing, date) else str(thing)


def listed(words: list[str], most: int = 5) -> str:
    """Some words with commas, the ones over `most` only counted."""
    rest = len(words) - most
    shown = ", ".join(words[:most])
    return f"{shown} and {rest:,} more" if rest > 0 else shown


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean X?` for a word that is not known; empty if nothing comes near."""
    close = get_close_matches(word, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""
