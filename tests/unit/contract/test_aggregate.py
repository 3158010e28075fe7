"""Aggregates in a contract: what they say in words, and what is refused of each by itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from weekwise.contract.aggregate import Aggregate, in_words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            {"function": "mean", "window": "4 weeks"},
            "'4 weeks' is no number of days; write it as 28d",
        ),
        ({"function": "mean", "window": "0d"}, "'0d' is no number of days"),
        ({"function": "mean", "window": "-7d"}, "'-7d' is no number of days"),
        ({"function": "count", "within": "an hour"}, "'an hour' is no number of hours or days"),
        ({"function": "mean", "within": "1d"}, "targets that are not known when the row"),
        ({"function": "days_since_last", "within": "1d"}, "within is for count"),
        ({"function": "count", "within": "1d", "window": "7d"}, "keep one"),
        ({"function": "days_since_last", "window": "7d"}, "leave window out"),
        ({"function": "count", "smoothing": 10}, "smoothing and value are for mean"),
        ({"function": "count", "by": ["a", "a"]}, "names a column twice"),
        ({"function": "median"}, "'mean', 'count' or 'days_since_last'"),
    ],
)
def test_what_makes_no_sense_is_refused(said: dict[str, Any], told: str) -> None:
    """The message says what is wrong and what to write instead."""
    with pytest.raises(ValidationError, match=told):
        Aggregate.model_validate(said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            {"function": "mean", "by": ["line", "hour"], "window": "28d", "smoothing": 50},
            (
                "Mean of late by line, hour, over the last 28 days whose outcomes were known, "
                "with 50 rows of the overall mean"
            ),
        ),
        (
            {"function": "mean", "value": "week", "by": ["line"]},
            "Mean of late = week by line, over all days whose outcomes were known",
        ),
        (
            {"function": "count", "within": "1h", "by": ["a"]},
            "Number of rows by a within the same clock hour",
        ),
        ({"function": "count", "within": "3d"}, "Number of rows within 3 days up to the row's own"),
        (
            {"function": "count", "within": "today"},
            "Number of rows within the day up to the row's hour",
        ),
    ],
)
def test_people_are_told_what_it_is(said: dict[str, Any], words: str) -> None:
    """Forms and data dictionaries have the same words."""
    assert in_words(Aggregate.model_validate(said), "late") == words
