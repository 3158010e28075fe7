"""The JSON Schema of a row, and example rows, for people and for forms."""

from __future__ import annotations

import json
import re
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from weekwise.contract.aggregate import in_words
from weekwise.contract.column import Column
from weekwise.contract.derived import raw_names
from weekwise.contract.model import Contract
from weekwise.contract.row import row_model, unused_columns

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPICAL = "x-typical"
"""The keyword of a column's typical value: what a form may begin with."""

JsonSchema = dict[str, Any]


def row_schema(
    contract: Contract,
    version: str,
    examples: Sequence[Mapping[str, Any]],
    inputs: Sequence[str] | None = None,
    *,
    aggregates_as_of: date | None = None,
    computed: Sequence[str] = (),
) -> JsonSchema:
    """The JSON Schema of a row.

    Args:
        contract: What a row is.
        version: The model's version.
        examples: Rows that the contract accepts.
        inputs: Names of the raw columns that the model takes: all that one may take, if left out.
        aggregates_as_of: The run whose aggregates are looked up; none if there is no look-up.
        computed: Names of the derived features that the model takes.
    """
    names = list(contract.inputs if inputs is None else inputs)
    described = row_model(contract, names).model_json_schema()
    typical = _typical(contract, examples, names)
    properties = {
        name: _property(contract.columns[name], described["properties"][name], typical.get(name))
        | _clock(contract, name)
        | _looked_up(contract, name, aggregates_as_of)
        | _follows(contract, name, names)
        for name in names
    }
    return {
        "$schema": DIALECT,
        "title": described["title"],
        "description": contract.description.strip(),
        "type": "object",
        "properties": properties,
        "required": described.get("required", []),
        "additionalProperties": False,
        **_accepted(unused_columns(contract, names)),
        "examples": [dict(row) for row in examples],
        "x-table": contract.table,
        "x-contract-hash": contract.hash,
        "x-model-version": version,
        "x-order": names,
        **({"x-computed": [_computed(contract, name) for name in computed]} if computed else {}),
    }


def _computed(contract: Contract, name: str) -> JsonSchema:
    """A derived feature, for a form that shows what follows from its fields."""
    column = contract.columns[name]
    return {
        "name": name,
        "title": column.title,
        "description": column.description.strip(),
        "unit": column.unit,
        "from": column.expression,
        "takes": raw_names([name], contract.columns),
    }


def _accepted(unused: Sequence[str]) -> JsonSchema:
    """The columns that a row may bring, and that nothing is made of."""
    if not unused:
        return {}
    pattern = "|".join(map(re.escape, unused))
    return {"patternProperties": {f"^({pattern})$": {}}}


def example_rows(
    text: str, contract: Contract, inputs: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """A logged model's input example as rows that the contract accepts, without aggregates.

    The aggregates of old rows are not those that a new row has: these are looked up.

    Args:
        text: MLflow's `input_example.json` of a frame.
        contract: What a row is.
        inputs: Names of the raw columns that the model takes: all that one may take, if left out.
    """
    names = contract.inputs if inputs is None else inputs
    frame = json.loads(text)
    rows = [dict(zip(frame["columns"], values, strict=True)) for values in frame["data"]]
    given = [name for name in names if contract.columns[name].aggregate is None]
    return [
        dict.fromkeys(names)
        | {name: _plain(row.get(name), contract.columns[name]) for name in given}
        for row in rows
    ]


def _plain(value: Any, column: Column) -> Any:
    """A value as the contract has it: MLflow has no whole number that may be missing."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return None
    return column.type.facts.json.from_example(value)


def _property(column: Column, described: JsonSchema, typical: Any) -> JsonSchema:
    """A column's part, flat: a nullable one has two types, and no `anyOf`."""
    flat = {key: value for key, value in described.items() if key not in ("anyOf", "default")}
    for part in described.get("anyOf", ()):
        if part != {"type": "null"}:
            flat |= part
    if "const" in flat:
        flat["enum"] = [flat.pop("const")]
    if column.type.facts.boolean and set(flat.get("enum", ())) == {True, False}:
        # It says no more than the type, and client generators know no enum of booleans.
        del flat["enum"]
    flat = {**_without_machine_limits(flat, column), **column.type.facts.json.schema}
    if column.type.facts.temporal:
        flat |= _time_limits(column)
    # Not `default`: that is what a server assumes, and generated clients send it.
    flat[TYPICAL] = typical
    if not column.refuses_missing:
        flat["type"] = [flat["type"], "null"]
        if "enum" in flat:
            flat["enum"] = [*flat["enum"], None]
    return flat


def _clock(contract: Contract, name: str) -> JsonSchema:
    """The zone whose clock a time shows, where a person looks for the unit."""
    has_clock = contract.columns[name].type.facts.has_time_of_day
    return {"unit": contract.timezone} if has_clock else {}


def _looked_up(contract: Contract, name: str, as_of: date | None) -> JsonSchema:
    """What an aggregate is, and as of when it is looked up."""
    column = contract.columns[name]
    if column.aggregate is None:
        return {}
    parts = [column.description.strip().rstrip("."), in_words(column.aggregate, contract.target)]
    words = [f"{part}." for part in parts if part]
    if as_of is None:
        return {"description": " ".join(words)}
    words.append(f"Looked up as of {as_of} if left empty.")
    return {"description": " ".join(words), "x-looked-up-as-of": as_of.isoformat()}


def _follows(contract: Contract, name: str, names: Sequence[str]) -> JsonSchema:
    """How a column follows from others, where the row has them."""
    lookup = contract.columns[name].lookup
    if lookup is None or not {*lookup.by} <= {*names}:
        return {}
    return {"x-lookup": {"by": list(lookup.by), "rows": [list(row) for row in lookup.rows]}}


def _without_machine_limits(flat: JsonSchema, column: Column) -> JsonSchema:
    low, high = column.type.facts.json.limits
    machine = {"minimum": low, "maximum": high}
    return {key: value for key, value in flat.items() if machine.get(key) != value}


def _time_limits(column: Column) -> JsonSchema:
    """A time's limits, for which JSON Schema has no words of its own."""
    limits = dict(zip(("formatMinimum", "formatMaximum"), column.bounds, strict=True))
    return {key: bound.isoformat() for key, bound in limits.items() if isinstance(bound, date)}


def _typical(
    contract: Contract, examples: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Mapping[str, Any]:
    """What a form may begin with: the example nearest to the middle of all.

    The middle of each column by itself need not be a row that can be.
    """
    middle = {name: _middle(contract.columns[name], _values(examples, name)) for name in names}
    return max(
        examples,
        key=lambda row: sum(_nearness(row[name], middle[name]) for name in names),
        default={},
    )


def _values(examples: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return [row[name] for row in examples if row[name] is not None]


def _middle(column: Column, values: list[Any]) -> Any:
    """The median of some values, or the most frequent one."""
    if not values:
        return None
    if column.type.facts.numeric:
        return statistics.median_low(values)
    (value, _), *_ = Counter(values).most_common(1)
    return value


def _nearness(value: Any, middle: Any) -> float:
    """How near a value is to the middle, from 0 to 1."""
    if value is None or middle is None or value == middle:
        return float(value == middle)
    if isinstance(value, str) or isinstance(middle, str):
        return 0.0
    return 1 / (1 + abs(float(value) - float(middle)) / (abs(float(middle)) or 1.0))
