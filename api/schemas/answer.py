"""What all answers are made of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

Json = str | int | float | bool | None

Row = dict[str, Json]
"""One row as a client sends it; the model's contract says which columns and values it may have."""

JsonObject = dict[str, Any]


class Answer(BaseModel):
    """A part of an answer: immutable, without undescribed fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())
