from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from weekwise.model.alias_history import (
    CHALLENGER,
    CHAMPION,
    Action,
    AliasEvent,
    ChangeSource,
    History,
)

WEEK = [date(2013, 7, 1) + timedelta(weeks=n) for n in range(6)]


def a_history(*steps: tuple[Action, str | None, int], alias: str = CHAMPION) -> History:
    """A history of one alias from (action, version, week) steps."""
    history = History()
    for number, (action, version, week) in enumerate(steps, start=1):
        event = AliasEvent(
            number=number,
            alias=alias,
            action=action,
            version=version,
            previous=history.current(alias),
            who="test",
            at=datetime(2026, 1, 1, tzinfo=UTC),
            why="test",
            as_of=WEEK[week],
            kind=ChangeSource.RUN,
            moved=history.is_newest(alias, WEEK[week]),
            settled=True,
        )
        history = History.of([event, *history.events])
    return history


UP, BACK, CLEAR = Action.PROMOTE, Action.ROLLBACK, Action.CLEAR


@pytest.mark.parametrize(
    ("week", "before", "after"),
    [(0, None, "1"), (1, "1", "1"), (2, "1", "3"), (3, "3", "3"), (4, "3", "3")],
)
def test_the_champion_of_any_week(week: int, before: str | None, after: str | None) -> None:
    """Each week finds what the weeks before left, and leaves what its own events say."""
    history = a_history((UP, "1", 0), (UP, "3", 2))

    assert history.champion_before(WEEK[week]) == before
    assert history.champion_for(WEEK[week]) == after


@pytest.mark.parametrize(
    ("steps", "week", "first"),
    [
        ([], 3, None),
        ([(UP, "1", 1), (UP, "2", 2)], 1, None),
        ([(UP, "1", 1), (UP, "2", 2)], 2, "1"),
        ([(UP, "1", 0), (UP, "2", 3), (UP, "9", 0)], 4, "9"),
        ([(CLEAR, None, 0), (UP, "2", 1)], 3, "2"),
    ],
)
def test_the_first_champion(
    steps: list[tuple[Action, str | None, int]], week: int, first: str | None
) -> None:
    """The first champion is the earliest run's, as its last event left it, and of runs before."""
    assert a_history(*steps).first_champion(WEEK[week]) == first


def test_an_old_week_judged_again() -> None:
    """A later event of an older week changes that week and not the alias."""
    history = a_history((UP, "1", 0), (UP, "2", 1), (UP, "3", 3), (UP, "4", 1))

    assert history.champion_for(WEEK[1]) == "4"
    assert history.champion_before(WEEK[3]) == "4"
    assert history.champion_for(WEEK[3]) == "3"
    assert history.current(CHAMPION) == "3"


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        ([(UP, "1", 0)], []),
        ([(UP, "1", 0), (UP, "2", 1)], ["1"]),
        ([(UP, "1", 0), (UP, "2", 1), (UP, "3", 2)], ["2", "1"]),
        ([(UP, "1", 0), (UP, "2", 1), (UP, "3", 2), (BACK, "2", 2)], ["1"]),
        ([(UP, "1", 0), (UP, "2", 1), (BACK, "1", 1), (UP, "3", 2)], ["1"]),
        ([(UP, "1", 0), (UP, "2", 1), (UP, "1", 1)], ["2", "1"]),
        ([(UP, "1", 0), (UP, "2", 2), (UP, "3", 1)], ["1"]),
        ([(UP, "1", 0), (CLEAR, None, 0), (UP, "2", 0)], ["1"]),
    ],
    ids=[
        "nothing",
        "one champion",
        "two",
        "three",
        "rolled back once",
        "promoted after a rollback",
        "promoted back by hand",
        "an old week's winner never served",
        "cleared in between",
    ],
)
def test_where_a_rollback_goes(
    steps: list[tuple[Action, str | None, int]], expected: list[str]
) -> None:
    """A rollback takes the last promotion off; another one goes further back, not forth."""
    assert a_history(*steps).champions_before_current() == expected


def test_events_are_told_apart_by_alias() -> None:
    """What happens to the challenger says nothing about the champion."""
    history = a_history((UP, "1", 0), alias=CHALLENGER)

    assert history.current(CHALLENGER) == "1"
    assert history.current(CHAMPION) is None
    assert history.champion_for(WEEK[0]) is None


def test_events_in_any_order() -> None:
    """A history sorts its events, so the order in which they are read plays no part."""
    history = a_history((UP, "1", 0), (UP, "2", 1))

    assert History.of(reversed(history.events)) == history
    assert history.next_number == 3
