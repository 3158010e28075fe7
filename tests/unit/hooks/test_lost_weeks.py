from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from weekwise.errors import StoreError
from weekwise.hooks.lost_weeks import LostWeeks, lost_weeks
from weekwise.paths import DataFolder

WEEKS = [date(2024, 7, 1), date(2024, 7, 8), date(2024, 7, 15)]


@pytest.mark.parametrize(
    ("stored", "judged", "message"),
    [
        ([], WEEKS, "the store .*weekwise.duckdb has lost 3 weeks, 2024-07-01 to 2024-07-15: "),
        (WEEKS, WEEKS[:2], "the registry of late_orders has lost the week of 2024-07-15: "),
        (WEEKS[1:], [], "duckdb has lost the week of 2024-07-01 and the registry of late_orders "),
    ],
)
def test_half_a_state_is_refused(
    tmp_path: Path, stored: list[date], judged: list[date], message: str
) -> None:
    """What is lost is named, with the backup or the backfill that brings it back."""
    lost = lost_weeks(WEEKS, stored, judged)

    with pytest.raises(StoreError, match=message) as caught:
        lost.refuse(DataFolder(tmp_path), "late_orders", " --env orders")

    first, last = min(lost.weeks), max(lost.weeks)
    assert str(caught.value).endswith(
        "Put a backup of the data folder back, or run these weeks again with: "
        f"kedro weekly backfill --from {first} --to {last} --env orders"
    )


def test_a_whole_state_is_taken(tmp_path: Path) -> None:
    """Weeks that store and registry know besides are of runs that did not get to their report."""
    lost = lost_weeks(WEEKS[:2], WEEKS, WEEKS)

    assert lost == LostWeeks()
    lost.refuse(DataFolder(tmp_path), "late_orders")
