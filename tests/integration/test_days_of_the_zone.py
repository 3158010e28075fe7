"""Days as clocks of the contract's zone count them: of 23, 24 or 25 hours, leap days, year ends."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from weekwise.contract.model import Contract
from weekwise.features.window import Window
from weekwise.pipelines.data_wrangling.nodes import build_features, clean_feed


def contract(zone: str) -> Contract:
    """A measurement an hour, with an outcome that is known at once."""
    columns: dict[str, Any] = {
        "number": {"type": "integer", "role": "key", "title": "Number"},
        "measured": {"type": "datetime", "role": "time", "title": "Measured"},
        "load": {"type": "number", "role": "feature", "title": "Load"},
        "outage": {"type": "boolean", "role": "target", "title": "Outage", "missing": 1.0},
    }
    keys = {"table": "features", "title": "Measurements", "key": ["number"], "timezone": zone}
    return Contract.model_validate({**keys, "columns": columns})


def measurements(day: date, zone: str) -> pd.DataFrame:
    """A measurement for each hour that passes from the day before to the day after."""
    first = pd.Timestamp(day - timedelta(days=1), tz=zone)
    end = pd.Timestamp(day + timedelta(days=2), tz=zone)
    hours = pd.date_range(
        first.tz_convert("UTC"), end.tz_convert("UTC"), freq="h", inclusive="left"
    )
    return pd.DataFrame(
        {"number": range(len(hours)), "measured": hours, "load": 1.0, "outage": False}
    )


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2024-03-31", "Europe/Berlin", 23),
        ("2024-10-27", "Europe/Berlin", 25),
        ("2024-03-10", "America/New_York", 23),
        ("2024-11-03", "America/New_York", 25),
        # The change comes at midnight: this day begins at one o'clock.
        ("2024-09-08", "America/Santiago", 23),
        ("2024-02-29", "Europe/Berlin", 24),
        ("2024-12-31", "Asia/Tokyo", 24),
        ("2025-01-01", "Pacific/Kiritimati", 24),
        # It has no change of the clock, whatever the machine's zone does.
        ("2024-10-27", "UTC", 24),
    ],
)
def test_each_hour_of_a_day_is_of_that_day(day: str, zone: str, hours: int) -> None:
    """The day before the run is history with all its hours, and the day of the run is upcoming."""
    middle = date.fromisoformat(day)
    described = contract(zone)
    feed = measurements(middle, zone)
    window = Window(as_of=middle + timedelta(days=1))

    rows = build_features(clean_feed(feed, described), described, window).execute()

    assert len(rows) == len(feed)
    by_day = Counter(rows["measured"].dt.date)
    assert by_day[middle] == hours
    known = {moment.date() for moment in rows.loc[rows["outage"].notna(), "measured"]}
    assert known == {middle - timedelta(days=1), middle}
