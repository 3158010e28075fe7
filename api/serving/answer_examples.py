"""What the model in service answers for its own examples, for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from api.rows.batch_reader import BatchReader
from api.rows.row_warnings import Row
from api.serving.answers import answered_batch, explanation_body, prediction_body
from api.serving.loaded_model import LoadedModel

_WRONG_ROW: Mapping[str, Any] = {"no such column": 1}


def answer_examples(model: LoadedModel) -> dict[str, Any]:
    """An answer for each path that predicts. It takes milliseconds: call it in a thread.

    Args:
        model: The model.
    """
    example = dict(model.examples[0])
    row = model.reader.read_value(example)
    if isinstance(row, list):
        return {}
    completed: Row = model.completed(row)
    (predicted,) = model.predictor.predict_rows(model.predictor.complete([completed]))
    batch = BatchReader(model.reader, 2).read_rows([example, dict(_WRONG_ROW)])
    bodies = {
        "/predict": prediction_body(model, completed, predicted),
        "/explain": explanation_body(model, row),
        "/predict/batch": answered_batch(model, batch).body,
    }
    return {path: orjson.loads(body) for path, body in bodies.items()}
