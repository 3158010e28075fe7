"""The listed value that somebody may have meant."""

from __future__ import annotations

import pytest

from api.rows.near_values import NearValues
from weekwise.contract.column import Column

CITIES = NearValues(
    Column.model_validate(
        {
            "type": "category",
            "role": "feature",
            "title": "City",
            "values": {"BOS": "Logan Intl", "MDW": "Chicago Midway", "ORD": "Chicago Ohare"},
            "synonyms": {"BOS": "Boston"},
        }
    )
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bos", "did you mean BOS (Logan Intl)?"),
        (" Boston ", "did you mean BOS (Logan Intl)?"),
        ("Bosten", "did you mean BOS (Logan Intl)?"),
        ("chicago", "did you mean MDW (Chicago Midway) or ORD (Chicago Ohare)?"),
        ("Intl", "did you mean BOS (Logan Intl)?"),
        ("zeppelin", ""),
        ("", ""),
        ("Boston" * 10, ""),
    ],
)
def test_a_value_is_found_by_any_of_its_names(typed: str, meant: str) -> None:
    """By code, synonym, a word of its label, or by likeness; nothing is named at random."""
    assert CITIES.hint(typed) == meant


def test_many_that_fit_alike_are_no_hint() -> None:
    """A word that most values have in common says nothing."""
    values = {str(number): f"Line {number}" for number in range(9)}
    column = {"type": "category", "role": "feature", "title": "Line", "values": values}

    assert NearValues(Column.model_validate(column)).hint("line") == ""
