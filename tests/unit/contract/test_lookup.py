"""Columns whose value follows from others by a table in the contract."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

import parcels
from api.rows.json_schema import row_schema
from weekwise.contract.derive import data_dictionary
from weekwise.contract.model import Contract

LOOKUP = {"by": ["depot", "carrier"], "rows": [["N", "bike", 3], ["S", "bike", 5]]}
FEATURE = {"role": "feature"}


def contract(lookup: Any, name: str = "pieces") -> Contract:
    """Parcels, one column of which has a look-up."""
    return parcels.contract({"depot": FEATURE, name: {"lookup": lookup}})


def test_it_reaches_forms_and_readers() -> None:
    """The schema has the table, the data dictionary says that there is one, JSON keeps it."""
    made = contract(LOOKUP)

    assert row_schema(made, "1", [])["properties"]["pieces"]["x-lookup"] == LOOKUP
    assert "Follows from `depot`, `carrier` (2 known)" in data_dictionary(made)
    assert Contract.model_validate_json(made.model_dump_json()) == made
    assert "lookup" not in parcels.contract().model_dump_json()


def test_a_form_without_the_other_columns_has_no_table() -> None:
    """A model that does without a column cannot have others follow from it."""
    described = row_schema(contract(LOOKUP), "1", [], ["depot", "pieces"])

    assert "x-lookup" not in described["properties"]["pieces"]


@pytest.mark.parametrize(
    ("lookup", "words"),
    [
        ({"by": ["depo"], "rows": [["N", 3]]}, r"depo, which is not there; did you mean depot\?"),
        ({"by": ["pieces"], "rows": [[1, 3]]}, "pieces, which is itself"),
        ({"by": ["depot"], "rows": [["X", 3]]}, "'X' is none of depot's values"),
        ({"by": ["depot"], "rows": [["N", "three"]]}, "'three' is not of type integer"),
        ({"by": ["depot"], "rows": [["N", 0]]}, "0 is under min 1"),
        ({"by": ["depot"], "rows": [["N", "bike", 3]]}, "must have the values of depot and one"),
        ({"by": ["depot"], "rows": [["N", 3], ["N", 4]]}, "two rows begin with"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(lookup: Any, words: str) -> None:
    """Columns and values that there are not, and rows that contradict each other, are told."""
    with pytest.raises(ValidationError, match=words):
        contract(lookup)
