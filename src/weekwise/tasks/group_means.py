"""The target in groups of rows, and how well such groups alone rank rows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from weekwise.features.read_values import Floats
from weekwise.tasks.records import Codes, GroupMean

Counts = npt.NDArray[np.int64]

Z_95 = 1.959963984540054


def wilson(positives: npt.ArrayLike, rows: npt.ArrayLike) -> tuple[Floats, Floats]:
    """95 % confidence intervals of shares, good for few rows and for shares near 0 and 1.

    Wilson, *Probable Inference, the Law of Succession, and Statistical Inference* (1927); chosen
    over the normal interval after Brown, Cai and DasGupta (2001).

    Args:
        positives: Positive rows of each group.
        rows: Rows of each group, at least one.
    """
    n = np.asarray(rows, float)
    p = np.asarray(positives, float) / n
    middle = (p + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    reach = Z_95 * np.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / (1 + Z_95**2 / n)
    return np.clip(middle - reach, 0.0, 1.0), np.clip(middle + reach, 0.0, 1.0)


def shares(groups: Codes, labels: Sequence[str], outcome: Floats) -> tuple[GroupMean, ...]:
    """The share of positive outcomes in each group, with its Wilson interval.

    Args:
        groups: The group of each row, as a place in `labels`, shape (n,).
        labels: The groups' names.
        outcome: 0 or 1 per row, shape (n,).
    """
    rows = np.bincount(groups, minlength=len(labels))
    positives = np.bincount(groups, weights=outcome, minlength=len(labels))
    low, high = wilson(positives, np.maximum(rows, 1))
    return tuple(
        GroupMean(label=label, rows=int(n), mean=float(k / n), low=float(below), high=float(above))
        if n
        else GroupMean(label=label, rows=0, mean=None, low=None, high=None)
        for label, n, k, below, above in zip(labels, rows, positives, low, high, strict=True)
    )


def ranking_auc(bins: Codes, outcome: Floats, folds: Codes, rare_rows: float) -> float | None:
    """Area under the ROC curve of out-of-fold rates by bin, averaged over folds.

    Rates come from other folds than the rows they rank, or a category with many rare values would
    seem to predict. They are shrunk towards the overall rate (Micci-Barreca, *A Preprocessing
    Scheme for High-Cardinality Categorical Attributes*, 2001). Folds are averaged and not pooled,
    for pooling out-of-fold rates biases the area below 0.5.

    Args:
        bins: The bin of each row; -1 is the bin of missing values.
        outcome: 0 or 1 per row.
        folds: The fold of each row.
        rare_rows: How many rows of the overall rate are added to each bin.

    Returns:
        The area, or None where no fold has rows of both classes.
    """
    width, height = int(bins.max(initial=-1)) + 2, int(folds.max(initial=0)) + 1
    cells = folds.astype(np.int64) * width + bins + 1
    rows = np.bincount(cells, minlength=width * height).reshape(height, width)
    happened = cells[outcome == 1]
    positives = np.bincount(happened, minlength=width * height).reshape(height, width)
    areas, weights = [], []
    for fold in range(height):
        others, hits = rows.sum(0) - rows[fold], positives.sum(0) - positives[fold]
        ranks = _ranks_of_rates(hits, others, rare_rows)
        area = _auc(ranks, positives[fold], rows[fold] - positives[fold])
        if area is not None:
            areas.append(area)
            weights.append(int(rows[fold].sum()))
    return float(np.average(areas, weights=weights)) if areas else None


def class_shares(
    groups: Codes, labels: Sequence[str], outcome: Codes, classes: Sequence[str]
) -> tuple[GroupMean, ...]:
    """The share of each class in each group; the mean is the share of the most frequent class.

    Args:
        groups: The group of each row, as a place in `labels`, shape (n,).
        labels: The groups' names.
        outcome: The class of each row, as a place in `classes`, shape (n,).
        classes: The classes' labels.
    """
    wide, high = len(classes), len(labels)
    counts = np.bincount(groups.astype(np.int64) * wide + outcome, minlength=wide * high)
    table = counts.reshape(high, wide)
    most = int(table.sum(axis=0).argmax())
    return tuple(
        mean.model_copy(
            update={
                "shares": dict(zip(classes, (row / max(1, mean.rows)).tolist(), strict=True)),
                "mean_of": classes[most],
            }
        )
        for mean, row in zip(
            shares(groups, labels, (outcome == most).astype(np.float64)), table, strict=True
        )
    )


def one_against_rest_auc(
    bins: Codes, outcome: Codes, folds: Codes, rare_rows: float
) -> float | None:
    """The `ranking_auc` of each class against all others, averaged by the classes' shares.

    Provost and Domingos, "Tree induction for probability-based ranking", Machine Learning 52, 2003,
    section 3.3.2.

    Args:
        bins: The bin of each row; -1 is the bin of missing values.
        outcome: The class of each row, from 0 on.
        folds: The fold of each row.
        rare_rows: How many rows of the overall rate are added to each bin.

    Returns:
        The area, or None where no fold has rows of two classes.
    """
    areas, weights = [], []
    for place, rows in enumerate(np.bincount(outcome)):
        happened = (outcome == place).astype(np.float64)
        area = ranking_auc(bins, happened, folds, rare_rows) if rows else None
        if area is not None:
            areas.append(area)
            weights.append(int(rows))
    return float(np.average(areas, weights=weights)) if areas else None


def _ranks_of_rates(positives: Counts, rows: Counts, rare_rows: float) -> Counts:
    """The rank of each bin's shrunken rate; rates that are equal in exact arithmetic share one.

    Args:
        positives: Positive rows of each bin, shape (bins,).
        rows: Rows of each bin, shape (bins,).
        rare_rows: How many rows of the overall rate are added to each bin.
    """
    added = Fraction(rare_rows)
    base = added * Fraction(int(positives.sum()), max(1, int(rows.sum())))
    pairs, place = np.unique(np.stack([positives, rows], 1), axis=0, return_inverse=True)
    rates = [(k + base) / (n + added) for k, n in pairs.tolist()]
    ranks = {rate: rank for rank, rate in enumerate(sorted(set(rates)))}
    return np.array([ranks[rate] for rate in rates])[place]


def _auc(ranks: Counts, positives: Counts, negatives: Counts) -> float | None:
    """Area under the ROC curve of rows counted by bin, ties of the bins' ranks counting half."""
    if not positives.sum() or not negatives.sum():
        return None
    above = np.bincount(ranks, weights=positives)
    below = np.bincount(ranks, weights=negatives)
    won = above * (np.cumsum(below) - below / 2)
    return float(won.sum() / (above.sum() * below.sum()))


