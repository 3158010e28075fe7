"""Rows as clients of MLflow's scoring server send them, turned into rows of the contract.

https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/#inference-server-specification
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any

from api.http.bodies import too_many_rows
from api.http.exceptions import Malformed
from api.rows.row_reader import parse_json, refuse_hidden_keys, refuse_many_parts
from weekwise.contract.model import Contract

Rows = list[dict[str, Any]]
_SHAPES = "dataframe_split, dataframe_records, instances or inputs"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
"""Python's own words for numbers have more: `1_000`, and digits of other scripts."""

_PARTS_A_ROW = 4
"""How many lists and objects a row may have: it is one, and columns that the model does not take
may hold some."""

_MISSING = frozenset(
    {
        *("", "NA", "N/A", "n/a", "<NA>", "NULL", "null", "None", "NaN", "nan", "-NaN", "-nan"),
        *("#NA", "#N/A", "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    }
)
"""What pandas, by which MLflow reads CSV, takes for missing."""

_MIDNIGHTS = ("T00:00:00", " 00:00:00", "T00:00:00.000", "T00:00")


def from_json(body: bytes, inputs: Sequence[str], max_rows: int) -> Rows:
    """The rows of a JSON body in any of MLflow's shapes.

    Args:
        body: The JSON; NaN counts as missing.
        inputs: Names of the columns that the model takes, for rows without names.
        max_rows: The most rows that it may have.

    Raises:
        Malformed: If it has none of the shapes, or a key or a column twice.
        TooManyRows: If it has more rows.
    """
    refuse_many_parts(body, _PARTS_A_ROW * max_rows)
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
    sent = parsed[given[0]]
    if _count(given[0], sent) > max_rows:
        raise too_many_rows(max_rows)
    refuse_hidden_keys(body, len(parsed) + _keys(sent))
    try:
        return shapes[given[0]](sent, inputs)
    except (KeyError, TypeError, ValueError):
        raise Malformed(
            f"`{given[0]}` does not have the shape that MLflow describes; the model takes the "
            f"columns {', '.join(inputs[:20])}."
        ) from None


def from_csv(body: bytes, contract: Contract, max_rows: int) -> Rows:
    """The rows of a CSV body with a header; an empty cell counts as missing, and pandas' words.

    Args:
        body: The CSV, in UTF-8.
        contract: What the columns hold.
        max_rows: The most rows that it may have.

    Raises:
        Malformed: If it cannot be read, or has a column twice.
        TooManyRows: If it has more rows.
    """
    try:
        reader = csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""))
        _refuse_twice(reader.fieldnames or (), contract.inputs)
        lines = list(islice(reader, max_rows + 1))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Malformed(f"The CSV cannot be read: {error}. Send UTF-8 with a header.") from None
    if len(lines) > max_rows:
        raise too_many_rows(max_rows)
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


def _count(shape: str, value: Any) -> int:
    """How many rows a value has, before they are made."""
    if isinstance(value, dict):
        columns = [value.get("data")] if shape == "dataframe_split" else [*value.values()]
        return max((len(cells) for cells in columns if isinstance(cells, list)), default=0)
    return len(value) if isinstance(value, list) else 0


def _keys(value: Any) -> int:
    """How many keys it has."""
    if isinstance(value, list):
        return sum(len(line) for line in value if isinstance(line, dict))
    return len(value) if isinstance(value, dict) else 0


def _refuse_twice(names: Sequence[str], inputs: Collection[str]) -> None:
    """Refuse columns of the model that are there twice: whichever counts, one meant the other."""
    known = set(inputs)
    for name, count in Counter(name for name in names if name in known).items():
        if count > 1:
            raise Malformed(f"The column {name!r} is there twice; send it once.")


def _split(value: Any, inputs: Sequence[str]) -> Rows:
    _refuse_twice(_cells(value["columns"]), inputs)
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
        dict(line) if isinstance(line, dict) else dict(zip(inputs, _cells(line), strict=True))
        for line in value
    ]


def _cells(line: Any) -> list[Any]:
    """A list, which text is not, though it has letters."""
    if not isinstance(line, list):
        raise TypeError(line)
    return line


def _cell(contract: Contract, name: str, text: str) -> Any:
    column = contract.columns.get(name)
    if text in _MISSING and not (column is not None and text in (column.values or ())):
        return None
    if column is None or column.type.facts.textual or column.type.facts.temporal:
        return text
    if column.type.facts.boolean:
        return {"true": True, "false": False, "1": True, "0": False}.get(text.lower(), text)
    number = text.strip()
    if not _NUMBER.fullmatch(number):
        return text
    try:
        return int(number)
    except ValueError:
        # One with a point, or of thousands of digits.
        return float(number)


def _present(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


def _date(value: Any) -> Any:
    if isinstance(value, str) and value[10:] in _MIDNIGHTS:
        return value[:10]
    return _present(value)
