"""Rows of files as the contract has them: right where the service would take them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from weekwise.contract.model import Contract
from weekwise.contract.row import row_model
from weekwise.scoring.typed_rows import COLUMNS, FAULTS, REASONS, typed_rows

at = datetime.fromisoformat
CONTRACT = Contract.model_validate(
    {
        "table": "orders",
        "title": "Orders",
        "timezone": "Europe/Berlin",
        "columns": {
            "placed": {"type": "datetime", "role": "time", "title": "Placed"},
            "day": {"type": "date", "role": "context", "title": "Day", "missing": 1},
            "region": {
                "type": "category",
                "role": "feature",
                "title": "Region",
                "values": ["north", "south"],
            },
            "shop": {"type": "category", "role": "feature", "title": "Shop", "missing": 0.5},
            "items": {
                "type": "integer",
                "role": "feature",
                "title": "Items",
                "min": 1,
                "max": 9,
                "missing": 0.5,
            },
            "amount": {"type": "number", "role": "feature", "title": "Amount", "min": 0},
            "gift": {"type": "boolean", "role": "feature", "title": "Gift", "missing": 0.5},
            "late": {"type": "boolean", "role": "target", "title": "Late"},
        },
    }
)
TIME_IN_WORDS = CONTRACT.columns["placed"].type.facts.value_in_words
INPUTS = ["placed", "region", "shop", "items", "amount", "gift"]
SCHEMA = pa.schema(
    [
        ("placed", pa.timestamp("us")),
        ("region", pa.string()),
        ("shop", pa.string()),
        ("items", pa.float64()),
        ("amount", pa.float64()),
        ("gift", pa.bool_()),
    ]
)
NUMBERS = st.one_of(st.integers(-3, 12).map(float), st.floats(-2, 12), st.sampled_from([1e300]))
VALUES = st.fixed_dictionaries(
    {
        "placed": st.none() | st.datetimes(at("1900-01-01"), at("2100-01-01")),
        "region": st.none() | st.sampled_from(["north", "south", "North", "", "o'hare"]),
        "shop": st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        "items": st.none() | NUMBERS,
        "amount": st.none() | NUMBERS,
        "gift": st.none() | st.booleans(),
    }
)


def read(table: pa.Table) -> list[dict[str, Any]]:
    """A table's typed rows, by their contract's names, with what is wrong with them."""
    rows = duckdb.connect().from_arrow(table)
    typed = typed_rows(rows, CONTRACT, INPUTS)
    (batch,) = rows.select(f"*, {typed.sql}").to_arrow_table().combine_chunks().to_batches()
    faults = {name: pc.struct_field(batch[FAULTS], name) for name in (REASONS, COLUMNS)}
    found = pa.table({**typed.in_batch(batch), **faults}).to_pylist()
    return [
        {name: None if value != value else value for name, value in row.items()}  # noqa: PLR0124 - NaN
        for row in found
    ]


def one(name: str, values: list[Any]) -> list[Any]:
    """What a column's values are read as; a refused one as its reason."""
    plain = {
        "placed": at("2024-05-01"),
        "region": "north",
        "shop": None,
        "items": None,
        "amount": 1.0,
        "gift": None,
    }
    rows = [{**plain, name: None} for _ in values]
    table = pa.Table.from_pylist(rows, SCHEMA)
    place = table.schema.get_field_index(name)
    table = table.set_column(place, name, pa.array(values))
    return [row[REASONS] or row[name] for row in read(table)]


@given(st.lists(VALUES, min_size=1, max_size=20))
def test_a_row_is_right_where_the_service_takes_it(rows: list[dict[str, Any]]) -> None:
    """Types, limits, closed lists and what may be missing are those of the service."""
    model = row_model(CONTRACT, INPUTS)
    for row, found in zip(rows, read(pa.Table.from_pylist(rows, SCHEMA)), strict=True):
        try:
            model.model_validate_json(json.dumps(row, default=lambda moment: moment.isoformat()))
            wrong = set()
        except ValidationError as error:
            wrong = {str(fault["loc"][0]) for fault in error.errors()}
        assert set((found[COLUMNS] or "").split(", ")) - {""} == wrong, found[REASONS]
        for name in {*row} - wrong:
            assert found[name] == row[name]


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("amount", ["1.5", " 2 ", "1e3"], [1.5, 2.0, 1000.0]),
        ("amount", ["x"], ["amount: x is not a number"]),
        ("amount", ["inf"], ["amount: inf is not finite"]),
        ("amount", [-1], ["amount: -1 is under the smallest allowed, 0"]),
        ("amount", [float("nan")], ["amount: there is no value"]),
        ("items", [3, 10], [3.0, "items: 10 is over the largest allowed, 9"]),
        ("items", ["2.5"], ["items: 2.5 is not a whole number"]),
        ("gift", ["Yes", "n", "1", "T"], [True, False, True, True]),
        ("gift", [1.0, 0.0], [True, False]),
        ("gift", ["maybe"], ["gift: maybe is not true or false"]),
        ("region", ["west"], ["region: west is not one of the contract's values"]),
        ("shop", [42, 7], ["42", "7"]),
        ("shop", [42.0, 7.5], ["42", "7.5"]),
        ("placed", ["2024-05-01"], [at("2024-05-01")]),
        ("placed", ["2024-05-01T10:00Z"], [at("2024-05-01T12:00")]),
        ("placed", [7], [f"placed: 7 is not {TIME_IN_WORDS}"]),
    ],
)  # fmt: skip
def test_values_of_files(name: str, given: list[Any], expected: list[Any]) -> None:
    """Text, words for true and false, numbers for text, and times of other zones are read."""
    assert one(name, given) == expected


def test_all_faults_of_a_row_are_told() -> None:
    """One line names each, and the columns."""
    table = pa.Table.from_pylist([dict.fromkeys(INPUTS)], SCHEMA)

    (row,) = read(table)

    assert row[REASONS] == (
        "placed: there is no value; region: there is no value; amount: there is no value"
    )
    assert row[COLUMNS] == "placed, region, amount"


def test_a_column_with_two_faults_is_named_once() -> None:
    """Both are told, and the row counts once for the column."""
    row = {"placed": at("2024-05-01"), "region": "north", "amount": 1.0, "items": 10.5}

    (found,) = read(pa.Table.from_pylist([{**dict.fromkeys(INPUTS), **row}], SCHEMA))

    assert found[COLUMNS] == "items"
    assert found[REASONS] == (
        "items: 10.5 is not a whole number; items: 10.5 is over the largest allowed, 9"
    )


def test_a_column_that_is_not_there_is_missing() -> None:
    """It is named, and every row lacks it."""
    rows = duckdb.connect().from_arrow(pa.table({"region": ["north"], "amount": [1.0]}))

    typed = typed_rows(rows, CONTRACT, INPUTS)

    assert typed.absent == ("placed", "shop", "items", "gift")
    (row,) = rows.select(typed.sql).to_arrow_table().to_pylist()
    assert row[FAULTS] is None
