"""Who meets at the promotion gate: what a run brings, and what it finds in service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from weekwise.contract.frozen import Frozen
from weekwise.model.predictor import Predictor

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Challenger:
    """What a run brings to the promotion gate: a new predictor, or the reason why there is none.

    Attributes:
        predictor: The new predictor, if the run trained one.
        reason: Why the run trained one, or why not, one sentence.
        fingerprint: What tells this training from every other; equal fingerprints are one version.
        example: A few raw rows of the contract, for the registered model.
        tags: Further tags for the version.
        version: The version it is registered as; none until it has been saved.
    """

    predictor: Predictor | None
    reason: str
    fingerprint: str = ""
    example: pd.DataFrame | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None


@dataclass(frozen=True)
class Champion:
    """The model in service.

    Attributes:
        version: Its version.
        predictor: Its predictor.
    """

    version: str
    predictor: Predictor


@dataclass(frozen=True)
class CurrentChampion:
    """The champion that a run finds, if it finds one.

    Attributes:
        champion: The champion; none before the first.
    """

    champion: Champion | None


class Candidate(Frozen):
    """What a run brought to the promotion gate.

    Attributes:
        version: The challenger's version; none if the run trained no model.
        reason: Why the run trained a model, or why not, one sentence.
    """

    version: str | None
    reason: str = ""
