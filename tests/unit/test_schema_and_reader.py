"""The row's schema and the reader of rows: what one allows the other accepts, and the reverse."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.exceptions import InvalidRow, Malformed
from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_parcels, loaded_trains

_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.integers(-3, 60).map(float),
    st.floats(-1e6, 1e6),
    st.sampled_from([0, 1, 1.0, 3.0, 1e3, -0.0, "", "1", "3", "true", "red", "bike", "N", "gray"]),
    st.dates(date(2013, 1, 1), date(2030, 1, 1)).map(str),
    st.from_regex(
        r"20[12][0-9]-0[1-9]-[0-2][1-8][T t_][0-2][0-9]:[0-6][0-9](:[0-5][0-9]([.,][0-9]{1,10})?)?"
        r"(Z|z|[+-][01][0-9]:?[03]0)?",
        fullmatch=True,
    ),
    st.sampled_from(["20130108", "2013-1-8", "2013-01-08T10", "1357000000", "2013-01-08T10:00\n"]),
    st.lists(st.integers(), max_size=1),
    st.dictionaries(st.just("a"), st.integers(), max_size=1),
)


@cache
def model(table: str) -> LoadedModel:
    """A model of a table."""
    return {"trains": loaded_trains, "parcels": loaded_parcels}[table]()


@cache
def validator(table: str) -> jsonschema.Draft202012Validator:
    """What holds rows to the schema, formats included."""
    return jsonschema.Draft202012Validator(
        model(table).schema, format_checker=jsonschema.FormatChecker(["date"])
    )


def is_accepted(table: str, row: dict[str, Any]) -> bool:
    """Whether the reader takes a row."""
    try:
        model(table).reader.read(json.dumps(row).encode())
    except (InvalidRow, Malformed):
        return False
    return True


@pytest.mark.parametrize("table", ["trains", "parcels"])
@settings(max_examples=400)
@given(data=st.data())
def test_they_agree(table: str, data: st.DataObject) -> None:
    """A row with any value in any place is right for both or for neither."""
    properties = model(table).schema["properties"]
    name = data.draw(st.sampled_from([*properties, "other"]))
    row = dict(model(table).examples[0])
    if data.draw(st.integers(0, 9)):
        row[name] = data.draw(_VALUES)
    else:
        row.pop(name, None)

    accepted, allowed = is_accepted(table, row), validator(table).is_valid(row)

    if accepted != allowed and isinstance(row.get(name), str):
        # What a calendar has, and a column's limits in time, JSON Schema has no words for.
        part = properties[name]
        assert "format" in part, (name, row.get(name), accepted, allowed)
        assert allowed, (name, row[name])
        assert not _is_in_calendar(row[name]) or "formatMinimum" in part, (name, row[name])
    else:
        assert accepted == allowed, (name, row.get(name))


def _is_in_calendar(text: str) -> bool:
    from datetime import datetime

    digits, _, fraction = text.partition(".")
    zone = fraction.lstrip("0123456789")
    try:
        datetime.fromisoformat(digits + zone)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    "value",
    [
        "2013-01-08 07:30:00",
        "2013-01-08T07:30:00.123456789",
        "2013-01-08T07:30",
        "2013-01-08T07:30:00+01:00",
    ],
)
def test_forms_of_times(value: str) -> None:
    """A space, nanoseconds, no seconds, an offset: all forms that the schema has are read."""
    row = {**model("trains").examples[0], "departure": value}

    assert validator("trains").is_valid(row)
    assert is_accepted("trains", row)


def test_whole_with_a_point() -> None:
    """3.0 is a whole number in JSON, and is read as one."""
    row = {**model("trains").examples[0], "stops": 3.0}
    read = model("trains").reader.read(json.dumps(row).encode())

    assert validator("trains").is_valid(row)
    assert read["stops"] == 3
    assert type(read["stops"]) is int
