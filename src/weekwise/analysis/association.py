"""How each feature, alone, goes with the target: one measure for numbers and categories alike.

A feature is cut into bins (quantiles of a number, the values of a category, one bin for missing
values), each bin is given its target rate, and the area under the ROC curve says how well those
rates rank rows. It is 0.5 for a feature that says nothing and 1 for one that says all; it sees
relations that are not monotone, which a correlation coefficient does not; and a gap counts as a
value, as it does for the model.

Rates come from other weeks than the rows they rank, or a category with many rare values would
seem to predict: history is cut by whole weeks into folds, and each fold is ranked by the rates of
the others, shrunk towards the overall rate (Micci-Barreca, *A Preprocessing Scheme for
High-Cardinality Categorical Attributes*, 2001). Folds are averaged and not pooled, for pooling
out-of-fold rates biases the area below 0.5. Only counts by fold and bin are needed, so every past
row is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from weekwise.analysis.drift import interval_labels
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import MISSING, OTHERS, FeatureKind
from weekwise.analysis.table import AnalysisTable, Codes, Floats
from weekwise.analysis.target import Rate, rates, task_of
from weekwise.contract.model import Frozen
from weekwise.contract.types import Task

SHOWN_BINS = 8


class Association(Frozen):
    """How one feature, alone, goes with the target.

    Attributes:
        name: The feature's name.
        kind: Whether it is a number or a category.
        auc: Area under the ROC curve of the feature's out-of-fold target rates; None where it
            cannot be measured.
        missing_auc: The same of whether the feature has a value; None where all or none have.
        by_value: The target's rate by value or by quantile bin.
    """

    name: str
    kind: FeatureKind
    auc: float | None
    missing_auc: float | None
    by_value: tuple[Rate, ...]


def measure_associations(
    table: AnalysisTable, params: ExplorationParams
) -> tuple[Association, ...]:
    """Measure each feature against the target over all past rows."""
    folds = _folds(table, params.folds)
    return tuple(_associate(table, name, folds, params) for name in table.features)


def ranking_auc(bins: Codes, target: Floats, folds: Codes, rare_rows: float) -> float | None:
    """Area under the ROC curve of out-of-fold target rates by bin, averaged over folds.

    Args:
        bins: The bin of each row; -1 is the bin of missing values.
        target: The target of each row, 1 or 0.
        folds: The fold of each row.
        rare_rows: How many rows of the overall rate are added to each bin.

    Returns:
        The area, or None where no fold has rows of both classes.
    """
    width, height = int(bins.max(initial=-1)) + 2, int(folds.max(initial=0)) + 1
    cells = folds.astype(np.int64) * width + bins + 1
    rows = np.bincount(cells, minlength=width * height).reshape(height, width)
    positives = np.bincount(cells, weights=target, minlength=width * height).reshape(height, width)
    found, weights = [], []
    for fold in range(height):
        others, hits = rows.sum(0) - rows[fold], positives.sum(0) - positives[fold]
        within = _auc(
            (hits + rare_rows * hits.sum() / max(1, others.sum())) / (others + rare_rows),
            positives[fold],
            rows[fold] - positives[fold],
        )
        if within is not None:
            found.append(within)
            weights.append(int(rows[fold].sum()))
    return float(np.average(found, weights=weights)) if found else None


def _auc(scores: Floats, positives: Floats, negatives: Floats) -> float | None:
    """Area under the ROC curve of rows counted by score, ties counting half."""
    if not positives.sum() or not negatives.sum():
        return None
    distinct, place = np.unique(scores, return_inverse=True)
    above = np.bincount(place, weights=positives, minlength=distinct.size)
    below = np.bincount(place, weights=negatives, minlength=distinct.size)
    won = above * (np.cumsum(below) - below / 2)
    return float(won.sum() / (above.sum() * below.sum()))


def _folds(table: AnalysisTable, folds: int) -> Codes:
    """Whole weeks to folds; row by row where there is but one week."""
    weeks = table.weeks_before(table.history)
    if np.unique(weeks).size > 1:
        return (weeks % folds).astype(np.int32)
    return (np.arange(table.history.rows) % folds).astype(np.int32)


def _associate(
    table: AnalysisTable, name: str, folds: Codes, params: ExplorationParams
) -> Association:
    past, numeric = table.history, table.is_numeric(name)
    if numeric:
        bins, by_value = _quantile_bins(table, past.numbers[name], params.bins)
    else:
        bins, by_value = past.codes[name], _by_category(table, name, params.max_categories)
    missing = (bins < 0).astype(np.int32)
    score = SCORES[task_of(table.contract)]
    return Association(
        name=name,
        kind="numeric" if numeric else "categorical",
        auc=score(bins, past.target, folds, params.rare_rows),
        missing_auc=score(missing, past.target, folds, params.rare_rows)
        if 0 < missing.sum() < missing.size
        else None,
        by_value=by_value,
    )


def _quantile_bins(
    table: AnalysisTable, numbers: Floats, count: int
) -> tuple[Codes, tuple[Rate, ...]]:
    """Fine bins to measure by, and the target's rate in coarse ones to show."""
    known = ~np.isnan(numbers)
    held = numbers[known]
    fine = np.full(numbers.size, -1, dtype=np.int32)
    if not held.size:
        return fine, _rates(table, fine, [])
    at = np.linspace(0.0, 1.0, count + 1)[1:]
    quantiles = np.quantile(held, at, method="inverted_cdf")
    ends = np.unique(quantiles)
    fine[known] = np.searchsorted(ends, held, side="left")
    # Coarse bins are unions of fine ones: their ends are among the fine ones' ends.
    coarse_ends = np.unique(quantiles[:: -max(1, count // SHOWN_BINS)])
    coarse = np.append(np.searchsorted(coarse_ends, ends, side="left"), -1).astype(np.int32)
    whole = bool((held % 1 == 0).all())
    labels = interval_labels(float(held.min()), coarse_ends, whole=whole)
    return fine, _rates(table, coarse[fine], labels)


def _by_category(table: AnalysisTable, name: str, most: int) -> tuple[Rate, ...]:
    """The target's rate by category, the most frequent ones by name and the rest together."""
    codes, names = table.history.codes[name], table.categories[name]
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    order = np.argsort(-counts, kind="stable")
    group = np.full(len(names) + 1, most, dtype=np.int32)
    group[order[:most]] = np.arange(min(most, len(names)))
    group[-1] = -1
    return _rates(table, group[codes], [*(names[place] for place in order[:most]), OTHERS])


def _rates(table: AnalysisTable, groups: Codes, labels: Sequence[str]) -> tuple[Rate, ...]:
    """The target's rate by group, missing values a group of their own, empty groups left out."""
    last = len(labels)
    found = rates(
        table.contract,
        np.where(groups < 0, last, groups),
        [*labels, MISSING],
        table.history.target,
    )
    return tuple(rate for rate in found if rate.rows)


Score = Callable[[Codes, Floats, Codes, float], float | None]
SCORES: dict[Task, Score] = {Task.BINARY: ranking_auc}
