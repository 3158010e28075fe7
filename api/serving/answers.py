"""What the service answers about predictions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from api.rows.batch_reader import CheckedBatch
from api.rows.cancel_flag import CancelFlag
from api.rows.row_warnings import Row
from api.serving.loaded_model import LoadedModel


@dataclass(frozen=True)
class AnsweredBatch:
    """The answer to a batch, and what is counted of it.

    Attributes:
        body: The answer as JSON.
        predictions: Of the valid rows.
        refused: How many rows were refused.
        unseen: How many values the contract does not list, by column.
    """

    body: bytes
    predictions: Sequence[Any]
    refused: int
    unseen: Mapping[str, int]


def prediction_body(model: LoadedModel, row: Row, predicted: Any) -> bytes:
    """The answer to `POST /predict`, as JSON.

    Args:
        model: The model that predicted.
        row: The row, as the model's reader gives it.
        predicted: What the model predicted for it.
    """
    return orjson.dumps(_prediction(model, row, predicted))


def explanation_body(model: LoadedModel, row: Row) -> bytes:
    """The answer to `POST /explain`, as JSON. It takes milliseconds: call it in a thread.

    Args:
        model: The model.
        row: The row, as the model's reader gives it.
    """
    predictor = model.predictor
    looked_up = model.looked_up(row)
    (row,) = predictor.complete([model.completed(row)])
    (predicted,) = predictor.predict_rows([row])
    explained = predictor.explain_row(row)
    inputs = zip(
        predictor.inputs.names,
        predictor.inputs.titles,
        explained.values,
        explained.contributions,
        explained.effects,
        strict=True,
    )
    contributions = [
        {
            **_contribution(model, explained.row, name, title, value),
            "contribution": contribution,
            "effect": effect,
            "as_of": looked_up.get(name),
        }
        for name, title, value, contribution, effect in inputs
    ]
    contributions.sort(key=lambda part: -abs(part["contribution"]))
    return orjson.dumps(
        {
            **_prediction(model, row, predicted),
            "score": math.fsum([explained.base, explained.level, *explained.contributions]),
            "base_value": explained.base,
            "level_correction": explained.level,
            "start": explained.start,
            "scale": predictor.task.scale(predictor.settings),
            "contributions": contributions,
        }
    )


def answered_batch(
    model: LoadedModel, batch: CheckedBatch, flag: CancelFlag | None = None
) -> AnsweredBatch:
    """Predict a batch. It takes a while: call it in a thread.

    Args:
        model: The model.
        batch: The batch, as the reader of the same model gives it.
        flag: Ends the work between two parts of the batch.

    Returns:
        The answer to `POST /predict/batch`, one result a row, in the order of the rows.
    """
    batch = model.completed_batch(batch)
    predictions, uncomputed = (
        model.predict_columns(batch.columns, flag) if batch.valid else ([], {})
    )
    task, settings = model.predictor.task, model.predictor.settings
    missing = {**batch.missing, **uncomputed}
    warnings = model.reader.warnings.of_batch(batch.columns, missing, len(batch.valid))
    results: list[Any] = [
        {
            "index": index,
            **task.answer(predicted, settings),
            "warnings": row_warnings,
        }
        for index, predicted, row_warnings in zip(
            batch.valid, predictions, warnings.by_row, strict=True
        )
    ]
    if batch.faults:
        results += ({"index": index, "errors": faults} for index, faults in batch.faults.items())
        results.sort(key=itemgetter("index"))
    body = {
        "model_version": model.version,
        **task.answer_settings(settings),
        "predicted": len(batch.valid),
        "refused": len(batch.faults),
        "refusals": batch.refusals.groups,
        "results": results,
    }
    if flag is not None:
        flag.check()
    return AnsweredBatch(orjson.dumps(body), predictions, len(batch.faults), warnings.unseen)


def _prediction(model: LoadedModel, row: Row, predicted: Any) -> dict[str, Any]:
    """What is said about one row, explained or not."""
    task, settings = model.predictor.task, model.predictor.settings
    (row,) = model.predictor.complete([row])
    return {
        **task.answer(predicted, settings),
        **task.answer_settings(settings),
        "model_version": model.version,
        "warnings": model.reader.warnings.of_row(row),
    }


def _contribution(
    model: LoadedModel, row: Row, name: str, title: str, model_value: str | float
) -> dict[str, Any]:
    """One input's part: a column shows the row's value, a calendar feature what the model got."""
    column = model.predictor.contract.columns.get(name)
    is_column = column is not None and name in model.predictor.features
    value: Any = row.get(name) if is_column else _plain(model_value)
    return {
        "feature": name,
        "title": title,
        "value": value,
        "label": model.predictor.inputs.label_of(name, value),
        "unit": column.unit if column is not None and is_column else None,
    }


def _plain(model_value: str | float) -> str | float | None:
    """A derived input as JSON has it: no NaN, whole numbers without a point."""
    if isinstance(model_value, float) and math.isnan(model_value):
        return None
    if isinstance(model_value, float) and model_value.is_integer():
        return int(model_value)
    return model_value
