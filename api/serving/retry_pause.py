"""How long a version that failed is left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LONGEST_PAUSE = 300.0
"""Seconds after which a version that failed is tried again at the latest."""

Key = tuple[str, str]


@dataclass
class RetryPause:
    """Pauses between tries of one version; they double up to `LONGEST_PAUSE`.

    Attributes:
        shortest: The first pause, in seconds.
        clock: A clock in seconds that never goes back.
    """

    shortest: float
    clock: Callable[[], float]
    _key: Key | None = None
    _pause: float = 0.0
    _not_before: float = 0.0

    def allow(self, key: Key) -> bool:
        """Whether a version may be tried now: another than the one that failed always may."""
        return key != self._key or self.clock() >= self._not_before

    def note(self, key: Key) -> None:
        """Note that a version failed."""
        before = self._pause if key == self._key else 0.0
        self._pause = min(max(2 * before, self.shortest), LONGEST_PAUSE)
        self._key, self._not_before = key, self.clock() + self._pause

    def clear(self) -> None:
        """Forget the failure."""
        self._key, self._pause = None, 0.0
