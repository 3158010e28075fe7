"""The next batch is read while the one before is predicted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def read_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same items in the same order, each made in a thread while the one before is used.

    The first is made by the thread that asks for it: in an engine with a cursor for each thread,
    that is where a query starts.

    Args:
        items: Items that are not None; an error in making one is raised in its place.
    """
    source = iter(items)
    item = next(source, None)
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as thread:
        while item is not None:
            following = thread.submit(next, source, None)
            yield item
            item = following.result()