def means(groups: Codes, labels: Sequence[str], outcome: Floats) -> tuple[GroupMean, ...]:
    """The mean outcome of each group, with the normal interval of a mean.

    Args:
        groups: The group of each row, as a place in `labels`, shape (n,).
        labels: The groups' names.
        outcome: A number per row, shape (n,).
    """
    rows = np.bincount(groups, minlength=len(labels))
    count = np.maximum(rows, 1)
    mean = np.bincount(groups, weights=outcome, minlength=len(labels)) / count
    squares = np.bincount(groups, weights=np.square(outcome - mean[groups]), minlength=len(labels))
    reach = Z_95 * np.sqrt(squares / np.maximum(count - 1, 1) / count)
    return tuple(
        GroupMean(label=label, rows=int(n), mean=float(m), low=float(m - r), high=float(m + r))
        if n
        else GroupMean(label=label, rows=0, mean=None, low=None, high=None)
        for label, n, m, r in zip(labels, rows, mean, reach, strict=True)
    )


def explained_share(bins: Codes, outcome: Floats, folds: Codes, rare_rows: float) -> float | None:
    """The share of variance that out-of-fold means by bin explain, from 0 to 1.

    Args:
        bins: The bin of each row; -1 is the bin of missing values.
        outcome: A number per row.
        folds: The fold of each row.
        rare_rows: How many average rows are added to each bin.

    Returns:
        The share, or None where no fold varies.
    """
    if not outcome.size:
        return None
    centered = outcome - outcome.mean()
    width, height = int(bins.max()) + 2, int(folds.max()) + 1
    cells = folds.astype(np.int64) * width + bins + 1
    shape = (height, width)
    rows = np.bincount(cells, minlength=width * height).reshape(shape)
    sums = np.bincount(cells, weights=centered, minlength=width * height).reshape(shape)
    squares = np.bincount(cells, weights=centered**2, minlength=width * height).reshape(shape)
    left = total = 0.0
    for fold in range(height):
        others, known = rows.sum(0) - rows[fold], sums.sum(0) - sums[fold]
        overall = known.sum() / max(1, others.sum())
        predicted = (known + rare_rows * overall) / (others + rare_rows)
        within = squares[fold], sums[fold], rows[fold]
        left += _squared_error(predicted, *within)
        total += _squared_error(np.full(width, overall), *within)
    return None if total <= 0 else float(np.clip(1 - left / total, 0.0, 1.0))


def _squared_error(predicted: Floats, squares: Floats, sums: Floats, rows: Codes) -> float:
    """The sum of squared errors of bins predicted alike, from sums over each bin."""
    return float((squares - 2 * predicted * sums + rows * predicted**2).sum())
