from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.spatial.distance import jensenshannon

from weekwise.analysis.drift import (
    MISSING,
    OTHER,
    UNSEEN,
    CategoryReference,
    Drift,
    DriftLevel,
    DriftLimits,
    NumericReference,
    categorical_drift,
    interval_labels,
    js_distance,
    numeric_drift,
    psi,
)

LIMITS = DriftLimits()
SOME = DriftLimits(min_rows=1)

counts = st.lists(st.integers(0, 500), min_size=2, max_size=12).filter(any)
count_pairs = st.integers(2, 10).flatmap(
    lambda size: st.tuples(
        *[st.lists(st.integers(0, 500), min_size=size, max_size=size).filter(any)] * 2
    )
)
numbers = st.lists(
    st.floats(-1e6, 1e6, allow_nan=False) | st.just(float("nan")), min_size=1, max_size=60
)


@given(counts)
def test_a_sample_does_not_drift_from_itself(sample: list[int]) -> None:
    """Both measures of a sample against itself are zero."""
    assert psi(sample, sample) == 0
    assert js_distance(sample, sample) == pytest.approx(0, abs=1e-7)


@given(counts, st.integers(2, 9))
def test_size_is_not_drift(sample: list[int], times: int) -> None:
    """The same shares in a sample of another size are no drift, as long as no bin is empty."""
    full = [count + 1 for count in sample]

    assert psi(full, [count * times for count in full]) == pytest.approx(0, abs=1e-9)


@given(count_pairs)
def test_measures_are_symmetric_and_not_negative(pair: tuple[list[int], list[int]]) -> None:
    """Neither measure is ever negative, and neither cares which sample is the reference."""
    first, second = pair

    assert psi(first, second) >= 0
    assert psi(first, second) == pytest.approx(psi(second, first))
    assert 0 <= js_distance(first, second) <= 1
    assert js_distance(first, second) == pytest.approx(js_distance(second, first))


@given(count_pairs)
def test_js_distance_agrees_with_scipy(pair: tuple[list[int], list[int]]) -> None:
    """The Jensen-Shannon distance is SciPy's, in bits."""
    # SciPy's square root of a rounding error below zero is not-a-number.
    expected = np.nan_to_num(jensenshannon(*pair, base=2)) if pair[0] != pair[1] else 0.0

    assert js_distance(*pair) == pytest.approx(expected, abs=1e-6)


@given(st.integers(10, 400), st.integers(1, 9), st.integers(1, 9))
def test_further_is_more(rows: int, first: int, more: int) -> None:
    """The more rows move from one bin to another, the larger both measures are."""
    near = [rows * 2 - first, rows * 2 + first]
    far = [rows * 2 - first - more, rows * 2 + first + more]
    even = [rows * 2, rows * 2]

    assert psi(even, near) < psi(even, far)
    assert js_distance(even, near) < js_distance(even, far)


def test_nothing_in_common() -> None:
    """Samples without a common bin are as far apart as can be, and PSI stays finite."""
    assert js_distance([10, 0], [0, 10]) == 1
    assert np.isfinite(psi([10, 0], [0, 10]))


def test_psi_by_hand() -> None:
    """PSI is the sum over bins of the change in share times the log of its ratio."""
    assert psi([50, 50], [80, 20]) == pytest.approx(0.3 * np.log(1.6) - 0.3 * np.log(0.4))


@given(numbers, numbers)
def test_every_row_falls_into_one_bin(reference: list[float], current: list[float]) -> None:
    """The bins of a numeric column hold every row of both samples, once."""
    drift = numeric_drift("x", reference, current, SOME)

    assert sum(held.reference for held in drift.bins) == drift.reference_rows == len(reference)
    assert sum(held.current for held in drift.bins) == drift.current_rows == len(current)


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=50))
def test_the_order_of_rows_is_not_drift(values: list[str | None]) -> None:
    """The same rows in another order give the same bins and no drift."""
    drift = categorical_drift("x", values, values[::-1], SOME)

    assert drift.psi == 0
    assert drift.bins == categorical_drift("x", values[::-1], values, SOME).bins
    assert drift.direction.way == "none"


def test_numeric_bins() -> None:
    """A number is cut at its reference's quantiles; what lies beyond them has bins of its own."""
    drift = numeric_drift(
        "x", [1, 2, 3, 4], [0, 1, 9, np.nan, np.inf], DriftLimits(bins=2, min_rows=1)
    )

    assert [(held.label, held.reference, held.current) for held in drift.bins] == [
        ("below 1", 0, 1),
        ("1 to 2", 2, 1),
        ("3 to 4", 2, 0),
        ("over 4", 0, 1),
        (MISSING, 0, 2),
    ]


def test_a_frequent_value_has_a_bin() -> None:
    """A value that most rows share, such as no rain, is a bin and not the edge of one."""
    drift = numeric_drift("rain", [0.0] * 90 + [0.5, 1.0] * 5, [0.0] * 10, SOME)

    assert ("0", 90, 10) in {(held.label, held.reference, held.current) for held in drift.bins}


