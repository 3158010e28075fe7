"""Answers about rows: predictions, explanations, and why rows were refused."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from pydantic import BaseModel, Field, create_model

from api.schemas.answer import Answer, Json
from weekwise.tasks import TASKS
from weekwise.tasks.base import Task


class WarningKind(StrEnum):
    """Why a prediction comes with a warning."""

    MISSING = "missing"
    UNSEEN = "unseen"


class FieldWarning(Answer):
    """A value that is missing, or that the contract does not list."""

    field: str = Field(description="The column.")
    kind: WarningKind
    message: str


class _Prediction(Answer):
    """The prediction for one row."""

    model_version: str
    warnings: list[FieldWarning]


class Contribution(Answer):
    """What one input adds to a row's score."""

    feature: str
    title: str
    value: Json = Field(description="The value the model got; null if missing.")
    label: str | None = Field(description="The contract's label of the value.")
    unit: str | None
    contribution: float = Field(description="SHAP value, in the unit of the score.")
    effect: float = Field(
        description="The same in terms of the prediction itself: in probability (of the predicted "
        "class), or in the target's unit."
    )
    as_of: date | None = Field(
        description="For an aggregate that the row did not bring: the run whose value it is."
    )


class _Explanation(_Prediction):
    """A prediction with what each input adds to it."""

    score: float = Field(description="base_value plus level_correction plus all contributions.")
    base_value: float = Field(description="The score that every row starts from.")
    level_correction: float = Field(
        description="What every score of this model is moved by: part of what the newest days "
        "before it missed the level by; 0 where that does not pay."
    )
    start: float = Field(
        description="What is predicted before any input counts. With all effects it adds up to the "
        "prediction."
    )
    scale: str = Field(description="What score, base_value and contributions are measured in.")
    contributions: list[Contribution] = Field(description="The largest first, by absolute value.")


class FieldError(Answer):
    """What is wrong with one field."""

    field: str = Field(description="The column; empty where the row itself is wrong.")
    message: str
    expected: str
    received: str
    suggestions: list[str] = Field(
        default_factory=list,
        description="Listed values, as text, one of which may have been meant; left out where "
        "there are none.",
    )


class _BatchPrediction(Answer):
    """The prediction for one row of a batch."""

    index: int = Field(ge=0)
    warnings: list[FieldWarning]


class BatchRefusal(Answer):
    """Why one row of a batch was refused."""

    index: int = Field(ge=0)
    errors: list[FieldError] = Field(
        min_length=1,
        description="What is wrong with it. After a thousand faults of a batch, each row has its "
        "first alone.",
    )


class RefusalGroup(Answer):
    """One kind of fault in a batch, and the rows that have it."""

    field: str = Field(description="The column; empty where rows themselves are wrong.")
    expected: str
    rows: int = Field(ge=1, description="How many rows have it.")
    first: list[int] = Field(description="The places of the first of them in the batch.")


class _BatchAnswer(Answer):
    """One result for each row, in the order of the rows."""

    model_version: str
    predicted: int = Field(ge=0, description="Rows with a prediction.")
    refused: int = Field(ge=0, description="Rows that were refused.")
    refusals: list[RefusalGroup] = Field(
        description="Why rows were refused, by kind of fault, the most frequent first."
    )


def _of(task: Task, base: type[Answer], *parts: type[BaseModel], **fields: Any) -> Any:
    """An answer with a task's own fields."""
    name = f"{task.name.value.capitalize()}{base.__name__.removeprefix('_')}"
    return create_model(name, __base__=(*parts, base), __doc__=base.__doc__, **fields)


def _list_of(model: Any) -> Any:
    return list[model]


def _either(models: Iterable[Any]) -> Any:
    """One of some models: as many as there are tasks."""
    return reduce(or_, models)


Prediction = _either(
    _of(task, _Prediction, task.answer_model, task.settings_model) for task in TASKS.values()
)
Explanation = _either(
    _of(task, _Explanation, task.answer_model, task.settings_model) for task in TASKS.values()
)
BatchAnswer = _either(
    _of(
        task,
        _BatchAnswer,
        task.settings_model,
        results=_list_of(_of(task, _BatchPrediction, task.answer_model) | BatchRefusal),
    )
    for task in TASKS.values()
)
