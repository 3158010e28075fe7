"""A reference sample cut into bins, once, for any number of samples to be compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.analysis.drift_measures import (
    Direction,
    Drift,
    DriftBin,
    DriftLimits,
    js_distance,
    psi,
)

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MISSING = "(missing)"
OTHER = "(other)"
UNSEEN = "(unseen)"


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
        finite = numbers[np.isfinite(numbers)]
        if not finite.size:
            none: Floats = np.empty(0)
            counts = _numeric_counts(numbers, none)
            return cls(column, none, ("any value", MISSING), counts, np.nan, 0.0)
        least = finite.min()
        at = np.linspace(0.0, 1.0, limits.bins + 1)[1:]
        quantiles = np.quantile(finite, at, method="inverted_cdf")
        uppers = np.unique([np.nextafter(least, -np.inf), *quantiles])
        between = interval_labels(float(least), uppers[1:], whole=bool((finite % 1 == 0).all()))
        ends = f"below {_number(least)}", f"over {_number(uppers[-1])}"
        labels = (ends[0], *between, ends[1], MISSING)
        counts = _numeric_counts(numbers, uppers)
        return cls(column, uppers, labels, counts, float(finite.mean()), float(finite.std()))

    def places(self, values: npt.ArrayLike) -> Counts:
        """The bin of each row, shape (n,), as a place in `labels`.

        Args:
            values: One number per row; not-a-number and infinities count as missing.
        """
        return _numeric_places(np.asarray(values, dtype=np.float64), self.uppers)

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
        finite = numbers[np.isfinite(numbers)]
        missing = _share_direction(
            self.labels[-1:], _shares(self.counts)[-1:], _shares(counts)[-1:]
        )
        if not finite.size or np.isnan(self.mean):
            return missing
        shift = float(finite.mean()) - self.mean
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

    def places(self, values: pd.Categorical) -> Counts:
        """The bin of each row, shape (n,), as a place in `labels`.

        Args:
            values: One category per row; None is a missing value.
        """
        own = {name: place for place, name in enumerate(self.categories)}
        other, unseen, missing = range(len(own), len(own) + 3)
        names = [_name(category) for category in values.categories]
        bins = [own.get(name, other if name in self.rare else unseen) for name in names]
        places: Counts = np.array([*bins, missing], dtype=np.int64)[values.codes]
        return places

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
            DriftBin(label=label, reference=int(p), current=int(q))
            for label, p, q in zip(reference.labels, reference.counts, counts, strict=True)
            if p or q
        ),
        direction=direction if both else Direction(measure=direction.measure),
        reference_rows=before,
        current_rows=after,
        level=limits.level(index, before, after),
    )


def _numeric_places(numbers: Floats, uppers: Floats) -> Counts:
    places = np.searchsorted(uppers, numbers, side="left")
    return np.where(np.isfinite(numbers), places, uppers.size + 1).astype(np.int64)


def _numeric_counts(numbers: Floats, uppers: Floats) -> Counts:
    return np.bincount(_numeric_places(numbers, uppers), minlength=uppers.size + 2)


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
