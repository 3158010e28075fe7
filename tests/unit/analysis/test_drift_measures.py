from __future__ import annotations

import pytest

from weekwise.analysis.drift_measures import beyond


@pytest.mark.parametrize(
    ("psi", "past", "unusual"),
    [
        (3.8, [4.1, *[1.0] * 20], False),
        (3.8, [3.7, *[1.0] * 20], True),
        (0.9, [0.2] * 8, True),
        (0.9, [0.5] * 4, False),
        (2.5, [0.5] * 4, True),
        (1.1, [0.5], False),
    ],
)
def test_beyond(psi: float, past: list[float], unusual: bool) -> None:
    """A week is unusual beyond all past ones; with few of them it must lie further beyond."""
    assert beyond(psi, past) is unusual
