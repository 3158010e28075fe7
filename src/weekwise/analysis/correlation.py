"""How strongly features go together, pair by pair.

Each pair is measured by what fits it, on a scale where 0 is nothing and 1 is all: two numbers by
Spearman's rank correlation; a number and a category by the correlation ratio of the number's
ranks (Fisher), corrected for chance (Kelley, 1935); two categories by Cramer's V, corrected for
chance (Bergsma, *A bias-correction for Cramer's V and Tschuprow's T*, 2013).

A strong pair is not yet a redundant one: a town settles its region, and not the other way round.
So each pair of a kind has a second figure, which is 1 only if either feature can be told from the
other: the size of the rank correlation, or the mutual information of two categories over the
larger of their entropies. Between a number and a category it is 0: the one is never dropped for
the other, for a model reads them differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.table import AnalysisTable, Codes, Floats, sampled_rows
from weekwise.contract.frozen import Frozen

FEWEST_ROWS = 3
Counts = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


Measure = Literal["Spearman", "correlation ratio", "Cramer's V"]


class Pair(Frozen):
    """Two features.

    Attributes:
        first: One feature.
        second: The other.
        measure: What the strength is measured by, as fits their kinds.
        value: How strongly they go together, from 0 (from -1 for two numbers) to 1.
        same_information: How far each can be told from the other, from 0 to 1.
    """

    first: str
    second: str
    measure: Measure
    value: float
    same_information: float


class Correlations(Frozen):
    """All pairs of features.

    Attributes:
        names: The features, in the contract's order.
        cells: Strength of each pair in rows and columns of `names`; None where unknown.
        pairs: The known pairs, the strongest first.
        rows: How many past rows were sampled.
    """

    names: tuple[str, ...]
    cells: tuple[tuple[float | None, ...], ...]
    pairs: tuple[Pair, ...]
    rows: int

    def strongest(self, most: int) -> Correlations:
        """The same with the strongest pairs alone; the cells keep all of them."""
        return self.model_copy(update={"pairs": self.pairs[:most]})


def correlate_features(table: AnalysisTable, params: ExplorationParams) -> Correlations:
    """Measure every pair of features over past rows, sampled where there are many."""
    chosen = sampled_rows(table.history.rows, params.sample_rows, params.seed)
    ranks = {name: _ranks(values[chosen]) for name, values in table.history.numbers.items()}
    codes = {name: values[chosen] for name, values in table.history.codes.items()}
    pairs = [
        *_between_numbers(ranks),
        *(
            pair
            for category, places in codes.items()
            for pair in _between_kinds(category, places, ranks)
        ),
        *_between_categories(codes),
    ]
    pairs.sort(key=lambda pair: (-abs(pair.value), pair.first, pair.second))
    return Correlations(
        names=tuple(table.features),
        cells=_square(table.features, pairs),
        pairs=tuple(pairs),
        rows=chosen.size,
    )


def _ranks(numbers: Floats) -> Floats:
    """Ranks around 0, ties sharing theirs; not-a-number stays so."""
    import pandas as pd

    ranks = np.asarray(pd.Series(numbers).rank(), dtype=np.float64)
    return ranks - float(np.nanmean(ranks)) if np.isfinite(ranks).any() else ranks


def _between_numbers(ranks: dict[str, Floats]) -> list[Pair]:
    """Spearman's correlation of all pairs at once, over the rows in which both have a value."""
    if len(ranks) < 2:  # noqa: PLR2004 - a pair
        return []
    names, stacked = list(ranks), np.column_stack(list(ranks.values()))
    known = np.isfinite(stacked).astype(float)
    centered = np.where(known > 0, stacked, 0.0)
    rows = known.T @ known
    sums = centered.T @ known
    covariance = centered.T @ centered - sums * sums.T / np.maximum(rows, 1)
    spread = (centered**2).T @ known - sums**2 / np.maximum(rows, 1)
    scale = np.sqrt(np.maximum(spread * spread.T, 0.0))
    # What remains of a constant after rounding must not be taken for a spread.
    usable = (rows >= FEWEST_ROWS) & (scale > 1e-9 * np.maximum(1.0, rows))
    values = np.divide(covariance, scale, out=np.zeros_like(scale), where=usable)
    values = np.clip(values, -1.0, 1.0)
    return [
        _pair(names[i], names[j], "Spearman", values[i, j], abs(values[i, j]))
        for i, j in combinations(range(len(names)), 2)
        if usable[i, j]
    ]


