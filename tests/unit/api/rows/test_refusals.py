"""What is said of the refused rows of a batch."""

from __future__ import annotations

from api.http.exceptions import FieldFault
from api.rows import refusals
from api.rows.refusals import Refusals


def faults(count: int) -> list[FieldFault]:
    """Some faults of one row."""
    return [FieldFault(f"f{number}", "Wrong.", "a number", '"x"') for number in range(count)]


def test_in_full_then_in_short() -> None:
    """After a thousand faults a row has its first, and how many more there are; all are counted."""
    collected = Refusals()
    told = [collected.add(place, faults(3)) for place in range(500)]

    assert told[0] == faults(3)
    assert [fault.message for fault in told[-1]] == ["Wrong. 2 more fields need fixing."]
    assert sum(map(len, told)) < refusals.FULL_FAULTS + 500
    assert [(group.field, group.rows, group.first) for group in collected.groups] == [
        (f"f{number}", 500, [0, 1, 2, 3, 4]) for number in range(3)
    ]


def test_groups_have_an_end() -> None:
    """Ten thousand unknown names do not become ten thousand groups."""
    collected = Refusals()
    for place in range(10_000):
        collected.add(place, [FieldFault(f"x{place}", "None.", "no such field", "1")])

    assert len(collected.groups) == refusals.MAX_GROUPS
    assert sum(group.rows for group in collected.groups) > 9_000
