"""The order of the tests: each of two workers begins with long ones and ends with quick ones.

xdist's worksteal gives each worker an equal run of the list. Were the long tests all at its end,
one worker would still be at them when the other has nothing left to take.
"""

from __future__ import annotations

import pytest

RUN_WEEKS = {"week_1", "week_2", "server"}
"""Fixtures that a worker makes once and that take long: tests that share one stay together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that share run weeks first, and the other long ones in the middle."""
    sharing = {item.path for item in items if RUN_WEEKS & set(getattr(item, "fixturenames", ()))}
    quick = [item for item in items if item.get_closest_marker("slow") is None]
    long = [item for item in items if item.get_closest_marker("slow") is not None]
    first = [item for item in long if item.path in sharing]
    second = [item for item in long if item.path not in sharing]
    # Both halves are of the same length, as the workers' shares are.
    cut = max(0, min(len(quick), len(items) // 2 - len(first)))
    items[:] = [*first, *quick[:cut], *second, *quick[cut:]]