@pytest.mark.parametrize(
    ("reference", "current", "expected"),
    [
        ([1, 2, 3], [4, 5, 6], "mean up 3.67 sd"),
        ([1, 2, 3], [0, 1, 2], "mean down 1.22 sd"),
        ([5, 5], [4, 4], "mean down 1.00 sd"),
        ([1, 2, 3], [2, np.nan, np.nan], "(missing) up 66.7 points"),
        ([np.nan], [1.0], "(missing) down 100.0 points"),
        ([1, 2, 3], [1, 2, 3], "no change"),
        ([], [1.0], "no change"),
        ([1.0], [], "no change"),
    ],
)
def test_direction_of_a_number(reference: list[float], current: list[float], expected: str) -> None:
    """A number's direction is that of its mean, or of its gaps where those moved more."""
    assert str(numeric_drift("x", reference, current, SOME).direction) == expected


@pytest.mark.parametrize(
    ("reference", "current", "expected"),
    [
        (["a", "b"], ["a", "a"], "a up 50.0 points"),
        (["a", "a", "b"], ["a", "b", "b"], "a down 33.3 points"),
        (["a", "a"], ["z", "z"], "a down 100.0 points"),
        (["a", "a"], [None, None, "a", "a"], "a down 50.0 points"),
        ([True, False], [True, False], "no change"),
    ],
)
def test_direction_of_a_category(reference: Any, current: Any, expected: str) -> None:
    """A category's direction is that of the bin whose share moved most."""
    assert str(categorical_drift("x", reference, current, SOME).direction) == expected


def test_category_bins() -> None:
    """Rare categories share a bin; those that the reference does not know have another."""
    drift = categorical_drift(
        "x",
        ["a", "a", "b", "b", "c", "d", None],
        ["a", "c", "z", "z", None],
        DriftLimits(max_categories=2, min_rows=1),
    )

    assert [(held.label, held.reference, held.current) for held in drift.bins] == [
        ("a", 2, 1),
        ("b", 2, 0),
        (OTHER, 2, 1),
        (UNSEEN, 0, 2),
        (MISSING, 1, 1),
    ]


def test_whole_numbers_keep_their_names() -> None:
    """A category of whole numbers is the same when a gap has turned its column to floats."""
    drift = categorical_drift("x", pd.Series([1, 2]), pd.Series([1.0, 2.0, None]), SOME)

    assert [held.label for held in drift.bins] == ["1", "2", MISSING]


@pytest.mark.parametrize(
    ("psi_value", "rows", "expected"),
    [
        (0.0, 1000, DriftLevel.NONE),
        (0.0999, 1000, DriftLevel.NONE),
        (0.1, 1000, DriftLevel.MODERATE),
        (0.25, 1000, DriftLevel.MAJOR),
        (9.0, 199, DriftLevel.TOO_FEW_ROWS),
        (None, 1000, DriftLevel.TOO_FEW_ROWS),
    ],
)
def test_level(psi_value: float | None, rows: int, expected: DriftLevel) -> None:
    """A PSI is judged by the limits, and not at all under the least number of rows."""
    assert LIMITS.level(psi_value, 10_000, rows) is expected
    assert LIMITS.level(psi_value, rows, 10_000) is expected


@pytest.mark.parametrize("values", [[], [1.0]])
def test_an_empty_sample_is_not_judged(values: list[float]) -> None:
    """Where a sample has no row there is no measure, and no drift."""
    drift = numeric_drift("x", values, [], LIMITS)

    assert (drift.psi, drift.js_distance) == (None, None)
    assert not drift.drifted
    assert categorical_drift("x", [], values, LIMITS).psi is None


def test_drift_survives_json() -> None:
    """A drift read back from its JSON equals the one written."""
    drift = categorical_drift("x", ["a"] * 300, ["b"] * 300, LIMITS)

    assert drift.drifted
    assert Drift.model_validate_json(drift.model_dump_json()) == drift


def test_limits_in_the_wrong_order() -> None:
    """Limits that contradict each other are refused, with what to do."""
    with pytest.raises(ValidationError, match=r"moderate 0\.5 is over major 0\.2; swap"):
        DriftLimits(moderate=0.5, major=0.2)


def test_a_reference_serves_many_samples() -> None:
    """A reference compared twice gives what two comparisons from scratch give."""
    rng = np.random.default_rng(7)
    past, one, two = rng.normal(size=500), rng.normal(size=300), rng.normal(1, size=300)
    reference = NumericReference.of("x", past, LIMITS)

    assert reference.compare(one, LIMITS) == numeric_drift("x", past, one, LIMITS)
    assert reference.compare(two, LIMITS) == numeric_drift("x", past, two, LIMITS)
    assert reference.compare(one, LIMITS).level is DriftLevel.NONE
    assert reference.compare(two, LIMITS).level is DriftLevel.MAJOR
    assert reference.compare(two, LIMITS).direction.way == "up"


def test_a_category_column_is_counted_by_its_names() -> None:
    """A pandas category column with unused categories counts like plain text."""
    values = pd.Categorical(["a", "b", "a"], categories=["b", "a", "unused"])

    assert CategoryReference.of("x", values, LIMITS).categories == ("a", "b")


@pytest.mark.parametrize(
    ("least", "uppers", "whole", "expected"),
    [
        (1, [1, 5, 9], True, ("1", "2 to 5", "6 to 9")),
        (0, [0.5, 1.25], False, ("0 to 0.5", "0.5 to 1.25")),
        (1990, [2013, 12345], True, ("1990 to 2013", "2014 to 12,345")),
    ],
)
def test_interval_labels(
    least: float, uppers: list[float], whole: bool, expected: tuple[str, ...]
) -> None:
    """Intervals are named by their ends; of whole numbers the next begins at one more."""
    assert interval_labels(least, np.array(uppers, float), whole=whole) == expected
