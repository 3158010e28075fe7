"""The parts of the running service, put together once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial

from api.http.rate_limit import RateLimit
from api.metrics import PrometheusMetrics
from api.serving.answered_rows import Follower
from api.serving.day_files import DayFiles
from api.serving.foreign_endpoints import ForeignEndpoints
from api.serving.model_in_service import ModelInService
from api.serving.prediction_endpoints import BodyLimits, PredictionEndpoints
from api.serving.registry_reader import RegistryReader
from api.serving.request_log import logged_table
from api.serving.row_recorder import RowRecorder
from api.serving.shadow import Shadow, ShadowFollower, ShadowModel
from api.serving.shadow_facts import ShadowFactsReader
from api.serving.stored_reports import StoredReports
from api.serving.watcher import Watcher
from api.settings import Settings


class Service:
    """Everything that requests are answered with.

    Attributes:
        settings: The service's settings.
        keys: The API keys by name.
        rate_limit: How often one client may ask; none for no limit.
        model_in_service: The model in service.
        metrics: The Prometheus metrics.
        predictions: What answers requests for predictions.
        foreign: What answers clients of other servers.
        reports: The weekly reports.
        watcher: What follows the alias.
        recorders: What keeps rows after their answer.
        shadow: The version that predicts live rows beside the one in service; none if none is
            asked for.
        shadow_facts: What is said of it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.keys = settings.named_keys
        self.rate_limit = RateLimit(settings.rate_limit) if settings.rate_limit else None
        self.model_in_service = ModelInService()
        self.metrics = PrometheusMetrics()
        self._batch_threads = ThreadPoolExecutor(settings.batch_threads, thread_name_prefix="batch")
        self._explain_threads = ThreadPoolExecutor(
            settings.explain_threads, thread_name_prefix="explain"
        )
        # Its own thread: batches should not wait for an MLflow that does not answer.
        self._report_thread = ThreadPoolExecutor(1, thread_name_prefix="reports")
        registry = RegistryReader.of(settings)
        self.recorders = [_request_log(settings, self.metrics)] if settings.request_log else []
        followers: list[Follower] = list(self.recorders)
        self.shadow = _shadow_model(settings, registry, self.model_in_service, self.metrics)
        if self.shadow is not None:
            recorder = _shadow_recorder(settings, self.shadow, self.metrics)
            self.recorders.append(recorder)
            followers.append(ShadowFollower(self.shadow, recorder, settings.shadow_share))
        self.predictions = PredictionEndpoints(
            self.model_in_service,
            self.metrics,
            BodyLimits(
                row_bytes=settings.max_row_bytes,
                body_bytes=settings.max_body_bytes,
                rows=settings.max_batch_rows,
                must_say_type=not settings.keys,
            ),
            batch_threads=self._batch_threads,
            explain_threads=self._explain_threads,
            followers=followers,
        )
        self.foreign = ForeignEndpoints(self.predictions)
        self.reports = StoredReports(
            registry, self._report_thread, fresh_seconds=settings.poll_seconds
        )
        self.shadow_facts = ShadowFactsReader(
            self.shadow,
            self.model_in_service,
            settings.shadow_dir,
            self._report_thread,
            settings.poll_seconds,
        )
        self.watcher = Watcher(registry, self.model_in_service, self.metrics, settings.poll_seconds)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the alias and keep rows while the service runs."""
        runs = [self.watcher.run(), *(recorder.run() for recorder in self.recorders)]
        if self.shadow is not None:
            runs.append(self.shadow.run())
        tasks = [asyncio.create_task(run) for run in runs]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            self.watcher.close()
            for threads in (self._batch_threads, self._explain_threads, self._report_thread):
                threads.shutdown(wait=False, cancel_futures=True)
            self.metrics.close()


def _request_log(settings: Settings, metrics: PrometheusMetrics) -> RowRecorder:
    return RowRecorder(
        name="the request log",
        table_of=logged_table,
        files=DayFiles(settings.request_log_dir, settings.record_days),
        count=partial(metrics.recorded_rows, "requests"),
        write_seconds=settings.record_seconds,
    )


def _shadow_model(
    settings: Settings,
    registry: RegistryReader,
    champion: ModelInService,
    metrics: PrometheusMetrics,
) -> ShadowModel | None:
    if settings.shadow is None:
        return None
    return ShadowModel(registry, settings.shadow, champion, metrics.shadow, settings.poll_seconds)


def _shadow_recorder(
    settings: Settings, model: ShadowModel, metrics: PrometheusMetrics
) -> RowRecorder:
    shadow = Shadow(model, metrics.shadow)
    return RowRecorder(
        name="the shadow",
        table_of=shadow.scored,
        files=DayFiles(settings.shadow_dir, settings.record_days),
        count=partial(metrics.recorded_rows, "shadow"),
        write_seconds=settings.record_seconds,
    )
