"""Value objects: the base of contracts, parameters and results."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Frozen(BaseModel):
    """A value object: immutable, and strict about the keys it is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FrozenWithComputed(Frozen):
    """A value object whose JSON also holds what follows from its fields, and reads itself back."""

    @model_validator(mode="before")
    @classmethod
    def _computed_again(cls, data: Any) -> Any:
        """Leave out what follows from the rest."""
        if not isinstance(data, dict):
            return data
        return {
            name: value for name, value in data.items() if name not in cls.model_computed_fields
        }
