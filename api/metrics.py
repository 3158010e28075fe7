"""Prometheus metrics. They take plain values, so that every other layer can use them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any, Literal, get_args

import numpy as np
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from starlette.responses import Response

from api.batch_histogram import BatchHistogram
from api.shadow_metrics import ShadowMetrics
from weekwise import __version__
from weekwise.tasks import TASKS
from weekwise.tasks.base import Task

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own variable: the folder where several workers add their metrics up."""

LATENCY_BUCKETS = (
    *(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05),
    *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
"""Seconds."""

METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS"})
ReloadOutcome = Literal["swapped", "failed", "unreachable", "nothing"]
Record = Literal["requests", "shadow"]
RowOutcome = Literal["written", "dropped", "failed"]


class PrometheusMetrics:
    """The service's metrics. Each service has a registry of its own.

    Attributes:
        shadow: Those of the shadow.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self._registry = CollectorRegistry()
        self._request_seconds = _request_seconds(registry)
        self._predictions = {name: _predictions(task, registry) for name, task in TASKS.items()}
        self._refused = Counter(
            "weekwise_rows_refused", "Rows that the contract refused.", registry=registry
        )
        self._unseen = Counter(
            "weekwise_unseen_categories",
            "Values that the contract does not list, by field.",
            ("field",),
            registry=registry,
        )
        self._reloads = _reloads(registry)
        self._recorded = _recorded(registry)
        self._model = _model_info(registry)
        self._loaded = Gauge(
            "weekwise_model_loaded_timestamp_seconds",
            "When the version in service was loaded.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._reachable = Gauge(
            "weekwise_registry_reachable",
            "Whether MLflow answered the last check: 1 or 0.",
            registry=registry,
            multiprocess_mode="livemin",
        )
        self.shadow = ShadowMetrics(registry)
        _add_service_info(registry)
        # Looking a child metric up by its labels costs more than counting.
        self._request_children: dict[tuple[str, str, int], Histogram] = {}
        self._prediction_children: dict[str, BatchHistogram] = {}
        self._current: tuple[str, str, str] | None = None

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request.

        Args:
            method: The HTTP method.
            route: The route's template.
            status: The HTTP status of the response.
            seconds: How long it took.
        """
        key = (method, route, status)
        child = self._request_children.get(key)
        if child is None:
            # A client may send any word as a method: the labels must stay few.
            label = method if method in METHODS else "other"
            child = self._request_seconds.labels(label, route, str(status))
            if label == method:
                self._request_children[key] = child
        child.observe(seconds)

    def model_swapped(
        self, *, name: str, version: str, contract_hash: str, loaded_at: datetime
    ) -> None:
        """Count a reload, and show the version that is in service now.

        Args:
            name: The registered model.
            version: Its version.
            contract_hash: The hash of the contract it carries.
            loaded_at: When it was loaded, in UTC.
        """
        if self._current is not None:
            self._model.labels(*self._current).set(0)
        self._current = (name, version, contract_hash[:12])
        self._model.labels(*self._current).set(1)
        self._loaded.set(loaded_at.timestamp())
        self.reload("swapped")

    def reload(self, outcome: ReloadOutcome) -> None:
        """Count a check of the registry by its outcome."""
        self._reloads.labels(outcome).inc()

    def registry_reachable(self, *, reachable: bool) -> None:
        """Show whether MLflow answered."""
        self._reachable.set(int(reachable))

    def predictions(self, version: str, task: Task, predictions: Sequence[Any]) -> None:
        """Count predictions.

        Args:
            version: The model's version.
            task: What it predicts.
            predictions: What it predicted, one item a row.
        """
        child = self._prediction_children.get(version)
        if child is None:
            child = self._prediction_children[version] = self._predictions[task.name].labels(
                version
            )
        if len(predictions) == 1:
            child.observe(task.row_level(predictions[0]))
        elif predictions:
            child.observe_many(task.level(np.array(predictions)))

    def refused_rows(self, count: int) -> None:
        """Count rows that the contract refused."""
        self._refused.inc(count)

    def recorded_rows(self, record: Record, outcome: RowOutcome, count: int) -> None:
        """Count rows that were to be kept, by what became of them."""
        self._recorded.labels(record, outcome).inc(count)

    def unseen_categories(self, counts: Mapping[str, int]) -> None:
        """Count values that the contract does not list, by field."""
        for field, count in counts.items():
            self._unseen.labels(field).inc(count)

    def response(self) -> Response:
        """All metrics in Prometheus' text format, including those of other workers."""
        registry = self._registry
        if os.environ.get(MULTIPROCESS_DIR):
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def close(self) -> None:
        """Remove this worker's live gauges from the sum."""
        if os.environ.get(MULTIPROCESS_DIR):
            multiprocess.mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]


def _request_seconds(registry: CollectorRegistry) -> Histogram:
    return Histogram(
        "weekwise_request_duration_seconds",
        "Requests and how long they took, by route and status.",
        ("method", "route", "status"),
        buckets=LATENCY_BUCKETS,
        registry=registry,
    )


def _predictions(task: Task, registry: CollectorRegistry) -> BatchHistogram:
    return BatchHistogram(
        task.histogram.name,
        task.histogram.description,
        ("version",),
        buckets=task.histogram.buckets,
        registry=registry,
    )


def _reloads(registry: CollectorRegistry) -> Counter:
    counter = Counter(
        "weekwise_model_reloads",
        "Checks of the registry that brought a new model (swapped), a model that does not work "
        "(failed), no model (nothing), or no answer (unreachable).",
        ("outcome",),
        registry=registry,
    )
    # A label that was never counted is absent, and an alert on its rate would see no zero.
    for outcome in get_args(ReloadOutcome):
        counter.labels(outcome)
    return counter


def _recorded(registry: CollectorRegistry) -> Counter:
    counter = Counter(
        "weekwise_recorded_rows",
        "Rows that were to be kept after their answer: written; dropped, because too many waited; "
        "failed, because they could not be written.",
        ("record", "outcome"),
        registry=registry,
    )
    for record, outcome in product(get_args(Record), get_args(RowOutcome)):
        counter.labels(record, outcome)
    return counter


def _model_info(registry: CollectorRegistry) -> Gauge:
    return Gauge(
        "weekwise_model_info",
        "1 for the version in service; with several workers, how many serve it.",
        ("name", "version", "contract"),
        registry=registry,
        multiprocess_mode="livesum",
    )


def _add_service_info(registry: CollectorRegistry) -> None:
    Gauge(
        "weekwise_service_info",
        "1, with the version of the service.",
        ("version",),
        registry=registry,
        multiprocess_mode="livemax",
    ).labels(__version__).set(1)
