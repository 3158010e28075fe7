"""Rows as they arrive: read, refused in words, warned of."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parcels
import trains
from api.http.exceptions import InvalidRow, LikelySlip, Malformed
from api.rows.row_reader import RowReader
from weekwise.contract.model import Contract

ROW: dict[str, Any] = {
    "departure": "2013-01-08T07:30:00",
    "line": "red",
    "stops": 4,
    "cars": 8,
    "rain": 0.5,
    "express": True,
}
READER = RowReader(trains.CONTRACT)


def refused(row: Any, reader: RowReader = READER) -> list[tuple[str, str, str]]:
    """What is wrong with a row: fields, what was expected, what arrived."""
    with pytest.raises(InvalidRow) as caught:
        reader.read(json.dumps(row).encode())
    return [(fault.field, fault.expected, fault.received) for fault in caught.value.errors or ()]


@pytest.mark.parametrize(
    ("field", "value", "expected", "received"),
    [
        ("stops", "4", "a whole number", '"4"'),
        ("stops", 4.5, "a whole number", "4.5"),
        ("stops", True, "a whole number", "true"),
        ("stops", 10**30, "a whole number", str(10**30)),
        ("stops", None, "a whole number", "null"),
        ("rain", -1, "a number, 0 or more, or null", "-1"),
        ("rain", float("nan"), "a number, 0 or more, or null", "NaN"),
        ("rain", float("inf"), "a number, 0 or more, or null", "Infinity"),
        ("rain", [1], "a number, 0 or more, or null", "[1]"),
        ("express", 1, "one of True, False, or null", "1"),
        ("line", "gray", "one of red, blue, green", '"gray"'),
        ("line", 7, "one of red, blue, green", "7"),
        ("departure", "2013-02-30T10:00:00", "a date and time", '"2013-02-30T10:00:00"'),
        (
            "departure",
            "2013-02-03T10:00:00+25:00",
            "a date and time",
            '"2013-02-03T10:00:00+25:00"',
        ),
        ("departure", 1360000000, "a date and time", "1360000000"),
        ("rian", 1.0, "no such field", "1.0"),
        ("late", True, "no such field", "true"),
    ],
)
def test_refused(field: str, value: Any, expected: str, received: str) -> None:
    """A refused value is reported by field, with what was expected and what arrived."""
    ((name, wanted, got),) = refused(ROW | {field: value})

    assert name == field
    assert wanted.startswith(expected)
    assert got == received


def test_several_faults() -> None:
    """Every fault of a row is reported at once, a missing field among them."""
    row = {name: value for name, value in ROW.items() if name != "line"} | {"stops": "x"}

    assert {field for field, _, _ in refused(row)} == {"line", "stops"}


def test_a_near_name() -> None:
    """A field that does not exist comes with the name that it may have meant."""
    with pytest.raises(InvalidRow) as caught:
        READER.read(json.dumps(ROW | {"expres": True}).encode())

    assert caught.value.errors is not None
    assert caught.value.errors[0].message == 'There is no field "expres"; did you mean express?'


@pytest.mark.parametrize(
    ("field", "value", "hint", "suggestions"),
    [
        ("line", "redd", "did you mean red (Red)?", ["red"]),
        ("line", "Blue", "did you mean blue (Blue)?", ["blue"]),
        ("line", " Gren", "did you mean green (Green)?", ["green"]),
        ("line", "zeppelin", "", []),
        ("line", 7, "", []),
        ("express", "Non-stop", "did you mean true (Non-stop)?", ["true"]),
    ],
)
def test_a_near_value(field: str, value: Any, hint: str, suggestions: list[str]) -> None:
    """A value that a closed list does not have comes with those that may have been meant."""
    columns = {
        name: column.model_dump(by_alias=True) for name, column in trains.CONTRACT.columns.items()
    }
    columns["line"]["values"] = {"red": "Red", "blue": "Blue", "green": "Green"}
    columns["express"]["values"] = {True: "Non-stop", False: "Stopping"}
    contract = trains.CONTRACT.model_dump(by_alias=True) | {"columns": columns}
    reader = RowReader(Contract.model_validate(contract))

    with pytest.raises(InvalidRow) as caught:
        reader.read(json.dumps(ROW | {field: value}).encode())

    (fault,) = caught.value.errors or ()
    assert fault.message.endswith(f"; {hint}" if hint else f"not {json.dumps(value)}.")
    assert (list(fault.suggestions) if isinstance(fault, LikelySlip) else []) == suggestions


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"line": "red"',
        b"[" * 100_000,
        b'{"a":' * 5_000,
        json.dumps(ROW).replace('"rain": 0.5', '"cars": 5').encode(),
        json.dumps(ROW).replace('"rain": 0.5', '"st\\u006fps": 5').encode(),
    ],
    ids=["empty", "cut", "no-utf8", "open", "deep-list", "deep-object", "doubled", "escaped"],
)
def test_malformed(body: bytes) -> None:
    """A body that is no JSON, or has a key twice, is refused as such."""
    with pytest.raises(Malformed):
        READER.read(body)


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"row"'])
def test_no_object(body: bytes) -> None:
    """JSON that is no object is a row that is refused."""
    with pytest.raises(InvalidRow) as caught:
        READER.read(body)

    assert [fault.field for fault in caught.value.errors or ()] == [""]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : ")])
def test_any_spacing(indent: int | None, separators: tuple[str, str]) -> None:
    """JSON may be written with or without spaces, and hold quotes and colons in its text."""
    contract = parcels.contract({"carrier": {"values": ['a": "b', "van"]}})
    reader = RowReader(contract)
    row = {"day": "2020-01-01", "carrier": 'a": "b'}

    text = json.dumps(row, indent=indent, separators=separators)

    assert reader.read(text.encode())["carrier"] == 'a": "b'


def test_absent_is_null() -> None:
    """A column that may be missing may be left out as well as be null."""
    present = {name: ROW[name] for name in ("departure", "line", "stops")}

    row = READER.read(json.dumps(present).encode())

    assert row["cars"] is row["rain"] is row["express"] is None
    assert row == READER.read(json.dumps(dict.fromkeys(ROW) | present).encode())


def test_warnings() -> None:
    """Missing optional values and unseen categories are warned of, each by its field."""
    reader = RowReader(parcels.contract())
    row = reader.read(b'{"day": "2020-01-01", "carrier": "drone", "fragile": true, "pieces": 2}')

    warnings = orjson.loads(orjson.dumps(reader.warnings.of_row(row)))

    assert [(warning["field"], warning["kind"]) for warning in warnings] == [
        ("weight", "missing"),
        ("carrier", "unseen"),
    ]
    assert "'drone'" in warnings[1]["message"]


@pytest.mark.parametrize("name", ["copy", "wind speed", "_hidden", "model_x"])
def test_odd_names(name: str) -> None:
    """A column whose name cannot be an attribute is read under its own name."""
    contract = Contract.model_validate(
        {
            "table": "odd",
            "title": "Odd",
            "columns": {name: {"type": "number", "role": "feature", "title": "Odd"}},
        }
    )

    assert dict(RowReader(contract).read(json.dumps({name: 1.5}).encode())) == {name: 1.5}
    with pytest.raises(InvalidRow) as caught:
        RowReader(contract).read(b"{}")
    assert caught.value.errors is not None
    assert caught.value.errors[0].field == name


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes(body: bytes) -> None:
    """Whatever arrives is a row or a problem."""
    with suppress(InvalidRow, Malformed):
        READER.read(body)
