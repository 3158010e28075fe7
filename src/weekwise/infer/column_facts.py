"""What a table's columns hold, counted by DuckDB over all rows; nothing large is held in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import duckdb

from weekwise.errors import FeedError
from weekwise.features.local_time import OFFSET, moment_sql

FEW = 60
"""Up to so many different values are counted one by one."""

_INTEGERS = {
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER",
}  # fmt: skip
_NUMBERS = {"UBIGINT", "HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL"}
_TEXTS = {"VARCHAR", "ENUM", "UUID"}
_ISO = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?"
"""A date or a local time as text, as a run reads it too."""
_ISO_OFFSET = rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]{OFFSET}"
"""A time with an offset as text."""
_COLUMNS_AT_ONCE = 100
_EXACT = 2**53
"""Up to here a float holds every whole number."""


class Kind(StrEnum):
    """What a column's values are to DuckDB."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIME = "time"
    TIME_WITH_OFFSET = "time with an offset"
    OTHER = "other"


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    Attributes:
        name: Its name.
        kind: What its values are: whole numbers are integers and midnights dates, whatever type
            holds them.
        stored: DuckDB's own type.
        rows: How many rows the table has.
        known: How many of them have a value.
        distinct: About how many different values there are; exact up to `FEW`.
        low: The smallest value.
        high: The largest value.
        words: The average number of words of text.
        values: How often each value occurs, the most frequent first; empty where they are many.
    """

    name: str
    kind: Kind
    stored: str
    rows: int
    known: int
    distinct: int
    low: Any = None
    high: Any = None
    words: float = 0.0
    values: dict[Any, int] = field(default_factory=dict)

    @property
    def missing_share(self) -> float:
        """The share of rows without a value."""
        return 1 - self.known / self.rows


def read_column_facts(rows: duckdb.DuckDBPyRelation) -> list[ColumnFacts]:
    """Count what every column of a table holds.

    Raises:
        FeedError: If it has no rows.
    """
    columns = [(name, str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)]
    facts: list[ColumnFacts] = []
    for start in range(0, len(columns), _COLUMNS_AT_ONCE):
        facts += _count(rows, columns[start : start + _COLUMNS_AT_ONCE])
    if not facts or not facts[0].rows:
        raise FeedError("the table has no rows; give one with past rows and their targets")
    few = [column for column in facts if column.kind is not Kind.OTHER and column.distinct <= FEW]
    counts = _value_counts(rows, [column.name for column in few])
    return [_with_values(column, counts.get(column.name, {})) for column in facts]


def with_moments(
    rows: duckdb.DuckDBPyRelation, columns: Sequence[ColumnFacts]
) -> duckdb.DuckDBPyRelation:
    """The rows, with times with an offset that are text as moments.

    Args:
        rows: The table.
        columns: What its columns hold.
    """
    texts = [
        f"{moment_sql(identifier(column.name))} AS {identifier(column.name)}"
        for column in columns
        if column.kind is Kind.TIME_WITH_OFFSET and column.stored in _TEXTS
    ]
    return rows.project(f"* REPLACE ({', '.join(texts)})") if texts else rows


def identifier(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _count(rows: duckdb.DuckDBPyRelation, columns: Sequence[tuple[str, str]]) -> list[ColumnFacts]:
    parts = ["count(*)"]
    for name, stored in columns:
        parts += _aggregates(identifier(name), _base(stored))
    row = rows.aggregate(", ".join(parts)).fetchone() or ()
    total, figures = int(row[0]), row[1:]
    width = len(figures) // max(len(columns), 1)
    return [
        _facts(name, stored, total, figures[place * width : (place + 1) * width])
        for place, (name, stored) in enumerate(columns)
    ]


def _aggregates(column: str, base: str) -> list[str]:
    """Known values, different ones, bounds, oddities, words, local times, times with an offset.

    Oddities are decimals in numbers and times of day in times.
    """
    known = f"count({column})"
    if base in _TEXTS:
        text = f"CAST({column} AS VARCHAR)"
        time, moment = f"TRY_CAST({text} AS TIMESTAMP)", moment_sql(text)
        return [
            known,
            f"approx_count_distinct({text})",
            f"min({text})",
            f"max({text})",
            f"count_if(date_trunc('day', {time}) <> {time})",
            f"avg(length({text}) - length(replace({text}, ' ', '')) + 1)",
            f"count_if(regexp_full_match({text}, '{_ISO}') AND {time} IS NOT NULL)",
            f"count_if(regexp_full_match({text}, '{_ISO_OFFSET}') AND {moment} IS NOT NULL)",
        ]
    distinct = f"approx_count_distinct({column})"
    if base in _NUMBERS:
        number = f"CAST({column} AS DOUBLE)"
        finite = f"CASE WHEN isfinite({number}) THEN {number} END"
        # Not a number is no value; an infinite one is, and no integer.
        known = f"count_if({column} IS NOT NULL AND NOT isnan({number}))"
        odd = f"count_if({number} <> floor({number}) OR abs({number}) >= {_EXACT})"
        odd = f"{odd} - count_if(isnan({number}))"
        return [known, distinct, f"min({finite})", f"max({finite})", odd, "0", "0", "0"]
    if base in ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
        odd = f"count_if(date_trunc('day', {column}) <> {column})"
        return [known, distinct, f"min({column})", f"max({column})", odd, "0", "0", "0"]
    if base in _INTEGERS or base in ("BOOLEAN", "DATE"):
        return [known, distinct, f"min({column})", f"max({column})", "0", "0", "0", "0"]
    return [known, "0", "NULL", "NULL", "0", "0", "0", "0"]


def _base(stored: str) -> str:
    """DuckDB's type without its arguments; `TIMESTAMP` for each precision."""
    base = stored.split("(", maxsplit=1)[0].strip()
    if stored.endswith("[]") or stored.startswith(("STRUCT", "MAP", "UNION")):
        return "OTHER"
    return "TIMESTAMP" if base in ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS") else base


