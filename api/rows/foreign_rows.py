"""Rows as clients of MLflow's scoring server send them, turned into rows of the contract.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#inference-server-specification
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.http.exceptions import Malformed
from api.rows.row_reader import parse_json
from weekwise.contract.model import Contract

Rows = list[dict[str, Any]]
_SHAPES = "dataframe_split, dataframe_records, instances or inputs"
_MIDNIGHTS = ("T00:00:00", " 00:00:00", "T00:00:00.000", "T00:00")


def from_json(body: bytes, inputs: Sequence[str]) -> Rows:
    """The rows of a JSON body in any of MLflow's shapes.

    Args:
        body: The JSON; NaN counts as missing.
        inputs: Names of the columns that the model takes, for rows without names.

    Raises:
        Malformed: If it has none of the shapes.
    """
    parsed, _ = parse_json(body)
    shapes: Mapping[str, Callable[[Any, Sequence[str]], Rows]] = {
        "dataframe_split": _split,
        "dataframe_records": _records,
        "instances": _records,
        "inputs": _records,
    }
    given = [name for name in shapes if isinstance(parsed, dict) and name in parsed]
    if len(given) != 1:
        raise Malformed(f"Send an object with one of {_SHAPES}.")
    try:
        return shapes[given[0]](parsed[given[0]], inputs)
    except (KeyError, TypeError, ValueError):
        raise Malformed(
            f"`{given[0]}` does not have the shape that MLflow describes; the model takes the "
            f"columns {', '.join(inputs[:20])}."
        ) from None


def from_csv(body: bytes, contract: Contract) -> Rows:
    """The rows of a CSV body with a header; an empty cell counts as missing.

    Args:
        body: The CSV, in UTF-8.
        contract: What the columns hold.

    Raises:
        Malformed: If it cannot be read.
    """
    try:
        lines = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Malformed(f"The CSV cannot be read: {error}. Send UTF-8 with a header.") from None
    if any(None in line or None in line.values() for line in lines):
        raise Malformed("A line of the CSV has more or fewer cells than the header.")
    return [{name: _cell(contract, name, text) for name, text in line.items()} for line in lines]


def adapted(rows: Rows, contract: Contract, inputs: Sequence[str]) -> Rows:
    """Rows with what MLflow's types make of a value turned back, and without other columns.

    Args:
        rows: The rows as sent: NaN for a missing value, a date with a midnight.
        contract: What a row is.
        inputs: Names of the columns that the model takes.
    """
    dates = {
        name
        for name in inputs
        if contract.columns[name].type.facts.temporal and contract.columns[name].type.facts.whole
    }
    known = set(inputs)
    return [
        {
            name: _date(value) if name in dates else _present(value)
            for name, value in row.items()
            if name in known
        }
        for row in rows
    ]


def _split(value: Any, _inputs: Sequence[str]) -> Rows:
    return [dict(zip(value["columns"], line, strict=True)) for line in value["data"]]


def _records(value: Any, inputs: Sequence[str]) -> Rows:
    if isinstance(value, dict):
        columns = {
            name: cells if isinstance(cells, list) else [cells] for name, cells in value.items()
        }
        return [
            dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)
        ]
    return [
        dict(line) if isinstance(line, dict) else dict(zip(inputs, line, strict=True))
        for line in value
    ]


def _cell(contract: Contract, name: str, text: str) -> Any:
    column = contract.columns.get(name)
    if text == "":
        return None
    if column is None or column.type.facts.textual or column.type.facts.temporal:
        return text
    if column.type.facts.boolean:
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _present(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _date(value: Any) -> Any:
    if isinstance(value, str) and value[10:] in _MIDNIGHTS:
        return value[:10]
    return _present(value)
