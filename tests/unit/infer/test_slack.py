from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tables
from weekwise.infer import slack
from weekwise.infer.column_facts import ColumnFacts, Kind


def column(values: Any) -> ColumnFacts:
    """A column of a frame."""
    return tables.facts(pd.DataFrame({"x": values}))["x"]


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([0, 100], {"min": 0, "max": 150}),
        ([20, 100], {"min": 0, "max": 140}),
        ([-10, 100], {"min": -65, "max": 160}),
        ([0.5, 2.5], {"min": 0, "max": 3.5}),
        ([-4.5, -0.5], {"min": -6.5, "max": 0}),
        ([7, 7], {"min": 0, "max": 14}),
        (["a", "b"], {}),
        ([None, None], {}),
    ],
)
def test_limits_lie_beyond_what_was_seen(values: Any, limits: dict[str, float]) -> None:
    """Half the range on both sides; what was never negative stays so."""
    assert slack.limits(column(values)) == limits


@given(
    st.floats(-1e300, 1e300, allow_nan=False),
    st.floats(-1e300, 1e300, allow_nan=False),
    st.sampled_from([Kind.INTEGER, Kind.NUMBER]),
)
def test_limits_hold_all_that_was_seen(one: float, other: float, kind: Kind) -> None:
    """Rounding never cuts a value off."""
    low, high = sorted((one, other))
    if kind is Kind.INTEGER:
        low, high = int(low % 2**40), int(high % 2**40)
        low, high = min(low, high), max(low, high)
    limits = slack.limits(ColumnFacts("x", kind, "", 2, 2, 2, low, high))

    assert not limits or limits["min"] <= low <= high <= limits["max"]


@pytest.mark.parametrize(
    ("values", "share"),
    [([1, 2], "never"), ([1] * 99 + [None], 0.05), ([1, 1, 1, None], 0.5), ([1, None, None], 1.0)],
)
def test_twice_as_much_may_be_missing(values: Any, share: str | float) -> None:
    """And 5 % at least where anything is."""
    assert slack.missing(column(values)) == share


def test_few_values_of_text_are_listed() -> None:
    """In order; many are not."""
    assert slack.values(column(["b", "a", "b"])) == ["a", "b"]
    assert slack.values(column(np.arange(40).astype(str))) == []
    assert slack.values(column([1, 2])) == []
