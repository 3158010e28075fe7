"""What a user may set about the exploratory analysis."""

from __future__ import annotations

from pydantic import Field

from weekwise.contract.model import Frozen, Share
from weekwise.features.drift import DriftLimits


class ExplorationParams(Frozen):
    """Settings of the exploratory analysis.

    Attributes:
        keep: Features that are kept, whatever is found.
        drop: Features that are dropped, whatever is found.
        max_missing: A feature missing in more than this share of past rows is dropped.
        max_same: A feature with one value in more than this share of past rows is dropped.
        leakage_auc: A feature that alone ranks past rows this well is dropped as suspected leakage.
        missing_auc: A feature whose gaps alone rank past rows this well is remarked on.
        redundancy: Of two features at least this alike the weaker is dropped.
        rare_rows: How many rows of the overall rate steady the rate of a value when features are
            measured alone.
        bins: Into how many quantile bins a number is cut when it is measured against the target.
        folds: Into how many parts of whole weeks history is cut when features are measured alone.
        sample_rows: The most past rows that correlations are computed from.
        seed: What that sample is drawn with.
        recent_weeks: How many past weeks are compared with history beside the upcoming one.
        max_categories: How many values of a category are shown; the rarer ones share a row.
        drift: What counts as drift.
    """

    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    max_missing: Share = 0.95
    max_same: Share = 0.999
    leakage_auc: float = Field(default=0.98, gt=0.5, le=1)
    missing_auc: float = Field(default=0.65, gt=0.5, le=1)
    redundancy: float = Field(default=0.995, gt=0, le=1)
    rare_rows: float = Field(default=20.0, gt=0)
    bins: int = Field(default=32, ge=2)
    folds: int = Field(default=5, ge=2)
    sample_rows: int = Field(default=30_000, ge=100)
    seed: int = 20130101
    recent_weeks: int = Field(default=6, ge=0)
    max_categories: int = Field(default=12, ge=2)
    drift: DriftLimits = DriftLimits()
