"""How often one client may ask. The counting is that of the library limits."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter


class Standing(NamedTuple):
    """How a client stands after a request.

    Attributes:
        is_allowed: Whether the request may go on.
        limit: How many requests a window may have.
        left: How many more this one may have.
        reset_seconds: Seconds until there are more again.
    """

    is_allowed: bool
    limit: int
    left: int
    reset_seconds: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The usual headers of a response."""
        values = {
            "ratelimit-limit": self.limit,
            "ratelimit-remaining": self.left,
            "ratelimit-reset": self.reset_seconds,
        }
        return [(name.encode(), str(value).encode()) for name, value in values.items()]


class RateLimit:
    """Counts the requests of each client in a sliding window, in this process.

    Args:
        rate: Such as `600/minute`.
    """

    def __init__(self, rate: str) -> None:
        self._item = parsed_rate(rate)
        self._counter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, client: str) -> Standing:
        """Count a request.

        Args:
            client: Who asks: the name of a key, or an address.
        """
        is_allowed = self._counter.hit(self._item, client)
        window = self._counter.get_window_stats(self._item, client)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        return Standing(is_allowed, self._item.amount, window.remaining, seconds)


def parsed_rate(rate: str) -> RateLimitItem:
    """A rate as the library has it.

    Args:
        rate: Such as `600/minute`.

    Raises:
        ValueError: If it is none.
    """
    return parse(rate)
