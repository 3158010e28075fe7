"""Reading ahead changes when items are made, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from weekwise.read_ahead import read_ahead


def test_items_come_in_their_order() -> None:
    """All of them, once."""
    assert list(read_ahead(range(50))) == list(range(50))
    assert list(read_ahead([])) == []


def test_the_next_item_is_made_while_one_is_used() -> None:
    """Whoever uses an item need not ask for the next one to have it made."""
    is_made = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        is_made.set()
        yield 2

    ahead = read_ahead(items())
    assert next(ahead) == 1
    assert is_made.wait(30)
    assert list(ahead) == [2]


def test_an_error_comes_where_its_item_would() -> None:
    """The items before it are given."""

    def items() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    ahead = read_ahead(items())
    assert next(ahead) == 1
    with pytest.raises(OSError, match="the disk is gone"):
        next(ahead)


def test_nothing_is_left_when_the_user_stops() -> None:
    """The thread ends with the reading."""
    ahead = read_ahead(iter(range(10)))
    assert next(ahead) == 0
    ahead.close()  # type: ignore[attr-defined]
    assert not [each for each in threading.enumerate() if each.name.startswith("reader")]
