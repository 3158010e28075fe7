"""Hot reload: a task that follows the alias."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from api.metrics import PrometheusMetrics
from api.serving import heap
from api.serving.loaded_model import LoadedModel
from api.serving.model_in_service import ModelInService, RegistryState
from api.serving.registry_reader import NothingInServiceError, RegistryReader, UnreachableError
from api.serving.retry_pause import RetryPause
from weekwise.model.release import Release

log = logging.getLogger(__name__)


@dataclass
class Watcher:
    """Follows the alias and swaps the model when it moves.

    Attributes:
        registry: The registry.
        model_in_service: Where the model is swapped.
        metrics: Where checks of the registry are counted.
        poll_seconds: How often to check.
        clock: A clock in seconds that never goes back.
    """

    registry: RegistryReader
    model_in_service: ModelInService
    metrics: PrometheusMetrics
    poll_seconds: float
    clock: Callable[[], float] = time.monotonic
    _failures: RetryPause = field(init=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="registry")
    )

    def __post_init__(self) -> None:
        self._failures = RetryPause(self.poll_seconds, self.clock)

    async def run(self) -> None:
        """Start from the local copy if there is one, then follow the alias until canceled."""
        loop = asyncio.get_running_loop()
        copy = await loop.run_in_executor(self._thread, self.registry.copy.load)
        if copy is not None:
            self._swap(copy)
        await self.check()
        # Not before: the first check imports MLflow.
        await loop.run_in_executor(self._thread, heap.settle)
        while True:
            await asyncio.sleep(self.poll_seconds)
            before = id(self.model_in_service.current)
            await self.check()
            if id(self.model_in_service.current) != before:
                await loop.run_in_executor(self._thread, heap.tidy)

    async def check(self) -> None:
        """Check once where the alias points, and follow it."""
        loop = asyncio.get_running_loop()
        try:
            release = await loop.run_in_executor(self._thread, self.registry.release)
        except (UnreachableError, NothingInServiceError) as error:
            self._keep(error)
            return
        except Exception as error:
            log.exception("the registry could not be checked")
            self._keep(error)
            return
        self.metrics.registry_reachable(reachable=True)
        await self._follow(release)

    def close(self) -> None:
        """Stop the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _follow(self, release: Release) -> None:
        current, key = self.model_in_service.current, (release.version, release.source)
        if current is not None and key == (current.version, current.release.source):
            self._failures.clear()
            self.model_in_service.confirm(release)
            self.model_in_service.registry_state = RegistryState()
            return
        if not self._failures.allow(key):
            return
        loop = asyncio.get_running_loop()
        try:
            model = await loop.run_in_executor(self._thread, self.registry.fetch, release)
        except Exception as error:  # noqa: BLE001 - a model is foreign code: whatever it raises, the old one stays
            self._failed(key, release, error)
            return
        self._failures.clear()
        self._swap(model)
        self.model_in_service.registry_state = RegistryState()

    def _swap(self, model: LoadedModel) -> None:
        self.model_in_service.swap(model)
        self.metrics.model_swapped(
            name=model.release.name,
            version=model.version,
            contract_hash=model.predictor.contract.hash,
            loaded_at=model.loaded_at,
        )
        log.info(
            "version %s of %s is in service, from the %s",
            model.version,
            model.release.name,
            model.source,
        )

    def _failed(self, key: tuple[str, str], release: Release, error: Exception) -> None:
        """Leave the version alone for a pause that doubles each time; the old one stays."""
        self._failures.note(key)
        self.metrics.reload("failed")
        current = self.model_in_service.current
        stays = f"; version {current.version} stays in service" if current else ""
        log.error("version %s cannot be served%s: %s", release.version, stays, error)
        # The error may name paths and belongs in the log only.
        self.model_in_service.registry_state = RegistryState(
            problem=f"Version {release.version} of {release.name} cannot be served{stays}. "
            "The service's log says why."
        )

    def _keep(self, error: Exception) -> None:
        """Keep the model in service, because the registry names no other."""
        reachable = isinstance(error, NothingInServiceError)
        self.metrics.registry_reachable(reachable=reachable)
        self.metrics.reload("nothing" if reachable else "unreachable")
        # Our own errors are written for users; any other may hold what they should not see.
        reason = (
            str(error).strip().rstrip(".")
            if isinstance(error, NothingInServiceError | UnreachableError)
            else "The registry cannot be read; the service's log says why"
        )
        current = self.model_in_service.current
        stays = f" Version {current.version} stays in service." if current else ""
        state = RegistryState(reachable=reachable, problem=f"{reason}.{stays}")
        # Said once, not at every poll.
        if state != self.model_in_service.registry_state:
            log.warning("%s (%r)", state.problem, error.__cause__ or error)
        self.model_in_service.registry_state = state
