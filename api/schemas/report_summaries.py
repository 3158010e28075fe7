"""Answers about what weekly runs and the shadow have said."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from api.schemas.answer import Answer

ReportStatus = Literal["OK", "WARN", "ACT"]


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
    loss: float | None = Field(description="Actual loss of that run.")
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
