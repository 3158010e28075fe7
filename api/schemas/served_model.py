"""Answers about the model in service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.schemas.answer import Answer
from weekwise.contract.type_facts import TaskName


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
