"""The next batch is read while the one before is predicted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items in the same order, each made in a thread while the one before is used.

    Args:
        items: Items that are not None; an error in making one is raised in its place.
    """
    source = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as thread:
        following = thread.submit(next, source, None)
        while (item := following.result()) is not None:
            following = thread.submit(next, source, None)
            yield item
