"""Rows of any file in their contract's types, as SQL for DuckDB, and what is wrong with each.

A row is right where the service would take it (`weekwise.contract.row`); beside that, files may
have words for true and false, numbers as text, and times in any form that a run reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from weekwise.contract.column import Column, OnServing
from weekwise.contract.model import Contract
from weekwise.contract.sql_engine import quoted, text_literal
from weekwise.contract.truth import truth_words
from weekwise.features.local_time import OFFSET, moment_sql

FAULTS, REASONS, COLUMNS = "_weekwise_faults", "reasons", "columns"
"""What is wrong with a row, in words and by columns; none if nothing is."""

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
_WITHIN_64_BITS = _INTEGERS - {"hugeint", "ubigint", "uhugeint"}
_NAN_KINDS = frozenset({"float", "double"})
_FLOATS = _NAN_KINDS | {"decimal"}
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
        columns: Its contract's columns by the names that they are found by: the relation's own,
            where their values are what the model takes, or one that `sql` gives them.
        absent: Those that the relation does not have.
        sql: Expressions of the other columns in their types, and of `FAULTS` with its fields
            `REASONS` and `COLUMNS`, for a SELECT.
    """

    columns: dict[str, str]
    absent: tuple[str, ...]
    sql: str

    def in_batch(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """The typed columns of some rows, by their contract's names; a missing number may be NaN.

        Args:
            batch: The relation's own columns, and what `sql` selects.
        """
        return {name: _as_float(batch[found]) for found, name in self.columns.items()}


def _as_float(values: pa.Array) -> pa.Array:
    """Numbers as the model has them; all else as it is."""
    is_number = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    return values.cast(pa.float64(), safe=False) if is_number else values


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
    parts, names, faults = [], dict[str, str](), dict[str, list[_Fault]]()
    for place, name in enumerate(inputs):
        column, kind = contract.columns[name], kinds.get(name, "varchar")
        value = quoted(name) if name in kinds else "CAST(NULL AS VARCHAR)"
        if name in kinds and _is_taken_as_it_is(column, kind):
            names[name], typed = name, value
        else:
            typed = f"_weekwise_{place}"
            names[typed] = name
            parts.append(f"{_value_sql(column, value, kind, contract.timezone)} AS {typed}")
        if name in kinds:
            faults[name] = list(_faults(column, name, typed, kind))
    parts.append(f"{_faults_sql(faults)} AS {FAULTS}")
    absent = tuple(name for name in inputs if name not in kinds)
    return TypedRows(columns=names, absent=absent, sql=", ".join(parts))


def _is_taken_as_it_is(column: Column, kind: str) -> bool:
    """Whether values of a kind need no reading: numbers of any width, whose NaN is no value."""
    facts = column.type.facts
    if facts.textual:
        return kind == "varchar"
    if facts.boolean:
        return kind == "boolean"
    return kind in (_INTEGERS | _NAN_KINDS if facts.numeric else {"timestamp"})


class _Fault(NamedTuple):
    """What may be wrong with a value.

    Attributes:
        condition: An expression that is true where it is.
        words: An expression of what to say then.
    """

    condition: str
    words: str


def _faults_sql(faults: Mapping[str, Sequence[_Fault]]) -> str:
    """What is wrong with a row. Nearly all are right, and no text is made for those."""
    cases, columns = [], []
    for name, of_column in faults.items():
        cases += [f"CASE WHEN {fault.condition} THEN {fault.words} END" for fault in of_column]
        condition = _either(fault.condition for fault in of_column)
        columns.append(f"CASE WHEN {condition} THEN {text_literal(name)} END")
    condition = _either(fault.condition for of_column in faults.values() for fault in of_column)
    words = f"{{'{REASONS}': {_joined('; ', cases)}, '{COLUMNS}': {_joined(', ', columns)}}}"
    return f"CASE WHEN {condition} THEN {words} END"


def _either(conditions: Iterable[str]) -> str:
    return " OR ".join(["false", *(f"({condition})" for condition in conditions)])


def _joined(between: str, texts: Iterable[str]) -> str:
    """Texts that are there as one."""
    return f"concat_ws({text_literal(between)}, {', '.join(['NULL', *texts])})"


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
    if kind in _INTEGERS:
        return number
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


def _faults(column: Column, name: str, typed: str, kind: str) -> Iterator[_Fault]:
    """What may be wrong with a value of a kind."""
    facts, raw = column.type.facts, quoted(name)
    blank = f"{raw} IS NULL"
    if kind in _FLOATS:
        blank = f"({raw} IS NULL OR isnan(CAST({raw} AS DOUBLE)))"
    if not facts.textual and kind in _TEXTS:
        blank = f"({raw} IS NULL OR lower(trim(CAST({raw} AS VARCHAR))) IN ('', 'nan'))"
    if column.refuses_missing:
        yield _Fault(blank, text_literal(f"{name}: there is no value"))
    found = f"{text_literal(f'{name}: ')} || left(CAST({raw} AS VARCHAR), {_LONGEST})"
    if not _is_always_read(column, kind):
        yield _Fault(
            f"NOT {blank} AND {typed} IS NULL", f"{found} || {text_literal(_is_not(column))}"
        )
    # To DuckDB, not-a-number is over every number.
    known = f"NOT isnan({raw}) AND " if kind in _NAN_KINDS and typed == raw else ""
    for condition, words in _limits(column, typed, kind):
        yield _Fault(f"{known}{condition}", f"{found} || {text_literal(words)}")


def _is_always_read(column: Column, kind: str) -> bool:
    """Whether every value of a kind, where there is one, is a value of the contract's type."""
    facts = column.type.facts
    if facts.textual:
        return True
    if facts.boolean:
        return kind == "boolean"
    return kind in (_NUMBERS if facts.numeric else _TIMES | {_ZONED})


def _limits(column: Column, typed: str, kind: str) -> Iterator[tuple[str, str]]:
    """Conditions that break what the contract says of a typed value, and what to say then.

    What no value of the kind can break is left out.
    """
    facts, is_whole = column.type.facts, kind in _INTEGERS
    if facts.whole and not is_whole:
        whole = f"trunc({typed})" if facts.numeric else f"date_trunc('day', {typed})"
        yield f"{typed} <> {whole}", _is_not(column)
    if column.values is not None and column.serving.unseen is OnServing.REFUSE:
        allowed = ", ".join(_literal(value) for value in column.values)
        yield f"{typed} NOT IN ({allowed})", " is not one of the contract's values"
        return
    if facts.numeric and not is_whole:
        yield f"isinf({typed})", " is not finite"
    # A whole number of 64 bits is within the widest limits already.
    widest = (None, None) if kind in _WITHIN_64_BITS else facts.json.limits
    low, high = (
        most if bound is None else bound for bound, most in zip(column.bounds, widest, strict=True)
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