def _facts(name: str, stored: str, rows: int, figures: Sequence[Any]) -> ColumnFacts:
    known, distinct, low, high, odd, words, iso, zoned = figures
    kind = _kind(_base(stored), known=bool(known), odd=bool(odd))
    if kind is Kind.TEXT and known and iso == known:
        kind = Kind.TIME if odd else Kind.DATE
        low, high = datetime.fromisoformat(low), datetime.fromisoformat(high)
    if kind is Kind.TEXT and known and zoned == known:
        kind = Kind.TIME_WITH_OFFSET
        low, high = _moment(low), _moment(high)
    if kind is Kind.INTEGER and isinstance(low, float):
        low, high = int(low), int(high)
    if kind is Kind.DATE and hasattr(low, "date"):
        low, high = low.date(), high.date()
    return ColumnFacts(
        name=name,
        kind=kind,
        stored=stored,
        rows=rows,
        known=int(known),
        distinct=min(int(distinct), int(known)),
        low=low,
        high=high,
        words=float(words or 0),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text[:10]}T{text[11:].replace(' ', '')}")


def _kind(base: str, *, known: bool, odd: bool) -> Kind:
    if base in _NUMBERS:
        return Kind.NUMBER if odd or not known else Kind.INTEGER
    if base == "TIMESTAMP":
        return Kind.TIME if odd or not known else Kind.DATE
    kinds = {"BOOLEAN": Kind.BOOLEAN, "DATE": Kind.DATE}
    kinds |= dict.fromkeys(_INTEGERS, Kind.INTEGER) | dict.fromkeys(_TEXTS, Kind.TEXT)
    kinds["TIMESTAMP WITH TIME ZONE"] = Kind.TIME_WITH_OFFSET
    return kinds.get(base, Kind.OTHER)


def _value_counts(rows: duckdb.DuckDBPyRelation, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each value of some columns occurs, as text, the most frequent first."""
    counts: dict[str, dict[str, int]] = {}
    for start in range(0, len(names), _COLUMNS_AT_ONCE):
        part = names[start : start + _COLUMNS_AT_ONCE]
        histograms = [f"histogram(CAST({identifier(name)} AS VARCHAR))" for name in part]
        row = rows.aggregate(", ".join(histograms)).fetchone() or ()
        for name, histogram in zip(part, row, strict=True):
            ordered = sorted((histogram or {}).items(), key=lambda pair: (-pair[1], pair[0]))
            counts[name] = {value: int(count) for value, count in ordered}
    return counts


def _with_values(column: ColumnFacts, counts: dict[str, int]) -> ColumnFacts:
    if not counts:
        return column
    read: Any = {Kind.INTEGER: lambda text: int(float(text)), Kind.NUMBER: float}.get(
        column.kind, str
    )
    if column.kind is Kind.BOOLEAN:
        read = {"true": True, "false": False}.__getitem__
    values = {read(text): count for text, count in counts.items()}
    return replace(column, values=values, distinct=len(values))
