"""A flag by which work in a thread learns that nobody waits for it any more."""

from __future__ import annotations

import threading


class Abandoned(Exception):  # noqa: N818 - no error: nobody waits for the answer
    """Work that was given up between two steps."""


class CancelFlag:
    """Set by whoever waits, checked by whoever works."""

    def __init__(self) -> None:
        self._is_set = threading.Event()

    def set(self) -> None:
        """Ask the work to end."""
        self._is_set.set()

    def check(self) -> None:
        """End the work if that was asked for.

        Raises:
            Abandoned: If it was.
        """
        if self._is_set.is_set():
            raise Abandoned
