from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from api.rows.batch_reader import BatchReader
from api.rows.row_warnings import Row
from api.serving.answers import answered_batch, explanation_body, prediction_body
from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_delays, loaded_faults, loaded_parcels, loaded_trains

MODELS = {
    "trains": loaded_trains,
    "parcels": loaded_parcels,
    "a number": loaded_delays,
    "a class": loaded_faults,
}


@pytest.fixture(scope="module", params=MODELS.values(), ids=MODELS)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    """Models of two tables and of all kinds of prediction."""
    make: Callable[[], LoadedModel] = request.param
    return make()


def row_of(model: LoadedModel, **changes: object) -> Row:
    """The model's first example, changed, as its reader gives it."""
    row = model.reader.read_value({**model.examples[0], **changes})
    assert isinstance(row, dict)
    return row


def test_a_prediction_has_the_fields_of_its_task(model: LoadedModel) -> None:
    """The answer is the task's fields, its settings, the version and the warnings."""
    row = row_of(model)
    (predicted,) = model.predictor.predict_rows([row])
    task = model.predictor.task

    answer = json.loads(prediction_body(model, row, predicted))

    own = {name: answer.pop(name) for name in task.answer_model.model_fields}
    assert task.answer_model.model_validate(own)
    settings = {name: answer.pop(name) for name in task.settings_model.model_fields}
    assert task.settings_model.model_validate(settings)
    assert answer == {"model_version": "1", "warnings": []}


def test_contributions_add_up_to_the_score(model: LoadedModel) -> None:
    """An explanation names every input once, the largest contribution first."""
    answer = json.loads(explanation_body(model, row_of(model)))

    shares = [part["contribution"] for part in answer["contributions"]]
    assert answer["score"] == pytest.approx(answer["base_value"] + sum(shares))
    assert answer["scale"] == model.predictor.task.scale(model.predictor.settings)
    names = [part["feature"] for part in answer["contributions"]]
    assert sorted(names) == sorted(model.predictor.inputs.names)
    assert [abs(share) for share in shares] == sorted(map(abs, shares), reverse=True)


def test_a_batch_answers_each_row_as_alone(model: LoadedModel) -> None:
    """Each row of a batch has the prediction it has alone; a refused row has its errors."""
    rows = [dict(example) for example in model.examples]
    body = json.dumps({"rows": [*rows, {"unknown": 1}]}).encode()

    batch = answered_batch(model, BatchReader(model.reader, 10).read(body))
    answer = json.loads(batch.body)

    assert (answer["predicted"], answer["refused"], batch.refused) == (len(rows), 1, 1)
    assert [result["index"] for result in answer["results"]] == list(range(len(rows) + 1))
    assert answer["results"][-1]["errors"]
    for example, result in zip(rows, answer["results"], strict=False):
        row = model.reader.read_value(example)
        assert isinstance(row, dict)
        (predicted,) = model.predictor.predict_rows([row])
        alone = json.loads(prediction_body(model, row, predicted))
        for name in model.predictor.task.answer_model.model_fields:
            assert result[name] == pytest.approx(alone[name])
