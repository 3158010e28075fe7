"""Prometheus metrics of the shadow: how its predictions differ from those that were answered."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DIFFERENCE_BUCKETS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
    *(10.0**power for power in range(1, 7)),
)
"""Of probabilities, or of numbers of any size."""

_VERSIONS = ("version", "shadow")


class ShadowMetrics:
    """The metrics of the shadow.

    Args:
        registry: Where they are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._info = Gauge(
            "weekwise_shadow_info",
            "1 for the version that predicts beside the one in service; with several workers, "
            "how many have it.",
            ("version",),
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._difference = Histogram(
            "weekwise_shadow_difference",
            "How far the shadow's predictions are from those answered.",
            _VERSIONS,
            buckets=DIFFERENCE_BUCKETS,
            registry=registry,
        )
        self._decisions = Counter(
            "weekwise_shadow_decisions",
            "Rows by whether the shadow decides as the version in service does.",
            (*_VERSIONS, "same"),
            registry=registry,
        )
        self._refused = Counter(
            "weekwise_shadow_rows_refused",
            "Rows that the shadow's contract refuses.",
            _VERSIONS,
            registry=registry,
        )
        self._current: str | None = None

    def loaded(self, version: str | None) -> None:
        """Show which version is the shadow; none if there is none."""
        if self._current is not None:
            self._info.labels(self._current).set(0)
        if version is not None:
            self._info.labels(version).set(1)
        self._current = version

    def refused(self, version: str, shadow: str, rows: int) -> None:
        """Count rows that the shadow refuses."""
        self._refused.labels(version, shadow).inc(rows)

    def compared(
        self, version: str, shadow: str, differences: Iterable[float], otherwise: int | None
    ) -> None:
        """Count rows that both have predicted.

        Args:
            version: The version that answered.
            shadow: The shadow's.
            differences: How far the predictions are apart, one a row.
            otherwise: How many rows the shadow decides otherwise; none where nothing is decided.
        """
        observe, rows = self._difference.labels(version, shadow).observe, 0
        for difference in differences:
            observe(difference)
            rows += 1
        if otherwise is not None:
            self._decisions.labels(version, shadow, "true").inc(rows - otherwise)
            self._decisions.labels(version, shadow, "false").inc(otherwise)
