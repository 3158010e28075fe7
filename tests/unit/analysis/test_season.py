from __future__ import annotations

import pytest

from weekwise.analysis.season import season_weeks


@pytest.mark.parametrize(
    ("week", "last", "weeks"),
    [
        (0, 10, [1, 2, 3, 4]),
        (0, 3, [1, 2, 3]),
        (3, 10, [4, 5, 6, 7]),
        (10, 10, []),
        (0, 51, [1, 2, 3, 4, 50, 51]),
        (0, 110, [1, 2, 3, 4, 50, 51, 52, 53, 54, 102, 103, 104, 105, 106]),
    ],
)
def test_season_weeks(week: int, last: int, weeks: list[int]) -> None:
    """A season is the weeks right before, and those around the same week of earlier years."""
    assert season_weeks(week, last, 4) == weeks
