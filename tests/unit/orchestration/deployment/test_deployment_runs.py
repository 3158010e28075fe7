from __future__ import annotations

import asyncio
from itertools import islice

import httpx
import pytest

from weekwise.orchestration.deployment.deployment_runs import (
    backoff_delays,
    retry_while_unavailable,
)


async def sleep(_seconds: float) -> None:
    """Time passes at once."""


def test_delays_grow_to_an_hour() -> None:
    """A first week that always fails does not keep the machine busy."""
    assert list(islice(backoff_delays(), 9)) == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_an_api_that_is_unavailable_is_called_again() -> None:
    """A call is made again until the API answers; other errors are raised."""
    errors: list[Exception] = [httpx.ConnectError("away"), httpx.ReadTimeout("slow")]
    completed: list[int] = []

    async def call() -> None:
        if errors:
            raise errors.pop()
        completed.append(1)

    asyncio.run(retry_while_unavailable(call, sleep))
    assert completed == [1]
    errors.append(KeyError("a defect"))
    with pytest.raises(KeyError):
        asyncio.run(retry_while_unavailable(call, sleep))
