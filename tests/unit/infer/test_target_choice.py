from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from weekwise.errors import FeedError
from weekwise.infer.target_choice import Target, choose_target


def target(columns: dict[str, Any], asked: str | None = None) -> Target:
    """The target of a frame."""
    return choose_target(list(tables.facts(pd.DataFrame(columns)).values()), asked)


@pytest.mark.parametrize(
    ("values", "kind", "classes"),
    [
        ([True, False, None] * 20, "boolean", {}),
        ([0, 1, 1] * 20, "boolean", {}),
        (["Yes", "no", "NO"] * 20, "boolean", {}),
        (["t", "F", "f"] * 20, "boolean", {}),
        (["left", "stayed", "stayed"] * 20, "boolean", {True: "left", False: "stayed"}),
        ([1, 2, 2] * 20, "boolean", {True: "1", False: "2"}),
        (["a", "b", "c"] * 20, "category", {"a": "a", "b": "b", "c": "c"}),
        ([3, 4, 5] * 20, "integer", {3: "3", 4: "4", 5: "5"}),
        (np.arange(60), "integer", {}),
        (np.arange(60) / 7, "number", {}),
    ],
)
def test_what_a_target_is(values: Any, kind: str, classes: dict[Any, str]) -> None:
    """Truths, named truths, classes and numbers follow from the values."""
    found = target({"x": values, "z": np.arange(60)}, "x")

    assert found.type == kind
    assert found.values == classes  # noqa: PD011 - the contract's


def test_the_likeliest_column_is_proposed() -> None:
    """A column of a telling name, else a truth, else the last; and how to choose another."""
    rest = {"a": np.arange(60), "b": np.arange(60) / 7}

    assert target({"target": np.arange(60), **rest}).name == "target"
    assert target({"left": [0, 1] * 30, **rest}).name == "left"
    assert target(rest).name == "b"
    assert "choose another with --target (a)" in target(rest).reason


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([None] * 90, "no row has a value"),
        ([1.0] * 90, "all rows have the same value"),
        ([f"t{n}" for n in range(90)], "classes are at most 60"),
        (pd.date_range("2024-01-01", periods=90), "dates are not predicted"),
    ],
)
def test_what_cannot_be_predicted_is_refused(values: Any, words: str) -> None:
    """One sentence says why, and what would do."""
    with pytest.raises(FeedError) as error:
        target({"x": values, "z": range(90)}, "x")
    assert words in str(error.value)


def test_a_rare_class_is_told() -> None:
    """A class of few rows is hardly ever predicted."""
    found = target({"x": ["a"] * 30 + ["b"] * 29 + ["c"]}, "x")

    assert "1 one of them in fewer than 10 rows" in found.reason
