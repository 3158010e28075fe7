"""Work in threads that ends with the request that asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from api.rows.cancel_flag import CancelFlag

Result = TypeVar("Result")


async def in_thread(
    request: Request, threads: ThreadPoolExecutor, work: Callable[[CancelFlag], Result]
) -> Result:
    """Work done in a thread, which is given up when its request times out or its client leaves.

    Raises:
        ClientDisconnect: If the client leaves.
    """
    flag = CancelFlag()
    future = asyncio.get_running_loop().run_in_executor(threads, work, flag)
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait((future, gone), return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            raise ClientDisconnect
        return future.result()
    finally:
        flag.set()
        gone.cancel()
        future.cancel()


async def _gone(request: Request) -> None:
    """Return when the client has left."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
