"""The JSON Schema of a row, and example rows, for people and for forms."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from weekwise.contract.model import Bound, Column, ColumnType, Contract
from weekwise.contract.row import INT64_MAX, INT64_MIN, row_model

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LOCAL_TIME = "date-time-local"
"""A time without an offset, in OpenAPI's format registry (https://spec.openapis.org/registry)."""

_TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?$"
JsonSchema = dict[str, Any]


def row_schema(
    contract: Contract, version: str, examples: Sequence[Mapping[str, Any]]
) -> JsonSchema:
    """The JSON Schema of a row.

    Args:
        contract: What a row is.
        version: The model's version.
        examples: Rows that the contract accepts.
    """
    described = row_model(contract).model_json_schema()
    properties = {
        name: _property(
            contract.columns[name], described["properties"][name], _values(examples, name)
        )
        for name in contract.inputs
    }
    return {
        "$schema": DIALECT,
        "title": described["title"],
        "description": contract.description.strip(),
        "type": "object",
        "properties": properties,
        "required": described.get("required", []),
        "additionalProperties": False,
        "examples": [dict(row) for row in examples],
        "x-table": contract.table,
        "x-contract-hash": contract.hash,
        "x-model-version": version,
        "x-order": contract.inputs,
    }


def example_rows(text: str, contract: Contract) -> list[dict[str, Any]]:
    """A logged model's input example as rows that the contract accepts.

    Args:
        text: MLflow's `input_example.json` of a frame.
        contract: What a row is.
    """
    frame = json.loads(text)
    rows = [dict(zip(frame["columns"], values, strict=True)) for values in frame["data"]]
    return [
        {name: _plain(row.get(name), contract.columns[name]) for name in contract.inputs}
        for row in rows
    ]


def _plain(value: Any, column: Column) -> Any:
    """A value as the contract has it: MLflow has no whole number that may be missing."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return None
    if column.type is ColumnType.INTEGER:
        return int(value)
    if column.type is ColumnType.DATE:
        return str(value)[:10]
    if column.type is ColumnType.DATETIME:
        return str(value).replace(" ", "T")
    return value


def _property(column: Column, described: JsonSchema, values: list[Any]) -> JsonSchema:
    """A column's part, flat: a nullable one has two types, and no `anyOf`."""
    flat = {key: value for key, value in described.items() if key not in ("anyOf", "default")}
    for part in described.get("anyOf", ()):
        if part != {"type": "null"}:
            flat |= part
    if "const" in flat:
        flat["enum"] = [flat.pop("const")]
    if column.type is ColumnType.INTEGER:
        flat = _without_machine_limits(flat)
    if column.type in (ColumnType.DATE, ColumnType.DATETIME):
        flat |= _of_time(column)
    flat["default"] = _typical(column, values)
    if not column.refuses_missing:
        flat["type"] = [flat["type"], "null"]
        if "enum" in flat:
            flat["enum"] = [*flat["enum"], None]
    return flat


def _without_machine_limits(flat: JsonSchema) -> JsonSchema:
    limits = {"minimum": INT64_MIN, "maximum": INT64_MAX}
    kept = {key: value for key, value in flat.items() if limits.get(key) != value}
    return kept | {"format": "int64"}


def _of_time(column: Column) -> JsonSchema:
    """A time's format and limits, for which JSON Schema has no words of its own."""
    found: JsonSchema = {"format": "date"}
    if column.type is ColumnType.DATETIME:
        found = {"format": LOCAL_TIME, "pattern": _TIME_PATTERN}
    if column.min is not None:
        found["formatMinimum"] = _as_text(column.min, column)
    if column.max is not None:
        found["formatMaximum"] = _as_text(column.max, column)
    return found


def _as_text(bound: Bound, column: Column) -> str:
    text = str(bound).replace(" ", "T")
    if column.type is ColumnType.DATE:
        return text[:10]
    return text if "T" in text else f"{text}T00:00:00"


def _values(examples: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in examples if row[name] is not None]


def _typical(column: Column, values: list[Any]) -> Any:
    """What a form may begin with: the median of the examples, or their most frequent value."""
    if not values:
        return None
    if column.type in (ColumnType.INTEGER, ColumnType.NUMBER):
        return statistics.median_low(values)
    (value, _), *_ = Counter(values).most_common(1)
    return value
