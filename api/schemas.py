"""The answers of the service as Pydantic models: the source of its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from weekwise.contract.type_facts import TaskName
from weekwise.tasks import TASKS
from weekwise.tasks.base import Task

Json = str | int | float | bool | None
ReportStatus = Literal["OK", "WARN", "ACT"]


class Answer(BaseModel):
    """A part of an answer: immutable, without undescribed fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


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


class ContractFacts(Answer):
    """The contract that the model carries."""

    table: str
    title: str
    hash: str


class TargetClass(Answer):
    """One of the values that a target can have."""

    value: str
    label: str


class TargetFacts(Answer):
    """What is predicted."""

    name: str
    title: str
    description: str
    unit: str | None
    chance_of: str | None = Field(
        description="For yes or no: what yes is, as the end of `41% chance of …`, if the contract "
        "says it."
    )
    classes: list[TargetClass] = Field(
        description="The values that the contract lists, in its order; empty if it lists none."
    )


class VerdictFacts(Answer):
    """The promotion gate's verdict on the model."""

    decision: str
    headline: str
    details: str = Field(description="Markdown.")


class ChampionChange(Answer):
    """One change of the version in service."""

    version: str | None = Field(description="The version since; none if there was none.")
    previous: str | None = Field(description="The version before; none if there was none.")
    action: Literal["promote", "rollback", "clear"]
    kind: Literal["run", "manual", "outside"] = Field(
        description="Who made it: a weekly run by its verdict, a person by command, or somebody in "
        "MLflow itself."
    )
    at: datetime = Field(description="When, in UTC.")
    as_of: date = Field(description="The run it belongs to.")
    why: str


class Importance(Answer):
    """The importance of one feature."""

    feature: str
    title: str
    importance: float = Field(
        description="How much it changes the predictions, in percent; all add up to 100."
    )


class JudgedFacts(Answer):
    """The twin that was judged: the same recipe fitted without the holdout."""

    train_start: date | None = Field(description="Of its oldest training row, if rows have times.")
    train_end: date | None = Field(
        description="The first date after its newest training row, if rows have times."
    )
    rows: int = Field(description="Training rows.")
    validation_rows: int = Field(description="Rows that stopped it early.")


class ModelFacts(Answer):
    """The model in service."""

    name: str
    version: str
    alias: str
    since: datetime | None = Field(description="Since when it has the alias, in UTC.")
    why: str | None = Field(description="Why it got the alias.")
    as_of: date = Field(description="The run that fitted it.")
    train_start: date | None = Field(description="Of its oldest training row, if rows have times.")
    train_end: date | None = Field(
        description="The first date after its newest training row, if rows have times."
    )
    rows: int = Field(description="Training rows.")
    validation_rows: int
    judged: JudgedFacts | None = Field(
        description="What the metrics are of, if the model was fitted again on all rows since; "
        "null if they are of the model itself."
    )
    trees: int
    linear_share: float = Field(
        ge=0, le=1, description="The share of a linear model in the scores; the rest is the trees'."
    )
    level_correction: tuple[float, ...] = Field(
        description="What each score of a row is moved by; empty where nothing is corrected."
    )
    baseline: tuple[float, ...] = Field(
        description="What the outcomes of the training rows alone predict: for yes or no the "
        "positive rate, for classes the share of each."
    )
    threshold: float = Field(description="For yes or no: from where on the decision is yes.")
    task: TaskName
    target: TargetFacts
    contract: ContractFacts
    metrics: dict[str, float] = Field(description="Its metrics, by name.")
    verdict: VerdictFacts | None
    history: list[ChampionChange] = Field(
        description="The newest changes of the version in service, the newest first."
    )
    importances: list[Importance]
    source: Literal["registry", "local copy"]
    loaded_at: datetime
    registry: Literal["ok", "unreachable"]
    problem: str | None = Field(description="Why the last check of the registry brought no change.")


class ShadowPair(Answer):
    """A version beside its shadow, over the live rows that both predicted."""

    version: str = Field(description="The version that answered.")
    shadow: str = Field(description="The shadow's.")
    first: date = Field(description="The first day, in UTC.")
    last: date
    rows: int = Field(ge=1, description="How many rows both predicted.")
    predicted: float = Field(description="The mean of what was answered, as one number a row.")
    shadow_predicted: float = Field(description="The mean of what the shadow predicted.")
    difference: float = Field(description="How far the two are apart, on average.")
    otherwise: float | None = Field(
        description="The share of rows that the shadow decides otherwise; null where nothing is "
        "decided."
    )
    summary: str = Field(description="The same in words.")


class ShadowFacts(Answer):
    """The version that predicts live rows beside the one in service, and how the two differ."""

    wanted: str | None = Field(description="The alias or version asked for; null if none is.")
    version: str | None = Field(description="The shadow's version, if there is one.")
    problem: str | None = Field(description="Why there is none, if one is asked for.")
    compared: list[ShadowPair] = Field(
        description="Each pair of versions of the last seven days, the newest first."
    )


class ReportSummary(Answer):
    """The summary of one weekly report."""

    as_of: date
    status: ReportStatus
    headline: str
    model_version: str | None = Field(description="The model that made the run's predictions.")
    expected_loss: float | None = Field(
        description="Expected loss, from the holdout, of the newest run with known outcomes."
    )
    loss: float | None = Field(description="Realized loss of that run.")
    baseline_loss: float | None = Field(description="Loss of the baseline on the same rows.")
    expected_skill: float | None
    skill: float | None
    metrics: dict[str, float] = Field(description="Its further metrics, by name.")
    evaluated_as_of: date | None = Field(
        description="The run whose predictions were compared with the outcomes."
    )
    drifted: bool
    worse: bool
    has_page: bool


class Health(Answer):
    """Whether the process is alive."""

    status: Literal["alive"]


class Readiness(Answer):
    """Whether it can predict."""

    status: Literal["ready"]
    model_version: str


class Problem(BaseModel):
    """A problem as in RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="What kind of problem, as a URN.")
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] | None = Field(default=None, description="What is wrong, by field.")


Row = dict[str, Json]
"""One row as a client sends it; the model's contract says which columns and values it may have."""

JsonObject = dict[str, Any]
