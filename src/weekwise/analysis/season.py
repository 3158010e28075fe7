"""Which weeks of history are of one week's season."""

from __future__ import annotations

WEEKS_A_YEAR = 52
AROUND = 2
"""How many weeks to either side of the same week of an earlier year are of its season."""


def season_weeks(week: int, last: int, before: int) -> list[int]:
    """Weeks that are of the same season as one week, and lie before it.

    Args:
        week: Counted back from the end of history: 1 is its last week, 0 the upcoming one.
        last: The earliest week of history, counted alike.
        before: How many weeks right before the week are of its season.

    Returns:
        Those weeks, and the ones around the same week of every earlier year; counted alike.

    Example:
        >>> season_weeks(0, last=60, before=4)
        [1, 2, 3, 4, 50, 51, 52, 53, 54]
    """
    weeks = list(range(week + 1, week + before + 1))
    for same in range(week + WEEKS_A_YEAR, last + AROUND + 1, WEEKS_A_YEAR):
        weeks += range(same - AROUND, same + AROUND + 1)
    return [each for each in weeks if each <= last]
