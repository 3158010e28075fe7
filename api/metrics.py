"""Figures for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Literal, get_args

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

from api.rows.batch import Answered
from api.serving.loaded_model import Served
from weekwise import __version__

MULTIPROCESS_DIR = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client's own variable: where several workers add their figures up."""

LATENCY = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
TENTHS = tuple(step / 10 for step in range(1, 11))
METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS"})
Outcome = Literal["swapped", "failed", "unreachable", "nothing"]


class PrometheusMetrics:
    """What the service counts. Each service has a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self.requests = Histogram(
            "weekwise_request_duration_seconds",
            "Requests and how long they took, by route and status.",
            ("method", "route", "status"),
            buckets=LATENCY,
            registry=self._registry,
        )
        self.predictions = Histogram(
            "weekwise_prediction_probability",
            "Probabilities that were predicted, by version.",
            ("version",),
            buckets=TENTHS,
            registry=self._registry,
        )
        self.refused = Counter(
            "weekwise_rows_refused", "Rows that the contract refused.", registry=self._registry
        )
        self.unseen = Counter(
            "weekwise_unseen_categories",
            "Values that the contract does not list, by field.",
            ("field",),
            registry=self._registry,
        )
        self._reloads = Counter(
            "weekwise_model_reloads",
            "Looks at the registry that brought a new model (swapped), one that does not work "
            "(failed), no model (nothing), or no answer (unreachable).",
            ("outcome",),
            registry=self._registry,
        )
        self._model = Gauge(
            "weekwise_model_info",
            "1 for the version in service; over several workers, how many serve it.",
            ("name", "version", "contract"),
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._loaded = Gauge(
            "weekwise_model_loaded_timestamp_seconds",
            "When the version in service was loaded.",
            registry=self._registry,
            multiprocess_mode="livemostrecent",
        )
        self._reachable = Gauge(
            "weekwise_registry_reachable",
            "Whether MLflow answered the last look: 1 or 0.",
            registry=self._registry,
            multiprocess_mode="livemin",
        )
        Gauge(
            "weekwise_service_info",
            "1, with the version of the service.",
            ("version",),
            registry=self._registry,
            multiprocess_mode="livemax",
        ).labels(__version__).set(1)
        for outcome in get_args(Outcome):
            self._reloads.labels(outcome)
        # Looking a child up costs more than counting.
        self._requests: dict[tuple[str, str, int], Histogram] = {}
        self._predictions: dict[str, Histogram] = {}
        self._current: tuple[str, str, str] | None = None

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note a request."""
        key = (method, route, status)
        child = self._requests.get(key)
        if child is None:
            known = method if method in METHODS else "other"
            child = self.requests.labels(known, route, str(status))
            if known == method:
                self._requests[key] = child
        child.observe(seconds)

    def served(self, served: Served) -> None:
        """Note that a version is in service now."""
        if self._current is not None:
            self._model.labels(*self._current).set(0)
        contract = served.predictor.contract.hash[:12]
        self._current = (served.release.name, served.version, contract)
        self._model.labels(*self._current).set(1)
        self._loaded.set(served.loaded_at.timestamp())
        self.reload("swapped")

    def reload(self, outcome: Outcome) -> None:
        """Note how a look at the registry went."""
        self._reloads.labels(outcome).inc()

    def reachable(self, *, yes: bool) -> None:
        """Note whether MLflow answered."""
        self._reachable.set(int(yes))

    def predicted(self, version: str, probabilities: Iterable[float]) -> None:
        """Note predictions."""
        child = self._predictions.get(version)
        if child is None:
            child = self._predictions[version] = self.predictions.labels(version)
        observe = child.observe
        for probability in probabilities:
            observe(probability)

    def batch(self, version: str, answered: Answered) -> None:
        """Note a batch."""
        self.predicted(version, answered.probabilities)
        self.refused.inc(answered.refused)
        for name, count in answered.unseen.items():
            self.unseen.labels(name).inc(count)

    def answer(self) -> Response:
        """All figures in Prometheus' text format, those of other workers included."""
        registry = self._registry
        if os.environ.get(MULTIPROCESS_DIR):
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def close(self) -> None:
        """Take this worker's live figures out of the sum."""
        if os.environ.get(MULTIPROCESS_DIR):
            multiprocess.mark_process_dead(os.getpid())  # type: ignore[no-untyped-call]
