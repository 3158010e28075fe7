from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from api.batch_histogram import BatchHistogram

BUCKETS = (0.1, 0.25, 0.5, 1.0)


@given(st.lists(st.sampled_from(BUCKETS) | st.floats(0, 3), max_size=40))
def test_many_at_once_count_as_one_by_one(amounts: list[float]) -> None:
    """Buckets, count and sum are the same, at the bounds of buckets too."""
    told = []
    for at_once in (True, False):
        registry = CollectorRegistry()
        histogram = BatchHistogram(
            "chance", "A chance.", ("version",), buckets=BUCKETS, registry=registry
        )
        child = histogram.labels("1")
        if at_once:
            child.observe_many(np.array(amounts, dtype=np.float64))
        else:
            for amount in amounts:
                child.observe(amount)
        lines = generate_latest(registry).decode().splitlines()
        told.append([line for line in lines if "_created" not in line and "_sum" not in line])
        total = registry.get_sample_value("chance_sum", {"version": "1"})
        assert total is not None
        assert np.isclose(total, sum(amounts))

    assert told[0] == told[1]
