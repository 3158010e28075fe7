"""Answers about the service itself, and to requests that do not succeed."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.answer import Answer
from api.schemas.prediction_answers import FieldError


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
