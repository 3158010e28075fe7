from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from pydantic import BaseModel, ValidationError

import parcels
from strategies import frames
from weekwise.contract.model import Contract
from weekwise.contract.row import row_model

ROW: dict[str, Any] = {
    "day": "2020-02-03",
    "weight": 1.5,
    "pieces": 2,
    "carrier": "bike",
    "fragile": True,
}


def read(row: dict[str, Any], model: type[BaseModel] | None = None) -> BaseModel:
    """A row as the service reads it."""
    return (model or row_model(parcels.contract())).model_validate_json(json.dumps(row))


def test_a_row_has_the_models_inputs_alone() -> None:
    """Key, context and target are no fields, and a row may not bring them."""
    assert list(row_model(parcels.contract()).model_fields) == list(ROW)
    with pytest.raises(ValidationError, match="late"):
        read({**ROW, "late": True})


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("weight", -0.1),
        ("weight", 100.1),
        ("weight", "1.5"),
        ("weight", float("nan")),
        ("weight", float("inf")),
        ("weight", True),
        ("pieces", 0),
        ("pieces", 1.5),
        ("pieces", "2"),
        ("fragile", 1),
        ("fragile", "yes"),
        ("carrier", 5),
        ("carrier", None),
        ("day", "2019-12-31"),
        ("day", "yesterday"),
        ("day", None),
    ],
)
def test_a_value_that_breaks_the_contract_is_refused(column: str, value: Any) -> None:
    """Types are strict and limits hold, NaN and infinity included; the column is named."""
    with pytest.raises(ValidationError) as caught:
        read({**ROW, column: value})
    assert caught.value.errors()[0]["loc"][0] == column


@pytest.mark.parametrize("column", ["weight", "pieces", "fragile"])
def test_a_value_that_may_be_missing_may_be_left_out(column: str) -> None:
    """A column that does not refuse missing values is optional, left out or null."""
    without = {name: value for name, value in ROW.items() if name != column}
    assert getattr(read(without), column) is None
    assert getattr(read({**ROW, column: None}), column) is None


@pytest.mark.parametrize(("unseen", "accepted"), [("accept", True), ("refuse", False)])
def test_an_unseen_category_is_accepted_only_where_the_contract_says(
    unseen: str, accepted: bool
) -> None:
    """`serving.unseen` decides about values that are not in the list."""
    model = row_model(parcels.contract({"carrier": {"serving": {"unseen": unseen}}}))
    if accepted:
        assert read({**ROW, "carrier": "boat"}, model).model_dump()["carrier"] == "boat"
    else:
        with pytest.raises(ValidationError, match="'bike' or 'van'"):
            read({**ROW, "carrier": "boat"}, model)


def test_a_time_with_an_offset_is_of_the_contracts_zone() -> None:
    """A time without an offset stays, one with it is converted, and limits hold after that."""
    day = {"type": "datetime", "min": date(2020, 2, 3)}
    model = row_model(parcels.contract({"day": day}, timezone="Europe/Berlin"))
    for text in ("2020-02-03T08:00:00", "2020-02-03T07:00:00Z", "2020-02-03T02:00:00-05:00"):
        found = read({**ROW, "day": text}, model).model_dump()["day"]
        assert found == datetime(2020, 2, 3, 8)  # noqa: DTZ001 - contracts are in local time
    assert read({**ROW, "day": "2020-02-02T23:00:00Z"}, model)
    with pytest.raises(ValidationError, match="greater than or equal"):
        read({**ROW, "day": "2020-02-02T22:59:59Z"}, model)


def test_the_schema_tells_people_what_to_enter() -> None:
    """Title, description, unit, limits and labels reach the JSON schema, so forms have them."""
    schema = row_model(parcels.contract()).model_json_schema()
    weight = schema["properties"]["weight"]
    assert (weight["title"], weight["description"], weight["unit"]) == (
        "Weight",
        "Without the box.",
        "kg",
    )
    assert {"type": "number", "minimum": 0, "maximum": 100} in weight["anyOf"]
    assert schema["properties"]["carrier"]["labels"] == {"bike": "bike", "van": "van"}
    assert schema["additionalProperties"] is False


def test_labels_of_truths_have_keys_of_json() -> None:
    """Forms and files find the label of `true`, not of Python's `True`."""
    values = {True: "wrapped", False: "plain"}
    column = {"type": "boolean", "role": "feature", "title": "Gift", "values": values}
    contract = Contract.model_validate({"table": "t", "title": "T", "columns": {"gift": column}})
    schema = row_model(contract).model_json_schema()

    assert schema["properties"]["gift"]["labels"] == {"true": "wrapped", "false": "plain"}


@pytest.mark.parametrize("name", ["copy", "wind speed", "_hidden", "model_x", "2nd"])
def test_any_column_name_is_a_field(name: str) -> None:
    """A name that cannot be an attribute is still the one that JSON and dumps use."""
    column = {"type": "number", "role": "feature", "title": "X"}
    contract = parcels.contract().model_validate(
        {"table": "t", "title": "T", "columns": {name: column}}
    )
    model = row_model(contract)
    assert model.model_validate_json(json.dumps({name: 1.0})).model_dump() == {name: 1.0}
    assert list(model.model_json_schema()["properties"]) == [name]


@settings(max_examples=30)
@given(frames(parcels.contract(), max_rows=3))
def test_every_row_that_keeps_the_contract_is_accepted(frame: Any) -> None:
    """What the gate lets into training, the service takes as well."""
    contract = parcels.contract()
    model = row_model(contract)
    for text in (
        frame[contract.inputs]
        .to_json(orient="records", lines=True, date_format="iso", double_precision=15)
        .splitlines()
    ):
        row = json.loads(text)
        model.model_validate_json(json.dumps({**row, "day": row["day"][:10]}))


def test_names_that_are_alike_are_two_fields() -> None:
    """`a b` and `a.b` have the same letters, and neither takes the other's place."""
    names = ("a b", "a.b", "a-b")
    agreed = Contract.model_validate(
        {
            "table": "t",
            "title": "T",
            "columns": {
                name: {"type": "number", "role": "feature", "title": name} for name in names
            },
        }
    )
    row = dict.fromkeys(names, 1.5)

    assert row_model(agreed).model_validate(row).model_dump() == row
