from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from weekwise.errors import FeedError
from weekwise.features.calendar import Calendar
from weekwise.infer.calendar_plan import FirstRun, plan_first_run


def plan(
    days: int, *, waiting: int = 0, per_day: int = 10, every: int = 1, known_after: int = 0
) -> FirstRun:
    """The plan of a table of some days, the last of which wait for their target."""
    dates = pd.date_range("2024-01-01", periods=days, freq=f"{every}D").repeat(per_day)
    known = np.arange(len(dates)) < (days - waiting) * per_day
    frame = pd.DataFrame({"day": dates, "y": np.where(known, 1.0, np.nan)})
    frame["y"] = frame["y"].astype("Float64")
    with tables.relation(frame) as rows:
        return plan_first_run(rows, time="day", target="y", known_after_days=known_after)


@pytest.mark.parametrize(
    ("table", "as_of"),
    [
        ({"days": 100}, date(2024, 3, 27)),
        ({"days": 100, "waiting": 7}, date(2024, 4, 3)),
        ({"days": 100, "waiting": 28, "known_after": 28}, date(2024, 4, 10)),
        ({"days": 35}, date(2024, 1, 29)),
        ({"days": 12}, date(2024, 1, 10)),
    ],
)
def test_the_first_run_has_something_to_predict(table: dict[str, Any], as_of: date) -> None:
    """Rows that wait are predicted; where none wait, the last days are left over."""
    assert plan(**table).calendar["first_as_of"] == as_of


def test_a_usual_table_needs_nothing_besides() -> None:
    """The calendar says start and first run, and there are no parameters."""
    found = plan(100)

    assert set(found.calendar) == {"start", "first_as_of"}
    assert found.parameters == {}


def test_a_short_table_gets_smaller_settings() -> None:
    """History and holdout fit, and the calendar takes the first run."""
    found = plan(30)

    assert found.calendar["min_history_days"] < 56
    assert found.parameters["training"]["holdout_days"] < 14
    Calendar.model_validate(found.calendar)


def test_rows_that_come_by_the_month_are_looked_ahead_to() -> None:
    """A run looks ahead to the next dates, and the holdout has rows."""
    found = plan(60, every=30, per_day=4)

    assert found.calendar["step_days"] == 30
    assert found.parameters["window"] == {"horizon_days": 30}
    assert found.parameters["training"]["holdout_days"] > 14


def test_without_a_time_there_is_no_calendar() -> None:
    """A run is of the day it is made on."""
    with tables.relation(pd.DataFrame({"y": [1]})) as rows:
        found = plan_first_run(rows, time=None, target="y", known_after_days=0)
    assert found.calendar == {}


@pytest.mark.parametrize(
    ("table", "words"),
    [({"days": 5}, "is known on 5 days of day"), ({"days": 5, "waiting": 5}, "no day of day has")],
)
def test_too_little_is_refused(table: dict[str, Any], words: str) -> None:
    """The message says how much there is and how much it takes."""
    with pytest.raises(FeedError) as error:
        plan(**table)
    assert words in str(error.value)
