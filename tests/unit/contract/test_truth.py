from __future__ import annotations

from weekwise.contract.column import Column
from weekwise.contract.truth import TRUTHS, truth_words


def column(**more: object) -> Column:
    """A boolean column."""
    return Column.model_validate({"type": "boolean", "role": "feature", "title": "C", **more})


def test_the_usual_words() -> None:
    """Yes and no in their forms, one and zero."""
    assert truth_words(column()) == TRUTHS
    assert (TRUTHS["y"], TRUTHS["f"], TRUTHS["0"]) == (True, False, False)


def test_labels_are_words_too() -> None:
    """They come before the usual ones: a table may call 1 false."""
    words = truth_words(column(values={True: "2", False: " Stayed "}))

    assert words["2"] is True
    assert words["stayed"] is False
    assert truth_words(column(values={True: "0", False: "1"}))["0"] is True
