"""What the service warns of in rows that it accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parcels
from api.rows.row_warnings import RowWarnings

CONTRACT = parcels.contract()
WARNINGS = RowWarnings(CONTRACT)
ROW: dict[str, Any] = {
    "day": "2020-01-01",
    "weight": 2.5,
    "pieces": 3,
    "carrier": "van",
    "fragile": True,
}
"""The inputs of a row with nothing to warn of."""


def read(warnings: Sequence[Any]) -> list[dict[str, Any]]:
    """Warnings as a client reads them."""
    answer: list[dict[str, Any]] = orjson.loads(orjson.dumps(list(warnings)))
    return answer


def of_batch(rows: list[dict[str, Any]]) -> tuple[list[list[dict[str, Any]]], dict[str, int]]:
    """Each row's warnings, and the counts of unseen values, of rows read together."""
    columns = {name: np.array([row[name] for row in rows], dtype=object) for name in ROW}
    missing = {name: np.array([value is None for value in columns[name]]) for name in ROW}
    warned = WARNINGS.of_batch(columns, missing, len(rows))
    return [orjson.loads(orjson.dumps(row)) for row in warned.by_row], dict(warned.unseen)


def test_nothing_to_warn_of() -> None:
    """A whole row of known values has no warnings."""
    assert read(WARNINGS.of_row(ROW)) == []
    assert of_batch([ROW, ROW]) == ([[], []], {})


@pytest.mark.parametrize("name", ["weight", "pieces", "fragile"])
def test_a_value_that_may_be_missing(name: str) -> None:
    """A missing value is warned of by its field, with the title people know."""
    (warning,) = read(WARNINGS.of_row(ROW | {name: None}))

    assert (warning["field"], warning["kind"]) == (name, "missing")
    title = CONTRACT.columns[name].title
    assert warning["message"] == f"{title} is missing; the model predicts without it."


def test_a_value_that_the_contract_does_not_list() -> None:
    """An unseen category that is accepted is warned of with its value, and counted."""
    row = ROW | {"carrier": "drone"}
    expected = {
        "field": "carrier",
        "kind": "unseen",
        "message": "Carrier 'drone' is not in the contract; the model treats it as an unknown "
        "category.",
    }

    assert WARNINGS.unseen(row) == ["carrier"]
    assert read(WARNINGS.of_row(row)) == [expected]
    assert of_batch([ROW, row, row]) == ([[], [expected], [expected]], {"carrier": 2})


def test_a_value_that_is_nearly_listed() -> None:
    """The warning asks whether the listed value was meant, of one row as of many."""
    row = ROW | {"carrier": "vann"}

    (warning,) = read(WARNINGS.of_row(row))

    assert warning["message"] == (
        "Carrier 'vann' is not in the contract; did you mean van? The model treats it as an "
        "unknown category."
    )
    assert of_batch([row, ROW])[0][0] == [warning]


def test_only_some_values_of_a_batch_are_compared() -> None:
    """Likeness takes time: after fifty different values a batch's warnings have no hint."""
    many = [ROW | {"carrier": f"van{number}"} for number in range(60)]
    warnings, _ = of_batch(many)

    hinted = ["did you mean" in warning["message"] for (warning,) in warnings]
    assert sum(hinted) == 50
    assert len(hinted) == 60


def test_a_long_value_is_cut_short() -> None:
    """A warning repeats no more of a value than helps to find it."""
    (warning,) = read(WARNINGS.of_row(ROW | {"carrier": "x" * 10_000}))

    assert "x" * 80 in warning["message"]
    assert "x" * 81 not in warning["message"]


def test_missing_and_unseen_in_one_row() -> None:
    """Missing values come first, then unseen ones."""
    row = ROW | {"weight": None, "fragile": None, "carrier": "drone"}

    fields = [warning["field"] for warning in read(WARNINGS.of_row(row))]

    assert fields == ["weight", "fragile", "carrier"]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "day": st.just("2020-01-01"),
                "weight": st.sampled_from([1.0, None]),
                "pieces": st.sampled_from([1, None]),
                "carrier": st.sampled_from(["bike", "van", "drone", "kite"]),
                "fragile": st.sampled_from([True, None]),
            }
        ),
        min_size=1,
        max_size=20,
    )
)
def test_a_batch_warns_as_its_rows_do(rows: list[dict[str, Any]]) -> None:
    """Rows read together have the warnings that each has alone."""
    by_row, counts = of_batch(rows)

    assert by_row == [read(WARNINGS.of_row(row)) for row in rows]
    assert sum(counts.values()) == sum(len(WARNINGS.unseen(row)) for row in rows)
