"""Typed parameters of model training."""

from __future__ import annotations

from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.model.training_record import FitParams


class TrainingParams(Frozen):
    """What is trained on, how, and how it is looked at.

    Attributes:
        holdout_days: The newest days of history, which no model of this run is fitted on.
        holdout_share: Where rows have no time: the share of them that is held out, by a hash of
            their key.
        max_training_rows: Of a longer history so many rows are trained on: the newest days whole,
            and of older ones a share that a hash of their key draws. What is held out comes on top.
        refit: Whether the model is fitted again on all rows once its twin, fitted without the
            holdout, is there to be judged. Otherwise what is judged is what is served.
        fit: How to fit.
        slices: Features whose values the evaluation tells apart.
        slice_min_rows: Slices with fewer rows are left out.
        explained_rows: How many holdout rows the SHAP summary shows; a fixed sample.
    """

    holdout_days: int = Field(default=14, ge=1)
    holdout_share: float = Field(default=0.2, gt=0, lt=1)
    max_training_rows: int = Field(default=2_000_000, ge=1000)
    refit: bool = True
    fit: FitParams = FitParams()
    slices: tuple[str, ...] = ()
    slice_min_rows: int = Field(default=500, ge=1)
    explained_rows: int = Field(default=500, ge=1)
