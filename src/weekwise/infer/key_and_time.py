"""Which columns tell a row from all others, and which one says when it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from weekwise.errors import FeedError
from weekwise.infer import names
from weekwise.infer.column_facts import ColumnFacts, Kind, identifier
from weekwise.wording import counted, listed, nearest, percent

TIMES = (Kind.DATE, Kind.TIME, Kind.TIME_WITH_OFFSET)
_KEYS = (Kind.INTEGER, Kind.TEXT)
_NEARLY_UNIQUE = 0.9
_MOST_PAIRS = 6


@dataclass(frozen=True)
class Key:
    """The columns that tell rows apart.

    Attributes:
        columns: Their names; none if no columns do.
        duplicates: The share of rows whose key another row has.
        reason: Why these.
    """

    columns: tuple[str, ...]
    duplicates: float
    reason: str


def choose_time(columns: Sequence[ColumnFacts], asked: str | None) -> tuple[str | None, str]:
    """The column that dates a row, and why it is that one.

    Args:
        columns: All columns.
        asked: The column that is asked for, if one is.

    Raises:
        FeedError: If that one cannot be it.
    """
    by_name = {column.name: column for column in columns}
    if asked is not None:
        chosen = known_column(by_name, asked, "--time")
        if chosen.kind not in TIMES:
            raise FeedError(
                f"column {asked} holds {chosen.kind}s (DuckDB's {chosen.stored}), and --time needs "
                "dates or dates with times; name another, or write them as 2030-07-15 17:45"
            )
        if chosen.known < chosen.rows:
            lacking = counted(chosen.rows - chosen.known, "row has", "rows have")
            raise FeedError(
                f"{lacking} no value of {asked}, and --time needs one in every row; "
                "fill them in, drop the rows, or name another column"
            )
        return asked, "asked for"
    able = [c for c in columns if c.kind in TIMES and c.known == c.rows and c.distinct > 1]
    able = [c for c in able if names.date_rank(c.name) < 2]  # noqa: PLR2004 - ends and birthdays
    if not able:
        return None, "no column has a date in every row"
    # What begins a row is dated before what ends it.
    best = min(able, key=lambda c: (names.date_rank(c.name), str(c.low), columns.index(c)))
    others = [c.name for c in able if c is not best]
    reason = "the only date in every row"
    if others:
        reason = f"the date that a row begins with; choose another with --time ({listed(others)})"
    return best.name, reason


def choose_key(
    rows: duckdb.DuckDBPyRelation,
    columns: Sequence[ColumnFacts],
    asked: Sequence[str],
    *,
    time: str | None,
    target: str,
) -> Key:
    """The columns that together tell one row from every other.

    Args:
        rows: The table.
        columns: All columns.
        asked: The columns that are asked for, if any are.
        time: The column that dates a row.
        target: The column to predict, which is never part of a key.

    Raises:
        FeedError: If those that are asked for cannot be it.
    """
    by_name = {column.name: column for column in columns}
    if asked:
        return _asked_key(rows, by_name, asked, target)
    complete = [c for c in columns if c.kind in _KEYS and c.known == c.rows and c.name != target]
    alone = [c for c in complete if c.distinct >= _NEARLY_UNIQUE * c.rows and _tells_rows(c)]
    alone.sort(key=lambda c: not names.is_identifier(c.name, strongly=True))
    for column in alone[:_MOST_PAIRS]:
        repeated = repeated_share(rows, [column.name])
        if repeated <= 1 - _NEARLY_UNIQUE:
            copies = f", but for {percent(repeated, 2)} of rows" if repeated else ""
            return Key((column.name,), repeated, f"a different value in every row{copies}")
    ids = [c for c in complete if names.is_identifier(c.name) and c.distinct > 1]
    ids.sort(key=lambda c: -c.distinct)
    for column in ids[:_MOST_PAIRS] if time else ():
        pair = [column.name, str(time)]
        if column.name != time and not repeated_share(rows, pair):
            return Key(tuple(pair), 0.0, "together different in every row")
    return Key((), 0.0, "no column tells every row from the others; choose with --key a,b")


def _asked_key(
    rows: duckdb.DuckDBPyRelation,
    by_name: dict[str, ColumnFacts],
    asked: Sequence[str],
    target: str,
) -> Key:
    for name in asked:
        column = known_column(by_name, name, "--key")
        if name == target:
            raise FeedError(f"column {name} is the target and cannot be in --key; leave it out")
        if column.known < column.rows:
            lacking = counted(column.rows - column.known, "row has", "rows have")
            raise FeedError(
                f"{lacking} no value of {name}, and a key needs one in every row; leave it out of "
                "--key, or fill them in"
            )
        if column.kind in (Kind.OTHER, Kind.NUMBER, Kind.BOOLEAN):
            raise FeedError(
                f"column {name} holds values of DuckDB's type {column.stored}, which tell no rows "
                "apart; --key takes whole numbers, text, dates and times"
            )
    repeated = repeated_share(rows, asked)
    if repeated > 0.5:  # noqa: PLR2004 - most rows
        raise FeedError(
            f"{percent(repeated)} of rows share {', '.join(asked)} with another row; "
            "add to --key what tells them apart, or leave --key out"
        )
    return Key(tuple(dict.fromkeys(asked)), repeated, "asked for")


def repeated_share(rows: duckdb.DuckDBPyRelation, key: Sequence[str]) -> float:
    """The share of rows whose key an earlier row has; DuckDB writes to disk what is too large."""
    groups = rows.aggregate("count(*) AS n", ", ".join(identifier(name) for name in key))
    row = groups.aggregate("1 - count(*) / sum(n)").fetchone()
    return float(row[0]) if row and row[0] is not None else 0.0


def _tells_rows(column: ColumnFacts) -> bool:
    """Whether a nearly unique column is an identifier, rather than a measurement."""
    if names.is_identifier(column.name):
        return True
    if column.kind is Kind.TEXT:
        return column.words < 2  # noqa: PLR2004 - one word
    return int(column.high) - int(column.low) + 1 <= column.rows * 1.1


def known_column(by_name: dict[str, ColumnFacts], name: str, option: str) -> ColumnFacts:
    """A column that an option names.

    Raises:
        FeedError: If there is none of that name.
    """
    if name in by_name:
        return by_name[name]
    hint = nearest(name, by_name) or f"the columns are {listed(list(by_name), 12)}"
    raise FeedError(f"{option} names column {name}, which the table does not have; {hint}")
