from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from weekwise import wording
from weekwise.contract import describe
from weekwise.contract.column import Column


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"min": 0, "max": 100, "unit": "kg"}, "0 to 100 kg"),
        ({"min": 0}, "0 or more"),
        ({"max": 12345.5}, "12,345.5 or less"),
        ({"unit": "kg"}, "kg"),
        ({}, ""),
        ({"type": "date", "min": date(2020, 1, 1)}, "2020-01-01 or more"),
        ({"type": "category", "values": ["a", "b"]}, "a, b"),
        ({"type": "category", "values": ["a", "b", "c", "d"]}, "a, b, c and 1 more"),
    ],
)
def test_limits_read_as_a_person_would_say_them(keys: dict[str, Any], expected: str) -> None:
    """Bounds come with their unit, and a long list of values is cut."""
    column = Column.model_validate({"type": "number", "role": "context", "title": "X", **keys})
    assert describe.limits(column, most=3) == expected


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (2013, "2013"),
        (336776, "336,776"),
        (-0.25, "-0.25"),
        (True, "true"),
        (None, "nothing"),
        (date(2013, 7, 1), "2013-07-01"),
        (datetime(2013, 7, 1), "2013-07-01"),  # noqa: DTZ001
        (datetime(2013, 7, 1, 6, 30), "2013-07-01 06:30:00"),  # noqa: DTZ001
        ("EWR", "EWR"),
    ],
)
def test_values_read_as_a_person_writes_them(thing: Any, expected: str) -> None:
    """Years have no thousands, midnights no time, and texts no quotes."""
    assert wording.value(thing) == expected


@pytest.mark.parametrize(
    ("part", "expected"), [(0, "0%"), (1, "100%"), (0.125, "12.50%"), (0.0000297, "0.003%")]
)
def test_a_small_share_is_not_rounded_to_nothing(part: float, expected: str) -> None:
    """One row of many is still told from none."""
    assert wording.share(part) == expected


def test_a_word_that_nothing_comes_near_has_no_hint() -> None:
    """A wild guess would mislead."""
    assert wording.nearest("flihgts", ["flights", "weather"]) == "did you mean flights?"
    assert wording.nearest("zzz", ["flights", "weather"]) == ""
