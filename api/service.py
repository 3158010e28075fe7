"""The parts of the running service, put together once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from api.settings import Settings


class Service:
    """What requests are answered with."""

    store: Any
    predictions: Any
    reports: Any
    metrics: Any

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run."""
        yield
