from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from weekwise.tasks.group_means import (
    explained_share,
    means,
    one_against_rest_auc,
    ranking_auc,
    wilson,
)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson(sample: tuple[int, int]) -> None:
    """An interval holds its share, lies between 0 and 1, and shrinks with more rows."""
    positives, rows = sample
    low, high = wilson([positives, positives * 4], [rows, rows * 4])

    assert 0 <= low[0] <= positives / rows + 1e-12
    assert positives / rows - 1e-12 <= high[0] <= 1
    assert high[1] - low[1] < high[0] - low[0]


def test_wilson_by_the_book() -> None:
    """Ten of a hundred have the interval that textbooks give."""
    low, high = wilson(10, 100)

    assert (float(low), float(high)) == pytest.approx((0.0552, 0.1744), abs=1e-4)


@given(
    st.lists(st.tuples(st.integers(-1, 6), st.booleans()), min_size=20, max_size=60),
    st.integers(2, 4),
)
def test_against_scikit_learn(rows: list[tuple[int, bool]], folds: int) -> None:
    """The measure from counts equals scikit-learn's from out-of-fold rates, row by row."""
    bins = np.array([code for code, _ in rows], dtype=np.int32)
    target = np.array([hit for _, hit in rows], dtype=float)
    fold_of = (np.arange(len(rows)) % folds).astype(np.int32)
    areas, weights = [], []
    for fold in range(folds):
        inside, others = fold_of == fold, fold_of != fold
        base = Fraction(int(target[others].sum()), int(others.sum()))
        rates = {
            code: (int(target[others & (bins == code)].sum()) + 5 * base)
            / (int((others & (bins == code)).sum()) + 5)
            for code in set(bins.tolist())
        }
        if 0 < target[inside].sum() < inside.sum():
            # Equal rates must stay equal in spite of rounding.
            ranks = {rate: rank for rank, rate in enumerate(sorted(set(rates.values())))}
            scores = [ranks[rates[code]] for code in bins[inside].tolist()]
            areas.append(roc_auc_score(target[inside], scores))
            weights.append(inside.sum())
    expected = float(np.average(areas, weights=weights)) if areas else None

    assert ranking_auc(bins, target, fold_of, 5) == pytest.approx(expected)


@pytest.mark.parametrize("rows", range(2, 40))
def test_equal_rates_tie(rows: int) -> None:
    """Bins of every size with the same share of positives rank nothing: half of the area."""
    sizes = np.array([1, 2, 3, 5, 7, 11]) * rows
    ranked, happened = np.array([0, 1, 2, 3, 4, 5]), np.array([0, 0, 1, 0, 1, 1])
    bins = np.concatenate([np.repeat(np.arange(6), sizes), ranked]).astype(np.int32)
    folds = np.repeat(np.array([1, 0], dtype=np.int32), [sizes.sum(), 6])
    for positives in range(1, rows):
        hits = sizes // rows * positives
        outcome = [np.arange(n) < k for n, k in zip(sizes, hits, strict=True)]

        area = ranking_auc(bins, np.concatenate([*outcome, happened]).astype(float), folds, 20.0)

        assert area == pytest.approx(0.5, abs=1e-9)


@given(st.lists(st.tuples(st.integers(-1, 4), st.booleans()), min_size=12, max_size=40))
def test_two_classes_are_one_against_the_other(rows: list[tuple[int, bool]]) -> None:
    """With two classes, each against the rest says what one alone does."""
    bins = np.array([code for code, _ in rows], dtype=np.int32)
    outcome = np.array([hit for _, hit in rows], dtype=np.int32)
    folds = (np.arange(len(rows)) % 3).astype(np.int32)

    expected = ranking_auc(bins, outcome.astype(float), folds, 5)

    area = one_against_rest_auc(bins, outcome, folds, 5)
    assert area == (None if expected is None else pytest.approx(expected))


def test_a_feature_that_gives_every_class_away() -> None:
    """Bins that are the classes rank perfectly; bins that say nothing are near a half."""
    outcome = np.tile(np.arange(3, dtype=np.int32), 60)
    folds = (np.arange(180) // 3 % 4).astype(np.int32)

    assert one_against_rest_auc(outcome, outcome, folds, 1) == pytest.approx(1.0)
    assert one_against_rest_auc(np.zeros(180, np.int32), outcome, folds, 1) == pytest.approx(0.5)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-100, 100)), min_size=1, max_size=40))
def test_means_of_groups(rows: list[tuple[int, float]]) -> None:
    """Each group has the mean of its rows within its interval; an empty one has none."""
    groups = np.array([group for group, _ in rows], dtype=np.int32)
    outcome = np.array([value for _, value in rows])

    for place, group in enumerate(means(groups, ["a", "b", "c", "d"], outcome)):
        inside = outcome[groups == place]
        assert group.rows == inside.size
        if inside.size:
            assert group.mean == pytest.approx(inside.mean(), abs=1e-9)
            assert group.low <= group.mean <= group.high
        else:
            assert (group.mean, group.low, group.high) == (None, None, None)


@given(
    st.lists(st.tuples(st.integers(-1, 4), st.integers(-50, 50)), min_size=12, max_size=50),
    st.integers(2, 4),
)
def test_explained_share_row_by_row(rows: list[tuple[int, int]], folds: int) -> None:
    """The share from sums is that of out-of-fold means, row by row."""
    bins = np.array([code for code, _ in rows], dtype=np.int32)
    outcome = np.array([value for _, value in rows], dtype=float)
    fold_of = (np.arange(len(rows)) % folds).astype(np.int32)
    left = total = 0.0
    for fold in range(folds):
        inside, others = fold_of == fold, fold_of != fold
        base = outcome[others].mean()
        for code, value in zip(bins[inside], outcome[inside], strict=True):
            same = others & (bins == code)
            left += (value - (outcome[same].sum() + 5 * base) / (same.sum() + 5)) ** 2
            total += (value - base) ** 2
    share = explained_share(bins, outcome, fold_of, 5)

    if total > 1e-9:
        assert share == pytest.approx(min(1.0, max(0.0, 1 - left / total)), abs=1e-9)


def test_no_rows_explain_nothing() -> None:
    """Without rows, or with outcomes that are all the same, there is no association."""
    none = np.empty(0, np.int32)
    assert explained_share(none, np.empty(0), none, 5) is None
    alike = np.zeros(6, np.int32)
    assert explained_share(alike, np.ones(6), np.arange(6, dtype=np.int32) % 2, 5) is None
