"""Words of a column that people read, and no model sees."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

import parcels
from weekwise.contract.column import Column
from weekwise.contract.model import Contract


def column(**changes: Any) -> Column:
    """A column of whole numbers that lists two."""
    base = {"type": "integer", "role": "feature", "title": "Kind", "values": {1: "one", 2: "two"}}
    return Column.model_validate(base | changes)


def test_synonyms_are_lists_or_single_words() -> None:
    """A single word stands for a list of one, and values keep their type through JSON."""
    made = column(synonyms={1: "single", 2: ["pair", "both"]})

    assert made.synonyms == {1: ("single",), 2: ("pair", "both")}
    assert Column.model_validate_json(made.model_dump_json()) == made


def test_words_that_are_not_given_change_no_contract() -> None:
    """A contract without synonyms and without `chance_of` is serialized without them."""
    text = parcels.contract().model_dump_json()

    assert "synonyms" not in text
    assert "chance_of" not in text


def test_words_come_back_from_json() -> None:
    """A contract that a model carries has them still."""
    contract = parcels.contract(
        {"carrier": {"synonyms": {"bike": ["bicycle"]}}, "late": {"chance_of": "being late"}}
    )

    assert Contract.model_validate_json(contract.model_dump_json()) == contract


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"synonyms": {3: "three"}}, "synonyms name 3, which is not under values"),
        ({"values": None, "synonyms": {1: "one"}}, "which is not under values"),
        ({"chance_of": "being late"}, "chance_of is for a target of type boolean"),
    ],
)
def test_words_for_nothing_are_refused(changes: dict[str, Any], words: str) -> None:
    """Words of a value that there is not, or of a chance that there is not, are told."""
    with pytest.raises(ValidationError, match=words):
        column(**changes)
