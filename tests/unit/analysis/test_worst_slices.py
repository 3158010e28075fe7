from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from weekwise.analysis.params import SliceParams
from weekwise.analysis.worst_slices import worst_slices
from weekwise.tasks.binary import Binary

AS_OF = date(2013, 7, 1)
TASK = Binary()


def a_week(outcome: list[float], probability: list[float] | float) -> pd.DataFrame:
    """One week's predictions, their rows spread evenly over its days and two origins."""
    return pd.DataFrame(
        {
            "cluster": [AS_OF + timedelta(days=n % 7) for n in range(len(outcome))],
            "probability": probability,
            "outcome": outcome,
            "origin": ["EWR" if n % 2 else "JFK" for n in range(len(outcome))],
        }
    )


def quarter_late(hit: float = 0.8, miss: float = 0.1) -> pd.DataFrame:
    """A week in which one row of four is late, and is told from the others."""
    outcome = [float(n // 7 % 4 == 0) for n in range(140)]
    return a_week(outcome, [hit if late else miss for late in outcome])


class TestWorstSlices:
    """Which slices are named."""

    PARAMS = SliceParams(columns=("origin",), min_rows=10)

    def test_order(self) -> None:
        """The slice that gains least on the baseline comes first, not the one hardest hit."""
        rows = pd.concat([quarter_late(hit=0.9, miss=0.05), quarter_late(hit=0.9, miss=0.7)])
        rows["origin"] = ["EWR"] * 140 + ["JFK"] * 140

        first, second = worst_slices(rows, (0.25,), self.PARAMS, TASK)

        assert (first.value, second.value) == ("JFK", "EWR")
        assert first.excess > 0 > second.excess
        assert (first.rows, first.mean_outcome) == (140, 0.25)

    def test_small_slices(self) -> None:
        """A slice with too few outcomes is not named."""
        rows = quarter_late()
        rows.loc[rows.index[:5], "origin"] = "LGA"

        values = {part.value for part in worst_slices(rows, (0.25,), self.PARAMS, TASK)}

        assert values == {"EWR", "JFK"}

    @pytest.mark.parametrize(
        ("rows", "rate"), [(quarter_late(), None), (a_week([np.nan] * 30, 0.5), (0.25,))]
    )
    def test_nothing_to_rank(self, rows: pd.DataFrame, rate: tuple[float] | None) -> None:
        """Without outcomes, or a rate to compare with, there are no worst slices."""
        assert worst_slices(rows, rate, self.PARAMS, TASK) == ()
