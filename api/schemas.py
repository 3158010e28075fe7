"""What the service answers, as models: the source of its OpenAPI document."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Json = str | int | float | bool | None


class Answer(BaseModel):
    """A part of an answer: immutable, and nothing in it that is not described."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class WarningKind(StrEnum):
    """Why a prediction comes with a warning."""

    MISSING = "missing"
    UNSEEN = "unseen"


class FieldWarning(Answer):
    """What the model did without, or does not know."""

    field: str = Field(description="The column.")
    kind: WarningKind
    message: str


class Prediction(Answer):
    """What the model says of one row."""

    probability: float = Field(ge=0, le=1, description="Probability of a positive outcome.")
    decision: bool = Field(description="Whether the probability reaches the threshold.")
    threshold: float = Field(ge=0, le=1)
    model_version: str
    warnings: list[FieldWarning]


class Contribution(Answer):
    """What one input adds to a row's log-odds."""

    feature: str
    title: str
    value: Json = Field(description="The value the model was given; null where there was none.")
    label: str | None = Field(description="What the contract calls the value.")
    unit: str | None
    contribution: float = Field(description="SHAP value in log-odds.")


class Explanation(Prediction):
    """A prediction with what each input adds to it."""

    log_odds: float = Field(description="base_value plus all contributions.")
    base_value: float = Field(description="What every row starts from, in log-odds.")
    contributions: list[Contribution] = Field(description="The largest first, by absolute value.")


class FieldError(Answer):
    """What is wrong with one field."""

    field: str = Field(description="The column; empty where the row itself is wrong.")
    message: str
    expected: str
    received: str


class BatchPrediction(Answer):
    """What the model says of one row of a batch."""

    index: int = Field(ge=0)
    probability: float = Field(ge=0, le=1)
    decision: bool
    warnings: list[FieldWarning]


class BatchRefusal(Answer):
    """Why one row of a batch has no prediction."""

    index: int = Field(ge=0)
    errors: list[FieldError] = Field(min_length=1)


class BatchAnswer(Answer):
    """One result for each row, in their order."""

    model_version: str
    threshold: float = Field(ge=0, le=1)
    predicted: int = Field(ge=0, description="Rows with a prediction.")
    refused: int = Field(ge=0, description="Rows without one.")
    results: list[BatchPrediction | BatchRefusal]


class ContractFacts(Answer):
    """The contract that the model carries."""

    table: str
    title: str
    hash: str


class TargetFacts(Answer):
    """What is predicted."""

    name: str
    title: str
    description: str


class VerdictFacts(Answer):
    """What the promotion gate said of the model."""

    decision: str
    headline: str
    details: str = Field(description="Markdown.")


class Importance(Answer):
    """How much one input changes the predictions."""

    feature: str
    title: str
    importance: float = Field(description="Percent; all together are 100.")


class ModelFacts(Answer):
    """The model in service."""

    name: str
    version: str
    alias: str
    since: datetime | None = Field(description="When it got the alias, in UTC.")
    why: str | None = Field(description="The reason given for that.")
    as_of: date = Field(description="The run that fitted it.")
    train_start: date
    train_end: date = Field(description="The first date after the newest row it has seen.")
    rows: int = Field(description="Rows it was fitted on.")
    validation_rows: int
    trees: int
    positive_rate: float
    threshold: float
    task: Literal["binary"]
    target: TargetFacts
    contract: ContractFacts
    metrics: dict[str, float] = Field(description="What is known of its quality, by name.")
    verdict: VerdictFacts | None
    importances: list[Importance]
    source: Literal["registry", "local copy"]
    loaded_at: datetime
    registry: Literal["ok", "unreachable"]
    problem: str | None = Field(description="Why the last look at the registry brought no change.")


class ReportSummary(Answer):
    """One weekly report, in short."""

    as_of: date
    status: Literal["OK", "WARN", "ACT"]
    headline: str
    model_version: str | None = Field(description="The model that predicted the coming week.")
    expected_log_loss: float | None = Field(
        description="What the holdout expected of the week looked back on."
    )
    log_loss: float | None = Field(description="What that week's outcomes made of it.")
    baseline_log_loss: float | None = Field(description="The same of a constant rate.")
    expected_skill: float | None
    skill: float | None
    auc: float | None
    calibration_error: float | None
    looked_back_on: date | None = Field(description="The run whose predictions were judged.")
    drifted: bool
    worse: bool
    has_page: bool


class Health(Answer):
    """Whether the process lives."""

    status: Literal["alive"]


class Readiness(Answer):
    """Whether it can predict."""

    status: Literal["ready"]
    model_version: str


class Problem(BaseModel):
    """What went wrong: RFC 9457."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="What kind of problem, as a URN.")
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldError] | None = Field(default=None, description="What is wrong, by field.")


Row = dict[str, Json]
"""One row as any client may send it; which columns and which values, the model's contract says."""

JsonObject = dict[str, Any]
