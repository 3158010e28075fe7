"""Load on a service while something happens to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx


class Asking:
    """Requests without end on some connections, in a thread, and what came of them.

    Attributes:
        row: The row that is asked about.
        url: Whom it is asked.
        versions: The version of each answer.
        failures: What was no answer, or a wrong one.

    Args:
        url: The same.
        row: The same.
        connections: On how many connections at once; the first one asks in batches.
    """

    def __init__(self, url: str, row: dict[str, Any], connections: int = 4) -> None:
        self.row = row
        self.url = url
        self.versions: list[str] = []
        self.failures: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._ask_all(connections)))

    @contextmanager
    def under_way(self) -> Iterator[Asking]:
        """Ask while the block runs."""
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join(30)

    async def _ask_all(self, connections: int) -> None:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=120) as client:
            await asyncio.gather(*(self._ask(client, n) for n in range(connections)))

    async def _ask(self, client: httpx.AsyncClient, number: int) -> None:
        path, body = "/predict", self.row
        if number == 0:
            path, body = "/predict/batch", {"rows": [self.row] * 50}
        while not self._over.is_set():
            try:
                answer = await client.post(path, json=body)
            except httpx.TransportError as error:
                self.failures.append(repr(error))
                continue
            if answer.status_code != httpx.codes.OK:
                self.failures.append(answer.text)
                continue
            version = answer.json()["model_version"]
            if version != answer.headers["x-model-version"]:
                self.failures.append("an answer of two versions")
            self.versions.append(version)
