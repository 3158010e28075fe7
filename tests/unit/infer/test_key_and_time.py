from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from weekwise.errors import FeedError
from weekwise.infer.key_and_time import Key, choose_key, choose_time, repeated_share

DAYS = pd.date_range("2024-01-01", periods=40)


def key(frame: pd.DataFrame, *asked: str, time: str | None = None) -> Key:
    """The key of a frame whose target is `y`."""
    columns = list(tables.facts(frame).values())
    with tables.relation(frame) as rows:
        return choose_key(rows, columns, asked, time=time, target="y")


def time(frame: pd.DataFrame, asked: str | None = None) -> str | None:
    """The time of a frame."""
    return choose_time(list(tables.facts(frame).values()), asked)[0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"order_id": np.arange(40)}, ["order_id"]),
        ({"a": np.arange(40) * 1000, "id": np.arange(40)}, ["id"]),
        ({"reference": [f"r{n}" for n in range(40)]}, ["reference"]),
        ({"n": np.arange(100, 140)}, ["n"]),
        ({"price": np.arange(40) * 997}, []),
        ({"note": [f"text number {n}" for n in range(40)]}, []),
        ({"id": [None, *range(39)]}, []),
        ({"store_id": np.arange(40) % 2, "day": np.repeat(DAYS[:20], 2)}, ["store_id", "day"]),
        ({"store_id": np.arange(40) % 2, "day": np.repeat(DAYS[:10], 4)}, []),
        ({"weight": np.arange(40) + 0.5}, []),
    ],
)
def test_what_tells_rows_apart(columns: dict[str, Any], expected: list[str]) -> None:
    """An identifier, or one with the time; a measurement that happens to differ is none."""
    frame = pd.DataFrame({**columns, "y": np.arange(40) % 2})

    found = key(frame, time="day" if "day" in columns else None)
    assert list(found.columns) == expected


def test_a_few_rows_twice_do_not_change_the_key() -> None:
    """Feeds have rows twice; how many is told."""
    frame = pd.DataFrame({"id": [*range(99), 5], "y": 0})

    found = key(frame)
    assert found.columns == ("id",)
    assert found.duplicates == pytest.approx(0.01)
    assert found.reason == "a different value in every row, but for 1.00% of rows"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["samee"], "did you mean same?"),
        (["y"], "is the target"),
        (["gap"], "1 row has no value of gap"),
        (["same"], "add to --key what tells them apart"),
        (["weight"], "tell no rows apart"),
    ],
)
def test_a_key_that_cannot_be_is_refused(asked: list[str], words: str) -> None:
    """The message says why, and what a key takes."""
    frame = pd.DataFrame(
        {
            "id": np.arange(40),
            "gap": ["x", *[None], *"y" * 38],
            "same": 1,
            "weight": np.arange(40) + 0.5,
            "y": 0,
        }
    )

    with pytest.raises(FeedError) as error:
        key(frame, *asked)
    assert words in str(error.value)


def test_shares_of_repeated_keys() -> None:
    """Every row after the first of its key counts."""
    with tables.relation(pd.DataFrame({"a": [1, 1, 1, 2], "b": [1, 1, 2, 2]})) as rows:
        assert repeated_share(rows, ["a"]) == 0.5
        assert repeated_share(rows, ["a", "b"]) == 0.25


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"placed": DAYS}, "placed"),
        ({"delivered": DAYS, "placed": DAYS}, "placed"),
        ({"birth_date": DAYS}, None),
        ({"second": DAYS + pd.Timedelta(days=1), "first": DAYS}, "first"),
        ({"placed": [None, *DAYS[1:]]}, None),
        ({"same": DAYS[:1].repeat(40)}, None),
        ({"number": np.arange(40)}, None),
    ],
)
def test_which_date_dates_a_row(columns: dict[str, Any], expected: str | None) -> None:
    """The one that begins it, if every row has it."""
    assert time(pd.DataFrame(columns)) == expected


@pytest.mark.parametrize(
    ("asked", "words"),
    [("number", "needs dates"), ("gaps", "1 row has no value of gaps"), ("x", "does not have")],
)
def test_a_time_that_cannot_be_is_refused(asked: str, words: str) -> None:
    """The message says what the column holds and what a time needs."""
    frame = pd.DataFrame({"number": np.arange(40), "gaps": [None, *DAYS[1:]]})

    with pytest.raises(FeedError) as error:
        time(frame, asked)
    assert words in str(error.value)
