"""The parts of the running service, put together once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from api.metrics import PrometheusMetrics
from api.serving.model_in_service import ModelStore
from api.serving.predictions import Predictions
from api.serving.registry_reader import RegistryReader
from api.serving.stored_reports import Reports
from api.serving.watcher import Watcher
from api.settings import Settings


class Service:
    """What requests are answered with.

    Attributes:
        settings: The service's settings.
        store: The model in service.
        metrics: What is counted.
        predictions: What answers for rows.
        reports: What answers for weekly reports.
        watcher: What follows the alias.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = ModelStore()
        self.metrics = PrometheusMetrics()
        self._threads = ThreadPoolExecutor(settings.batch_threads, thread_name_prefix="batch")
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="reports")
        registry = RegistryReader.of(settings)
        self.predictions = Predictions(
            self.store, self.metrics, max_rows=settings.max_batch_rows, threads=self._threads
        )
        self.reports = Reports(registry, self._reading, fresh_seconds=settings.poll_seconds)
        self.watcher = Watcher(registry, self.store, self.metrics, settings.poll_seconds)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the alias while the service runs."""
        task = asyncio.create_task(self.watcher.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self.watcher.close()
            for threads in (self._threads, self._reading):
                threads.shutdown(wait=False, cancel_futures=True)
            self.metrics.close()
