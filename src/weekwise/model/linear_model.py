"""A linear model as plain numbers: what each input adds to the score of a row.

It stands beside the trees of a predictor, is written as JSON, and needs nothing but NumPy and
pandas to predict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats

Scores = tuple[float, ...]
"""One number for each score of a row: one, or as many as there are classes."""


class NumberTerm(Frozen):
    """What a number adds.

    Attributes:
        low: The lowest value that training rows had; one below it counts as it.
        high: The highest.
        typical: What a missing value counts as, beside `missing`.
        slope: What one unit adds to each score.
        missing: What a missing value adds.
    """

    low: float
    high: float
    typical: float
    slope: Scores
    missing: Scores

    def of(self, values: npt.NDArray[Any]) -> Floats:
        """Shape (n, scores) for values of shape (n,)."""
        values = values.astype(np.float64)
        absent = np.isnan(values)
        counted = np.where(absent, self.typical, np.clip(values, self.low, self.high))
        added: Floats = np.outer(counted, self.slope) + np.outer(absent, self.missing)
        return added

    def of_value(self, value: float) -> Scores:
        """The same for one value."""
        if value != value:  # noqa: PLR0124 - not a number
            added = zip(self.slope, self.missing, strict=True)
            return tuple(self.typical * slope + more for slope, more in added)
        counted = min(max(value, self.low), self.high)
        return tuple(counted * slope for slope in self.slope)


class CategoryTerm(Frozen):
    """What a category adds.

    Attributes:
        values: What each value that training rows had often enough adds to each score.
        other: What any other adds.
    """

    values: dict[str, Scores]
    other: Scores

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(list(self.values), dtype=object)

    @cached_property
    def _table(self) -> Floats:
        # A value that is not there has the place -1, the last one.
        return np.array([*self.values.values(), self.other], dtype=np.float64)

    def of(self, values: npt.NDArray[Any]) -> Floats:
        """Shape (n, scores) for texts of shape (n,)."""
        added: Floats = self._table[self._index.get_indexer(pd.Index(values, dtype=object))]
        return added

    def of_value(self, value: str) -> Scores:
        """The same for one value."""
        return self.values.get(value, self.other)


class LinearModel(Frozen):
    """Scores as sums of what the inputs add.

    Attributes:
        intercept: What every row starts from.
        terms: What each input adds, in the order of the inputs.
        means: What each input adds on average over the training rows.
        spreads: By how much that differs between training rows: its standard deviation, averaged
            over the scores.
    """

    intercept: Scores
    terms: dict[str, NumberTerm | CategoryTerm]
    means: dict[str, Scores]
    spreads: dict[str, float]

    def scores(self, frame: pd.DataFrame) -> Floats:
        """The score of each row, on the scale of the trees' own.

        Args:
            frame: What `model_frame` gives, shape (n, inputs).

        Returns:
            Shape (n,); with classes (n, classes).
        """
        total = np.tile(np.array(self.intercept), (len(frame), 1))
        for name, term in self.terms.items():
            total += term.of(frame[name].to_numpy())
        return self._shaped(total)

    def scores_of_lists(self, rows: Sequence[Sequence[Any]]) -> Floats:
        """The same for a few rows as lists, in the order of the inputs."""
        terms = list(self.terms.values())
        totals = [
            [
                sum(parts)
                for parts in zip(
                    self.intercept,
                    *(_of_value(term, value) for term, value in zip(terms, row, strict=True)),
                    strict=True,
                )
            ]
            for row in rows
        ]
        return self._shaped(np.array(totals, dtype=np.float64))

    def contributions(self, frame: pd.DataFrame) -> Floats:
        """What each input adds to each score beyond its average, and what every row starts from.

        Exact SHAP values of a linear model whose inputs are taken as independent: Lundberg and Lee,
        "A unified approach to interpreting model predictions", NeurIPS 2017, section 4.

        Args:
            frame: What `model_frame` gives, shape (n, inputs).

        Returns:
            Shape (n, inputs + 1); with classes (n, classes, inputs + 1).
        """
        start = np.array(self.intercept) + sum(np.array(self.means[name]) for name in self.terms)
        parts = [
            term.of(frame[name].to_numpy()) - np.array(self.means[name])
            for name, term in self.terms.items()
        ]
        table: Floats = np.stack([*parts, np.tile(start, (len(frame), 1))], axis=-1)
        return table[:, 0] if len(self.intercept) == 1 else table

    def importances(self) -> Mapping[str, float]:
        """How much each input changes the scores, in percent."""
        whole = sum(self.spreads.values()) or 1.0
        return {name: 100 * spread / whole for name, spread in self.spreads.items()}

    def _shaped(self, totals: Floats) -> Floats:
        return totals[:, 0] if len(self.intercept) == 1 else totals


def _of_value(term: NumberTerm | CategoryTerm, value: Any) -> Scores:
    if isinstance(term, CategoryTerm):
        return term.of_value(value)
    return term.of_value(float("nan") if value is None else float(value))
