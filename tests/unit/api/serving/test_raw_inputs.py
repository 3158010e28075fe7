"""The service asks for what its model takes: raw columns, and no others."""

from __future__ import annotations

import json
from typing import Any

import pytest

import loaded_models
from api.http.exceptions import InvalidRow
from api.rows.batch_reader import BatchReader
from api.serving.answers import answered_batch, explanation_body, prediction_body
from api.serving.loaded_model import LoadedModel

ROW = {"line": "red", "cars": 4, "rain": 2.0}


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    """A model of a derived feature and `line`; of a contract with more features."""
    return loaded_models.loaded_rain_per_car()


def predicted(model: LoadedModel, row: dict[str, Any]) -> Any:
    """What `POST /predict` answers for a row."""
    read = model.reader.read(json.dumps(row).encode())
    (value,) = model.predictor.predict_rows([read])
    return json.loads(prediction_body(model, read, value))


def test_the_form_asks_for_raw_inputs_alone(model: LoadedModel) -> None:
    """The schema has what the model takes; what it does without may come and is not asked for."""
    schema = model.schema

    assert schema["x-order"] == list(schema["properties"]) == ["line", "cars", "rain"]
    assert schema["patternProperties"] == {"^(departure|stops|express)$": {}}
    assert [list(example) for example in schema["examples"]] == [["line", "cars", "rain"]] * 3


def test_the_form_is_told_what_is_computed(model: LoadedModel) -> None:
    """A derived feature is no field; the schema says what it follows from."""
    (computed,) = model.schema["x-computed"]

    assert (computed["name"], computed["title"]) == ("per_car", "Rain for each car")
    assert (computed["from"], computed["takes"]) == ("rain / cars", ["cars", "rain"])


def test_an_unused_feature_is_accepted(model: LoadedModel) -> None:
    """A row with a feature that the model does without gets the same answer, in both endpoints."""
    alone = predicted(model, ROW)

    assert predicted(model, {**ROW, "stops": "of any kind", "express": None}) == alone
    body = json.dumps({"rows": [ROW, {**ROW, "stops": 3}]}).encode()
    batch = json.loads(answered_batch(model, BatchReader(model.reader, 10).read(body)).body)
    assert [result["probability"] for result in batch["results"]] == [alone["probability"]] * 2


def test_what_cannot_be_computed_is_warned_of(model: LoadedModel) -> None:
    """A derived value that comes out missing is told of in every endpoint."""
    row = {**ROW, "cars": 0}
    expected = {
        "field": "per_car",
        "kind": "missing",
        "message": "Rain for each car cannot be computed from cars, rain; the model predicts "
        "without it.",
    }
    body = json.dumps({"rows": [ROW, row]}).encode()
    batch = json.loads(answered_batch(model, BatchReader(model.reader, 10).read(body)).body)
    explained = json.loads(explanation_body(model, model.reader.read(json.dumps(row).encode())))

    assert predicted(model, ROW)["warnings"] == []
    assert predicted(model, row)["warnings"] == [expected]
    assert [result["warnings"] for result in batch["results"]] == [[], [expected]]
    assert explained["warnings"] == [expected]


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("per_car", "it is computed from other columns: leave it out"),
        ("platform", "the model does not take this column"),
        ("lines", "did you mean line?"),
    ],
)
def test_other_fields_are_refused(model: LoadedModel, field: str, told: str) -> None:
    """The message says why there is no such field."""
    with pytest.raises(InvalidRow) as caught:
        predicted(model, {**ROW, field: 1})

    (fault,) = caught.value.errors or ()
    assert told in fault.message


def test_the_explanation_shows_the_derived_feature(model: LoadedModel) -> None:
    """The derived feature has its value, and none where it cannot be computed."""
    for cars, expected in ((4, 0.5), (0, None), (None, None)):
        row = model.reader.read(json.dumps({**ROW, "cars": cars}).encode())
        explained = json.loads(explanation_body(model, row))
        values = {part["feature"]: part["value"] for part in explained["contributions"]}
        assert values == {"line": "red", "per_car": expected}


def test_a_raw_input_must_be_there_where_the_contract_says(model: LoadedModel) -> None:
    """A raw input is as its own column is: needed, limited, or allowed to be missing."""
    with pytest.raises(InvalidRow, match="1 field needs fixing"):
        predicted(model, {"cars": 4, "rain": 2.0})
    with pytest.raises(InvalidRow, match="1 field needs fixing"):
        predicted(model, {**ROW, "rain": -1.0})
