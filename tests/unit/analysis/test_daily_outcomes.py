from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from weekwise.analysis.daily_outcomes import baselines_before
from weekwise.analysis.performance import Baselines
from weekwise.tasks.binary import Binary

END = date(2013, 7, 1)
DAILY = pd.DataFrame(
    {
        "day": [END - timedelta(days=n) for n in (30, 8, 7, 1, 0)],
        "rows": [10] * 5,
        "positives": [1, 2, 4, 6, 10],
    }
)


@pytest.mark.parametrize(
    ("days", "baselines"),
    [
        (7, Baselines(history=(13 / 40,), trailing=(0.5,))),
        (100, Baselines(history=(13 / 40,), trailing=(13 / 40,))),
    ],
)
def test_baselines(days: int, baselines: Baselines) -> None:
    """The trailing baseline is of the last days before a date, the other of all days before it."""
    assert baselines_before(DAILY, END, days, Binary()) == baselines


def test_nothing_known() -> None:
    """Before the first outcome there is no baseline, and rows without a time have no last days."""
    timeless = pd.DataFrame({"day": [date.min], "rows": [10], "positives": [5]})

    assert baselines_before(DAILY, date(2013, 1, 1), 28, Binary()) == Baselines()
    assert baselines_before(timeless, END, 28, Binary()) == Baselines(history=(0.5,))
