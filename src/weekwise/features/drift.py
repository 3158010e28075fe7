"""How far one sample of a column lies from another, and which way: effect sizes, not p-values.

A week of a large table differs "significantly" from its history in every column; what a person
needs is how much. So drift is measured by two effect sizes over the same bins: the population
stability index and the Jensen-Shannon distance, with the bins they come from, the direction of
the move, and no verdict at all on samples too small to carry one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from weekwise.contract.model import Frozen

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING = "(missing)"
OTHER = "(other)"
UNSEEN = "(unseen)"


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


class Bin(Frozen):
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
    bins: tuple[Bin, ...]
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
    held = p > 0
    return float(np.sum(p[held] * np.log2(p[held] / q[held])))


@dataclass(frozen=True)
class NumericReference:
    """A numeric column as a reference sample shows it, to compare any number of samples with.

    Attributes:
        column: The column's name.
        uppers: The bins' inclusive upper ends, ascending: first of the bin below the least value,
            then of the quantile bins; what is over the last has a bin too. Empty if no row of the
            reference has a value.
        labels: A label per bin: below, the quantile bins, over, missing.
        counts: Rows of the reference per bin.
        mean: The reference's mean, not-a-number if no row has a value.
        deviation: The reference's standard deviation.
    """

    column: str
    uppers: Floats
    labels: tuple[str, ...]
    counts: Counts
    mean: float
    deviation: float

    @classmethod
    def of(cls, column: str, values: npt.ArrayLike, limits: DriftLimits) -> Self:
        """Learn the bins from a reference sample.

        Args:
            column: The column's name.
            values: One number per row; not-a-number and infinities count as missing.
            limits: How many bins there shall be, ties permitting.
        """
        numbers = np.asarray(values, dtype=np.float64)
        held = numbers[np.isfinite(numbers)]
        if not held.size:
            none: Floats = np.empty(0)
            counts = _numeric_counts(numbers, none)
            return cls(column, none, ("any value", MISSING), counts, np.nan, 0.0)
        least = held.min()
        at = np.linspace(0.0, 1.0, limits.bins + 1)[1:]
        quantiles = np.quantile(held, at, method="inverted_cdf")
        uppers = np.unique([np.nextafter(least, -np.inf), *quantiles])
        between = interval_labels(float(least), uppers[1:], whole=bool((held % 1 == 0).all()))
        ends = f"below {_number(least)}", f"over {_number(uppers[-1])}"
        labels = (ends[0], *between, ends[1], MISSING)
        counts = _numeric_counts(numbers, uppers)
        return cls(column, uppers, labels, counts, float(held.mean()), float(held.std()))

    def compare(self, values: npt.ArrayLike, limits: DriftLimits) -> Drift:
        """Measure how far a current sample lies from this reference.

        Args:
            values: One number per row; not-a-number and infinities count as missing.
            limits: What counts as drift.
        """
        numbers = np.asarray(values, dtype=np.float64)
        counts = _numeric_counts(numbers, self.uppers)
        return _drift(self, counts, self._direction(numbers, counts), limits)

    def _direction(self, numbers: Floats, counts: Counts) -> Direction:
        held = numbers[np.isfinite(numbers)]
        missing = _share_direction(
            self.labels[-1:], _shares(self.counts)[-1:], _shares(counts)[-1:]
        )
        if not held.size or np.isnan(self.mean):
            return missing
        shift = float(held.mean()) - self.mean
        # A constant has no deviation to measure a move by; any move from it counts as one.
        effect = shift / self.deviation if self.deviation > 0 else float(np.sign(shift))
        if abs(missing.effect) > abs(effect):
            return missing
        return Direction(measure="mean", way=_way(effect), effect=effect)


@dataclass(frozen=True)
class CategoryReference:
    """A categorical column as a reference sample shows it, to compare any number with.

    Attributes:
        column: The column's name.
        categories: Those with a bin of their own, the most frequent first.
        rare: The reference's other categories, which share one bin.
        counts: Rows of the reference per bin.
    """

    column: str
    categories: tuple[str, ...]
    rare: frozenset[str]
    counts: Counts

    @classmethod
    def of(cls, column: str, values: Any, limits: DriftLimits) -> Self:
        """Learn the bins from a reference sample.

        Args:
            column: The column's name.
            values: One category per row, of any type that has a name; None is a missing value.
            limits: How many categories shall have a bin of their own.
        """
        seen = _category_counts(values)
        missing = seen.pop(MISSING, 0)
        # Ties are ordered by name: a run's report must not depend on the order of its rows.
        ordered = sorted(seen, key=lambda name: (-seen[name], name))
        own, rare = ordered[: limits.max_categories], ordered[limits.max_categories :]
        counts = [*(seen[name] for name in own), sum(seen[name] for name in rare), 0, missing]
        return cls(column, tuple(own), frozenset(rare), np.array(counts, dtype=np.int64))

    @property
    def labels(self) -> tuple[str, ...]:
        """A label per bin: the categories, the rare ones, unseen ones, missing."""
        return (*self.categories, OTHER, UNSEEN, MISSING)

    def compare(self, values: Any, limits: DriftLimits) -> Drift:
        """Measure how far a current sample lies from this reference.

        Args:
            values: One category per row, of any type that has a name; None is a missing value.
            limits: What counts as drift.
        """
        seen = _category_counts(values)
        missing = seen.pop(MISSING, 0)
        own = [seen.pop(name, 0) for name in self.categories]
        rare = sum(count for name, count in seen.items() if name in self.rare)
        counts = np.array([*own, rare, sum(seen.values()) - rare, missing], dtype=np.int64)
        direction = _share_direction(self.labels, _shares(self.counts), _shares(counts))
        return _drift(self, counts, direction, limits)


Reference = NumericReference | CategoryReference


def numeric_drift(
    column: str, reference: npt.ArrayLike, current: npt.ArrayLike, limits: DriftLimits
) -> Drift:
    """Measure the drift of a numeric column between two samples.

    Args:
        column: The column's name.
        reference: One number per row; not-a-number is a missing value.
        current: The same of the current sample.
        limits: The bins, and what counts as drift.
    """
    return NumericReference.of(column, reference, limits).compare(current, limits)


def categorical_drift(column: str, reference: Any, current: Any, limits: DriftLimits) -> Drift:
    """Measure the drift of a categorical column between two samples.

    Args:
        column: The column's name.
        reference: One category per row, of any type that has a name; None is a missing value.
        current: The same of the current sample.
        limits: The bins, and what counts as drift.
    """
    return CategoryReference.of(column, reference, limits).compare(current, limits)


def interval_labels(least: float, uppers: Floats, *, whole: bool) -> tuple[str, ...]:
    """Name adjoining intervals as people would.

    Args:
        least: Where the first begins, itself included.
        uppers: Where each ends, itself included, ascending.
        whole: Whether there are whole numbers only, so that the next begins at one more.

    Example:
        >>> interval_labels(1, np.array([1.0, 5.0, 9.0]), whole=True)
        ('1', '2 to 5', '6 to 9')
    """
    lows = [least, *((uppers[:-1] + 1) if whole else uppers[:-1])]
    return tuple(
        _number(high) if low == high else f"{_number(low)} to {_number(high)}"
        for low, high in zip(lows, uppers, strict=True)
    )


def _drift(
    reference: Reference, counts: Counts, direction: Direction, limits: DriftLimits
) -> Drift:
    before, after = int(reference.counts.sum()), int(counts.sum())
    both = before > 0 and after > 0
    index = psi(reference.counts, counts) if both else None
    return Drift(
        column=reference.column,
        psi=index,
        js_distance=js_distance(reference.counts, counts) if both else None,
        bins=tuple(
            Bin(label=label, reference=int(p), current=int(q))
            for label, p, q in zip(reference.labels, reference.counts, counts, strict=True)
            if p or q
        ),
        direction=direction if both else Direction(measure=direction.measure),
        reference_rows=before,
        current_rows=after,
        level=limits.level(index, before, after),
    )


def _numeric_counts(numbers: Floats, uppers: Floats) -> Counts:
    held = numbers[np.isfinite(numbers)]
    counts = np.bincount(np.searchsorted(uppers, held, side="left"), minlength=uppers.size + 1)
    return np.append(counts, numbers.size - held.size).astype(np.int64)


def _number(value: float) -> str:
    if abs(value) < 1000:  # noqa: PLR2004 - 4 digits
        return f"{value:.4g}"
    # Thousands are set apart from five digits on, so that a year reads as a year.
    return f"{value:.0f}" if abs(value) < 10_000 else f"{value:,.0f}"  # noqa: PLR2004


def _category_counts(values: Any) -> dict[str, int]:
    """Rows per category by name, missing values under `MISSING`."""
    counted = pd.Series(values).value_counts(dropna=False)
    named: dict[str, int] = {}
    for value, count in counted.items():
        if count:
            name = _name(value)
            named[name] = named.get(name, 0) + int(count)
    return named


def _name(value: Any) -> str:
    if pd.isna(value):
        return MISSING
    # A column of whole numbers turns to floats when a value is missing; the name must not change.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _shares(counts: Counts) -> Floats:
    return counts / max(1, int(counts.sum()))


def _share_direction(labels: Sequence[str], before: Floats, after: Floats) -> Direction:
    """The move of the bin whose share moved most."""
    moves = after - before
    largest = int(np.argmax(np.abs(moves)))
    effect = float(moves[largest])
    if effect == 0:
        return Direction(measure="share")
    return Direction(measure="share", way=_way(effect), label=labels[largest], effect=effect)


def _way(effect: float) -> Literal["up", "down", "none"]:
    return "up" if effect > 0 else "down" if effect < 0 else "none"
