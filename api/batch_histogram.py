"""A histogram that takes many observations at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from prometheus_client import Histogram


class BatchHistogram(Histogram):
    """Prometheus' histogram; one observation after the other, ten thousand take 15 ms."""

    _upper_bounds: list[float]
    _buckets: list[Any]
    _sum: Any

    def observe_many(self, amounts: npt.NDArray[np.float64]) -> None:
        """Observe each of some amounts.

        Args:
            amounts: The amounts, shape (n,).
        """
        # A bucket holds what is at most its bound.
        places = np.searchsorted(self._upper_bounds, amounts, side="left")
        counts = np.bincount(places, minlength=len(self._buckets))
        self._sum.inc(float(amounts.sum()))
        for bucket, count in zip(self._buckets, counts.tolist(), strict=False):
            if count:
                bucket.inc(count)