def _between_kinds(category: str, codes: Codes, ranks: dict[str, Floats]) -> list[Pair]:
    pairs = []
    for name, values in ranks.items():
        both = np.isfinite(values) & (codes >= 0)
        ratio = _correlation_ratio(codes[both], values[both])
        if ratio is not None:
            pairs.append(_pair(name, category, "correlation ratio", ratio, 0.0))
    return pairs


def _correlation_ratio(codes: Codes, values: Floats) -> float | None:
    rows = np.bincount(codes)
    groups = int((rows > 0).sum())
    if values.size <= max(groups, FEWEST_ROWS) or groups < 2:  # noqa: PLR2004 - one group
        return None
    total = float(((values - values.mean()) ** 2).sum())
    if total <= 0:
        return None
    sums = np.bincount(codes, weights=values - values.mean())
    between = float((sums[rows > 0] ** 2 / rows[rows > 0]).sum())
    within_mean = (total - between) / (values.size - groups)
    return float(np.sqrt(np.clip(1 - within_mean / (total / (values.size - 1)), 0.0, 1.0)))


def _between_categories(codes: dict[str, Codes]) -> list[Pair]:
    pairs = []
    for first, second in combinations(codes, 2):
        table = _contingency(codes[first], codes[second])
        if table.rows >= FEWEST_ROWS and min(table.first.size, table.second.size) > 1:
            alike = _same_information(table)
            pairs.append(_pair(first, second, "Cramer's V", _cramers_v(table), alike))
    return pairs


@dataclass(frozen=True)
class _Contingency:
    """How many rows have each pair of values, without the pairs that no row has.

    Attributes:
        cells: Rows of each pair, shape (n,).
        places: Each pair's places in `first` and in `second`, shape (n, 2).
        first: Rows of each value of one category.
        second: Rows of each value of the other.
    """

    cells: Counts
    places: Places
    first: Counts
    second: Counts

    @property
    def rows(self) -> float:
        """How many rows have both values."""
        return float(self.cells.sum())


def _contingency(first: Codes, second: Codes) -> _Contingency:
    """Pairs of values with their rows: as many as there are rows at most, however many values."""
    both = (first >= 0) & (second >= 0)
    pairs, cells = np.unique(
        np.column_stack([first[both], second[both]]).astype(np.int64), axis=0, return_counts=True
    )
    (first_place, first_rows), (second_place, second_rows) = (
        _side(pairs[:, side], cells) for side in (0, 1)
    )
    places = np.column_stack([first_place, second_place])
    return _Contingency(cells.astype(float), places, first_rows, second_rows)


def _side(values: Places, cells: Places) -> tuple[Places, Counts]:
    """The place of each pair's value among those of one category, and the rows of each value."""
    _, place = np.unique(values, return_inverse=True)
    return place.astype(np.int64), np.bincount(place, weights=cells).astype(np.float64)


def _cramers_v(table: _Contingency) -> float:
    rows = table.rows
    products = table.first[table.places[:, 0]] * table.second[table.places[:, 1]]
    # Chi-squared over the rows; pairs that no row has add their expected rows, which is in the -1.
    squared = float((table.cells**2 / products).sum()) - 1
    height, width = table.first.size, table.second.size
    corrected = max(0.0, squared - (height - 1) * (width - 1) / (rows - 1))
    smaller = min(size - (size - 1) ** 2 / (rows - 1) for size in (height, width)) - 1
    return float(np.sqrt(np.clip(corrected / smaller, 0.0, 1.0))) if smaller > 0 else 0.0


def _same_information(table: _Contingency) -> float:
    first, second = _entropy(table.first), _entropy(table.second)
    shared = first + second - _entropy(table.cells)
    return float(np.clip(shared / max(first, second), 0.0, 1.0))


def _entropy(counts: Counts) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _pair(first: str, second: str, measure: Measure, value: float, alike: float) -> Pair:
    return Pair(
        first=first,
        second=second,
        measure=measure,
        value=round(float(value), 4),
        same_information=round(float(alike), 4),
    )


def _square(names: list[str], pairs: list[Pair]) -> tuple[tuple[float | None, ...], ...]:
    known = {(pair.first, pair.second): pair.value for pair in pairs}
    known |= {(second, first): value for (first, second), value in known.items()}
    known |= {(name, name): 1.0 for name in names}
    return tuple(tuple(known.get((row, column)) for column in names) for row in names)
