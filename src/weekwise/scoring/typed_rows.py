"""Rows of any file in their contract's types, as SQL for DuckDB, and what is wrong with each.

A row is right where the service would take it (`weekwise.contract.row`); beside that, files may
have words for true and false, numbers as text, and times in any form that a run reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from weekwise.contract.column import Column, OnServing
from weekwise.contract.model import Contract
from weekwise.contract.sql_engine import quoted, text_literal
from weekwise.contract.truth import truth_words
from weekwise.features.local_time import OFFSET, moment_sql

REASONS, COLUMNS = "_weekwise_reasons", "_weekwise_columns"
"""What is wrong with a row, and with which columns of it; none if nothing is."""

_EXACT = 2**53
_LONGEST = 60
_INTEGERS = frozenset(
    {
        "tinyint",
        "smallint",
        "integer",
        "bigint",
        "hugeint",
        "utinyint",
        "usmallint",
        "uinteger",
        "ubigint",
        "uhugeint",
    }
)
_FLOATS = frozenset({"float", "double", "decimal"})
_NUMBERS = _INTEGERS | _FLOATS
_ZONED = "timestamp with time zone"
_TIMES = frozenset({"timestamp", "timestamp_ns", "timestamp_ms", "timestamp_s", "date"})
_TEXTS = frozenset({"varchar", "enum", "uuid"})
PLAIN = _NUMBERS | _TIMES | {_ZONED, "boolean", "varchar"}
"""DuckDB's types that every kind of file has."""


@dataclass(frozen=True)
class TypedRows:
    """What a model takes of each row of a relation.

    Attributes:
        columns: Its contract's columns by the names that `sql` gives them.
        absent: Those that the relation does not have.
        sql: Expressions of the typed columns, of `REASONS` and of `COLUMNS`, for a SELECT.
    """

    columns: dict[str, str]
    absent: tuple[str, ...]
    sql: str


def typed_rows(
    rows: duckdb.DuckDBPyRelation, contract: Contract, inputs: Sequence[str]
) -> TypedRows:
    """How rows are read as a contract has them.

    Args:
        rows: Rows in any types.
        contract: What they are.
        inputs: Names of the raw columns that the model takes.
    """
    kinds = {name: kind.id for name, kind in zip(rows.columns, rows.types, strict=True)}
    names = {f"_weekwise_{place}": name for place, name in enumerate(inputs)}
    parts, faults = [], dict[str, str]()
    for alias, name in names.items():
        column = contract.columns[name]
        value = quoted(name) if name in kinds else "CAST(NULL AS VARCHAR)"
        kind = kinds.get(name, "varchar")
        parts.append(f"{_value_sql(column, value, kind, contract.timezone)} AS {alias}")
        if name in kinds:
            faults[name] = _joined("; ", _fault_cases(column, name, alias, kind))
    columns = (
        f"CASE WHEN {fault} IS NOT NULL THEN {text_literal(n)} END" for n, fault in faults.items()
    )
    parts.append(f"{_joined('; ', faults.values())} AS {REASONS}")
    parts.append(f"{_joined(', ', columns)} AS {COLUMNS}")
    absent = tuple(name for name in inputs if name not in kinds)
    return TypedRows(columns=names, absent=absent, sql=", ".join(parts))


def _joined(between: str, texts: Iterable[str]) -> str:
    """Texts that are there as one; NULL if none is."""
    return f"nullif(concat_ws({text_literal(between)}, {', '.join(['NULL', *texts])}), '')"


def _value_sql(column: Column, value: str, kind: str, zone: str) -> str:
    """A value in its contract's type; NULL where there is none, or none of that type.

    Args:
        column: What the contract says of it.
        value: An expression of the value as it is.
        kind: DuckDB's name of its type.
        zone: The contract's time zone.
    """
    facts = column.type.facts
    if facts.textual:
        return _text_sql(value, kind)
    if facts.boolean:
        return _truth_sql(column, value, kind)
    if facts.numeric:
        return _number_sql(value, kind)
    return _time_sql(value, kind, zone)


def _text_sql(value: str, kind: str) -> str:
    if kind in _FLOATS:
        # Whole numbers are alike whether 1 or 1.0, as the model reads them.
        whole = f"{value} = trunc({value}) AND abs({value}) < {_EXACT}"
        return (
            f"CASE WHEN isnan(CAST({value} AS DOUBLE)) THEN NULL "
            f"WHEN {whole} THEN CAST(CAST({value} AS BIGINT) AS VARCHAR) "
            f"ELSE CAST({value} AS VARCHAR) END"
        )
    return f"CAST({value} AS VARCHAR)"


