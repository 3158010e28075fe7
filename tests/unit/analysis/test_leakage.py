from __future__ import annotations

import numpy as np
import pytest

from weekwise.analysis.leakage import alike_in_name, trace_of_target

ROWS = 400
RNG = np.random.default_rng(4)
YES = (RNG.random(ROWS) < 0.3).astype(float)
"""A yes or no."""
GRADE = RNG.integers(0, 3, ROWS).astype(float)
"""One of three classes."""
AMOUNT = RNG.gamma(2.0, 40.0, ROWS)
"""A measurement."""


def trace(values: object, outcome: object = YES, *, strong: bool = True) -> str | None:
    """The trace of an outcome in some numbers."""
    return trace_of_target(np.asarray(values, float), np.asarray(outcome, float), strong=strong)


@pytest.mark.parametrize(
    ("values", "outcome", "found"),
    [
        (1 - YES, YES, "each outcome has one value of it, and each value one outcome"),
        (np.array([7, 3, 5])[GRADE.astype(int)], GRADE, "each outcome has one value of it"),
        (np.where(YES, AMOUNT, 0.0), YES, "it has 0 in all"),
        (np.where(YES, AMOUNT, np.nan), YES, "it has no value in all"),
        (np.log(AMOUNT), AMOUNT, "it has the same order as the target"),
        (-AMOUNT.round(), AMOUNT, "it has the same order as the target"),
    ],
    ids=["recoded", "classes recoded", "filled in", "there or not", "another scale", "rounded"],
)
def test_a_leak_leaves_a_trace(values: object, outcome: object, found: str) -> None:
    """The target in other words, and what is filled in for one outcome alone, are found."""
    assert (trace(values, outcome) or "").startswith(found)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        (YES * 10 + RNG.random(ROWS), YES),
        (np.where(YES, RNG.integers(10, 15, ROWS), RNG.integers(0, 10, ROWS)), YES),
        (GRADE * 10 + RNG.random(ROWS), GRADE),
        (AMOUNT + RNG.normal(0, 5, ROWS), AMOUNT),
        (np.where(RNG.random(ROWS) < 0.1, 1 - YES, YES), YES),
    ],
    ids=["apart", "whole numbers apart", "classes apart", "measured anew", "often wrong"],
)
def test_a_strong_feature_leaves_none(values: object, outcome: object) -> None:
    """A measurement that tells the outcomes apart, however well, shows no trace of them."""
    assert trace(values, outcome) is None


def test_a_few_mistakes_hide_nothing() -> None:
    """A copy in which one row of a hundred is wrong is a copy."""
    copy = YES.copy()
    copy[0] = 1 - copy[0]

    assert trace(copy)


def test_a_value_that_marks_one_class_of_many() -> None:
    """It is a trace only where the feature tells the other classes too."""
    legs = np.where(GRADE == 2, 8, RNG.integers(1, 5, ROWS))

    assert trace(legs, GRADE, strong=False) is None
    assert "it has 8 in all" in (trace(legs, GRADE) or "")


def test_categories_are_named() -> None:
    """A category is told by its name, whatever its place."""
    places = np.where(YES, RNG.integers(1, 3, ROWS), 0).astype(np.int32)
    found = trace_of_target(places, YES, strong=True, labels=("kept", "lost", "torn"))

    assert "it has kept in all" in (found or "")


def test_a_rare_outcome_is_not_every_rare_value() -> None:
    """What is nearly constant agrees with a rare outcome in nearly all rows, and tells nothing."""
    rare, odd = np.arange(5000) < 15, np.arange(5000) > 4985

    assert trace(odd, rare) is None
    assert trace(rare, rare)


def test_few_rows_or_outcomes_prove_nothing() -> None:
    """On few rows chance leaves such traces; rows without an outcome do not count."""
    unknown = np.where(np.arange(ROWS) < 40, YES, np.nan)

    assert trace(YES, unknown) is None
    assert trace(np.arange(ROWS) < 9, np.arange(ROWS) < 9) is None
    assert trace(np.full(ROWS, np.nan)) is None


@pytest.mark.parametrize(
    ("feature", "target", "alike"),
    [
        ("return_reason", "returned", True),
        ("daysUntilChurn", "churned", True),
        ("late_minutes", "late", True),
        ("time_of_day", "air_time", False),
        ("is_gift", "is_late", False),
        ("refund", "returned", False),
        ("y2", "y", False),
    ],
)
def test_names_that_share_a_word(feature: str, target: str, alike: bool) -> None:
    """Words share their stem; words that are said of many columns do not count."""
    assert alike_in_name(feature, target) == alike
