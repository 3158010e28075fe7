"""Hot reload: a task that follows the alias."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from api.metrics import PrometheusMetrics
from api.serving.loaded_model import Served
from api.serving.model_in_service import ModelStore, RegistryState
from api.serving.registry_reader import NothingInServiceError, RegistryReader, UnreachableError
from weekwise.model.release import Release

LONGEST_PAUSE = 300.0
"""Seconds after which a version that failed is tried again at the latest."""

log = logging.getLogger(__name__)


@dataclass
class _Failure:
    """A version that failed, and when it may be tried again."""

    key: tuple[str, str]
    pause: float
    not_before: float


@dataclass
class Watcher:
    """Follows the alias and swaps the model when it moves.

    Attributes:
        reader: The registry.
        store: Where the model in service is held.
        metrics: What is told of every outcome.
        poll_seconds: How often to look.
        clock: Seconds that only grow.
    """

    reader: RegistryReader
    store: ModelStore
    metrics: PrometheusMetrics
    poll_seconds: float
    clock: Callable[[], float] = time.monotonic
    _failure: _Failure | None = None
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="registry")
    )

    async def run(self) -> None:
        """Start from the local copy if there is one, then follow the alias until canceled."""
        loop = asyncio.get_running_loop()
        copy = await loop.run_in_executor(self._thread, self.reader.copy.load)
        if copy is not None:
            self._put(copy)
        while True:
            await self.look()
            await asyncio.sleep(self.poll_seconds)

    async def look(self) -> None:
        """Look once where the alias is, and follow it."""
        loop = asyncio.get_running_loop()
        try:
            release = await loop.run_in_executor(self._thread, self.reader.look)
        except (UnreachableError, NothingInServiceError) as error:
            self._no_news(error)
            return
        except Exception as error:
            log.exception("the look at the registry failed")
            self._no_news(error)
            return
        self.metrics.reachable(yes=True)
        await self._follow(release)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _follow(self, release: Release) -> None:
        current, key = self.store.current, (release.version, release.source)
        if current is not None and key == (current.version, current.release.source):
            self._failure = None
            self.store.confirm(release)
            self.store.note(RegistryState())
            return
        if self._failure and self._failure.key == key and self.clock() < self._failure.not_before:
            return
        loop = asyncio.get_running_loop()
        try:
            served = await loop.run_in_executor(self._thread, self.reader.fetch, release)
        except Exception as error:  # noqa: BLE001 - a model is foreign code: whatever it raises, the old one goes on
            self._failed(key, release, error)
            return
        self._failure = None
        self._put(served)
        self.store.note(RegistryState())

    def _put(self, served: Served) -> None:
        self.store.put(served)
        self.metrics.served(served)
        log.info(
            "version %s of %s is in service, from the %s",
            served.version,
            served.release.name,
            served.source,
        )

    def _failed(self, key: tuple[str, str], release: Release, error: Exception) -> None:
        """The version is left alone for a while that doubles; the old one goes on."""
        before = self._failure.pause if self._failure and self._failure.key == key else 0.0
        pause = min(max(2 * before, self.poll_seconds), LONGEST_PAUSE)
        self._failure = _Failure(key, pause, self.clock() + pause)
        self.metrics.reload("failed")
        current = self.store.current
        goes_on = f"; version {current.version} goes on" if current else ""
        log.error("version %s cannot be served%s: %s", release.version, goes_on, error)
        self.store.note(
            RegistryState(
                problem=f"Version {release.version} of {release.name} cannot be served{goes_on}. "
                "The service's log says why."
            )
        )

    def _no_news(self, error: Exception) -> None:
        reachable = isinstance(error, NothingInServiceError)
        self.metrics.reachable(yes=reachable)
        self.metrics.reload("nothing" if reachable else "unreachable")
        text = (
            str(error).strip().rstrip(".")
            if isinstance(error, NothingInServiceError | UnreachableError)
            else "The registry cannot be read; the service's log says why"
        )
        current = self.store.current
        goes_on = f" Version {current.version} goes on." if current else ""
        state = RegistryState(reachable=reachable, problem=f"{text}.{goes_on}")
        if state != self.store.state:
            log.warning("%s (%r)", state.problem, error.__cause__ or error)
        self.store.note(state)
