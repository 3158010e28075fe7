"""Drift as a value: what was measured, how much that is, and the two measures themselves.

A week of a large table differs "significantly" from its history in every column; what a person
needs is how much. So drift is measured by two effect sizes over the same bins: the population
stability index and the Jensen-Shannon distance, with the bins they come from, the direction of
the move, and no verdict at all on samples too small to carry one.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from weekwise.contract.frozen import Frozen

Floats = npt.NDArray[np.float64]

FEWEST_WEEKS = 19
"""Beyond so many one week in twenty lies by chance; with fewer it takes more to lie beyond."""


class DriftLevel(StrEnum):
    """What a PSI amounts to."""

    NONE = "none"
    MODERATE = "moderate"
    MAJOR = "major"
    TOO_FEW_ROWS = "too few rows"


class DriftLimits(Frozen):
    """When a PSI is worth a person's attention.

    The two limits are the industry's rule of thumb: Siddiqi, *Credit Risk Scorecards* (2006).

    Attributes:
        moderate: PSI from which drift is moderate.
        major: PSI from which drift is major.
        min_rows: The fewest rows either sample may have. Below it a PSI is mostly noise: with B
            bins and samples of n and m rows from one distribution its mean is about
            (B - 1)(1/n + 1/m) (Yurdakul, *Statistical Properties of Population Stability Index*,
            2018).
        bins: Into how many quantile bins of the reference a numeric column is cut.
        max_categories: How many of the reference's categories have a bin of their own; the rarer
            ones share one.
    """

    moderate: float = Field(default=0.1, gt=0)
    major: float = Field(default=0.25, gt=0)
    min_rows: int = Field(default=200, ge=1)
    bins: int = Field(default=10, ge=2)
    max_categories: int = Field(default=30, ge=1)

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.moderate > self.major:
            raise ValueError(f"moderate {self.moderate} is over major {self.major}; swap them")
        return self

    def level(self, psi: float | None, reference_rows: int, current_rows: int) -> DriftLevel:
        """What `psi` between samples of these sizes amounts to."""
        if psi is None or min(reference_rows, current_rows) < self.min_rows:
            return DriftLevel.TOO_FEW_ROWS
        if psi >= self.major:
            return DriftLevel.MAJOR
        return DriftLevel.MODERATE if psi >= self.moderate else DriftLevel.NONE


def beyond(psi: float, past: Sequence[float]) -> bool:
    """Whether a week's PSI lies beyond those of past weeks.

    The days of a week are alike, so that a PSI of 3 may be nothing for one column and much for
    another. What is usual only the column's own past tells. If weeks are exchangeable, a week lies
    beyond n others with probability 1 / (n + 1): the rank test of conformal anomaly detection
    (Laxhammar and Falkman, 2010). With fewer than `FEWEST_WEEKS` weeks that is no rare event, so
    the PSI must lie further beyond, by as much as weeks are lacking.

    Args:
        psi: Of the week.
        past: Of past weeks, each against the weeks before it; at least one.
    """
    return psi > max(past) * max(1.0, FEWEST_WEEKS / len(past))


class DriftBin(Frozen):
    """One bin: its label, and how many rows of each sample fall into it."""

    label: str
    reference: int
    current: int


class Direction(Frozen):
    """Which way a column moved.

    Attributes:
        way: Up, down, or neither.
        measure: `mean` for numbers, `share` of one bin for categories and for missing values.
        label: The bin whose share moved most, where the measure is `share`.
        effect: For a mean, its change in standard deviations of the reference (Glass's delta);
            for a share, its change from 0 to 1. Negative is down.
    """

    way: Literal["up", "down", "none"] = "none"
    measure: Literal["mean", "share"]
    label: str | None = None
    effect: float = 0.0

    def __str__(self) -> str:
        if self.way == "none":
            return "no change"
        if self.measure == "mean":
            return f"mean {self.way} {abs(self.effect):.2f} sd"
        return f"{self.label} {self.way} {100 * abs(self.effect):.1f} points"


class Drift(Frozen):
    """How far a column's current sample lies from its reference.

    Attributes:
        column: The column's name.
        psi: Population stability index, from 0; None where either sample is empty.
        js_distance: Jensen-Shannon distance, from 0 (alike) to 1 (nothing in common); None where
            either sample is empty.
        bins: The bins both were computed from, those empty in both samples left out.
        direction: Which way the column moved.
        reference_rows: Rows of the reference, those without a value among them.
        current_rows: Rows of the current sample, those without a value among them.
        level: What the PSI amounts to.
    """

    column: str
    psi: float | None
    js_distance: float | None
    bins: tuple[DriftBin, ...]
    direction: Direction
    reference_rows: int
    current_rows: int
    level: DriftLevel

    @property
    def drifted(self) -> bool:
        """Whether the drift is moderate or major."""
        return self.level in {DriftLevel.MODERATE, DriftLevel.MAJOR}


def psi(reference: npt.ArrayLike, current: npt.ArrayLike) -> float:
    """Population stability index of two samples counted in the same bins.

    The sum over bins of (q - p) ln(q / p), which is Kullback-Leibler's divergence taken both
    ways (Kullback and Leibler, 1951; Yurdakul, 2018). An empty bin counts as half a row, so that
    a category that appears or vanishes weighs much, but not infinitely much. Bins empty in both
    samples count for nothing.

    Args:
        reference: Rows per bin; at least one row in all.
        current: Rows per bin, in the same order; at least one row in all.
    """
    p_counts, q_counts = np.asarray(reference, float), np.asarray(current, float)
    used = (p_counts > 0) | (q_counts > 0)
    p = np.maximum(p_counts[used], 0.5) / p_counts.sum()
    q = np.maximum(q_counts[used], 0.5) / q_counts.sum()
    return float(np.sum((q - p) * np.log(q / p)))


def js_distance(reference: npt.ArrayLike, current: npt.ArrayLike) -> float:
    """Jensen-Shannon distance of two samples counted in the same bins, from 0 to 1.

    The square root of the divergence in bits, a metric (Endres and Schindelin, *A New Metric for
    Probability Distributions*, 2003).

    Args:
        reference: Rows per bin; at least one row in all.
        current: Rows per bin, in the same order; at least one row in all.
    """
    p_counts, q_counts = np.asarray(reference, float), np.asarray(current, float)
    p, q = p_counts / p_counts.sum(), q_counts / q_counts.sum()
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return float(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def _relative_entropy(p: Floats, q: Floats) -> float:
    positive = p > 0
    return float(np.sum(p[positive] * np.log2(p[positive] / q[positive])))