def _truth_sql(column: Column, value: str, kind: str) -> str:
    if kind == "boolean":
        return value
    if kind not in _TEXTS | _NUMBERS:
        return "CAST(NULL AS BOOLEAN)"
    word = f"TRY_CAST({value} AS BIGINT)" if kind in _INTEGERS else value
    if kind in _FLOATS:
        word = f"CASE WHEN {value} = trunc({value}) THEN TRY_CAST({value} AS BIGINT) END"
    cases = " ".join(
        f"WHEN {text_literal(text)} THEN {str(truth).lower()}"
        for text, truth in truth_words(column).items()
    )
    return f"CASE lower(trim(CAST({word} AS VARCHAR))) {cases} END"


def _number_sql(value: str, kind: str) -> str:
    if kind not in _TEXTS | _NUMBERS:
        return "CAST(NULL AS DOUBLE)"
    number = f"CAST({value} AS DOUBLE)"
    if kind in _TEXTS:
        number = f"TRY_CAST(trim(CAST({value} AS VARCHAR)) AS DOUBLE)"
    # Not-a-number is no value.
    return f"CASE WHEN isnan({number}) THEN NULL ELSE {number} END"


def _time_sql(value: str, kind: str, zone: str) -> str:
    if kind == _ZONED:
        return f"timezone({text_literal(zone)}, {value})"
    if kind in _TIMES:
        return f"CAST({value} AS TIMESTAMP)"
    if kind not in _TEXTS:
        return "CAST(NULL AS TIMESTAMP)"
    text = f"CAST({value} AS VARCHAR)"
    return (
        f"CASE WHEN regexp_matches({text}, {text_literal(OFFSET)}) "
        f"THEN timezone({text_literal(zone)}, {moment_sql(text)}) "
        f"ELSE TRY_CAST(trim({text}) AS TIMESTAMP) END"
    )


def _fault_cases(column: Column, name: str, typed: str, kind: str) -> Iterator[str]:
    """What may be wrong with a value, each as an expression that is NULL where it is not."""
    facts, raw = column.type.facts, quoted(name)
    blank = f"{raw} IS NULL"
    if kind in _FLOATS:
        blank = f"({raw} IS NULL OR isnan(CAST({raw} AS DOUBLE)))"
    if not facts.textual and kind in _TEXTS:
        blank = f"({raw} IS NULL OR lower(trim(CAST({raw} AS VARCHAR))) IN ('', 'nan'))"
    if column.refuses_missing:
        yield f"CASE WHEN {blank} THEN {text_literal(f'{name}: there is no value')} END"
    found = f"{text_literal(f'{name}: ')} || left(CAST({raw} AS VARCHAR), {_LONGEST})"
    unread = f"NOT {blank} AND {typed} IS NULL"
    for condition, words in ((unread, _is_not(column)), *_limits(column, typed)):
        yield f"CASE WHEN {condition} THEN {found} || {text_literal(words)} END"


def _limits(column: Column, typed: str) -> Iterator[tuple[str, str]]:
    """Conditions that break what the contract says of a typed value, and what to say then."""
    facts = column.type.facts
    if facts.whole:
        whole = f"trunc({typed})" if facts.numeric else f"date_trunc('day', {typed})"
        yield f"{typed} <> {whole}", _is_not(column)
    if column.values is not None and column.serving.unseen is OnServing.REFUSE:
        allowed = ", ".join(_literal(value) for value in column.values)
        yield f"{typed} NOT IN ({allowed})", " is not one of the contract's values"
        return
    if facts.numeric:
        yield f"isinf({typed})", " is not finite"
    low, high = (
        widest if bound is None else bound
        for bound, widest in zip(column.bounds, facts.json.limits, strict=True)
    )
    if low is not None:
        yield f"{typed} < {_literal(low)}", f" is under the smallest allowed, {low}"
    if high is not None:
        yield f"{typed} > {_literal(high)}", f" is over the largest allowed, {high}"


def _is_not(column: Column) -> str:
    return f" is not {column.type.facts.value_in_words}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return f"TIMESTAMP {text_literal(value.isoformat())}"
    return text_literal(value) if isinstance(value, str) else repr(value)
