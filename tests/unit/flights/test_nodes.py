from __future__ import annotations

from datetime import date
from typing import Any

import ibis
import pandas as pd
import pytest

from flights import nodes
from flights.params import WranglingParams
from flights.replay import replay_flights, replay_weather
from schedule import CANCELED, DIVERTED, a_flight, an_hour, days, flights, planes, weather
from weekwise.contract.model import Contracts
from weekwise.features.build_plan import BuildPlan
from weekwise.features.week_hashes import WeekHashes
from weekwise.features.window import Window

AS_OF = date(2013, 3, 4)
YESTERDAY, LATER = date(2013, 3, 3), date(2013, 3, 5)
WINDOW = Window(as_of=AS_OF)
PARAMS = WranglingParams()


def fed(rows: list[dict[str, Any]]) -> ibis.Table:
    """Flights as the replay feeds them."""
    return replay_flights(flights(rows), WINDOW)


def cleaned(rows: list[dict[str, Any]], contracts: Contracts) -> pd.DataFrame:
    """Flights after cleaning, as a frame in their order."""
    table = nodes.clean_flights(fed(rows), contracts["flights"], PARAMS)
    return table.order_by("scheduled_departure", "flight").to_pyarrow().to_pandas()


def built(
    flight_rows: list[dict[str, Any]],
    contracts: Contracts,
    weather_rows: list[dict[str, Any]] | None = None,
) -> pd.DataFrame:
    """Features of some flights, as a frame."""
    clean_flights = nodes.clean_flights(fed(flight_rows), contracts["flights"], PARAMS)
    hours = weather_rows or [an_hour(YESTERDAY, 6)]
    clean_weather = nodes.clean_weather(
        replay_weather(weather(hours), WINDOW), contracts["weather"], PARAMS
    )
    features, _ = nodes.build_planned_weeks(
        clean_flights,
        clean_weather,
        ibis.memtable(planes()),
        contracts["features"],
        WINDOW,
        BuildPlan(),
    )
    return features.table.to_pyarrow().to_pandas()


class TestCleanFlights:
    @pytest.mark.parametrize(
        ("delay", "late"), [(-5, False), (15, False), (16, True), (1272, True)]
    )
    def test_late(self, delay: int, late: bool, contracts: Contracts) -> None:
        """A flight is late when it arrives more than 15 minutes after schedule."""
        frame = cleaned([a_flight(YESTERDAY, arr_delay=delay)], contracts)

        assert frame.late.tolist() == [late]

    @pytest.mark.parametrize(
        ("changes", "canceled", "diverted"),
        [({}, False, False), (CANCELED, True, False), (DIVERTED, False, True)],
    )
    def test_without_an_outcome(
        self, changes: dict[str, Any], canceled: bool, diverted: bool, contracts: Contracts
    ) -> None:
        """No departure means canceled, a departure without an arrival delay diverted."""
        rows = [a_flight(YESTERDAY, **changes), a_flight(YESTERDAY, flight=2)]

        first = cleaned(rows, contracts).iloc[0]

        assert (first.canceled, first.diverted) == (canceled, diverted)
        assert pd.isna(first.late) == (canceled or diverted)

    def test_duplicates_are_dropped(self, contracts: Contracts) -> None:
        """An exact copy of a flight counts once; a flight that differs anywhere stays."""
        twice = a_flight(YESTERDAY)

        frame = cleaned([twice, twice, a_flight(YESTERDAY, flight=2)], contracts)

        assert frame.flight.tolist() == [1, 2]

    def test_scheduled_departure(self, contracts: Contracts) -> None:
        """HHMM becomes a time of day in New York."""
        frame = cleaned([a_flight(YESTERDAY, sched_dep_time=1759)], contracts)

        assert frame.scheduled_departure.tolist() == [pd.Timestamp("2013-03-03 17:59")]


class TestCleanWeather:
    def test_recent_weather_looks_back_by_hours(self, contracts: Contracts) -> None:
        """Rolling figures take the hour itself and the five before, by clock and not by rows."""
        hours = [an_hour(YESTERDAY, h, precip=1.0, visib=float(h)) for h in (1, 2, 3, 7)]
        table = replay_weather(weather(hours), WINDOW)

        clean = nodes.clean_weather(table, contracts["weather"], PARAMS)

        frame = clean.order_by("time_hour").to_pyarrow().to_pandas()
        assert frame.recent_precip.tolist() == [1.0, 2.0, 3.0, 3.0]
        assert frame.recent_visib.tolist() == [1.0, 1.0, 1.0, 2.0]

    def test_airports_have_their_own_weather(self, contracts: Contracts) -> None:
        """Rain at one airport is no rain at another."""
        hours = [an_hour(YESTERDAY, 5, precip=1.0), an_hour(YESTERDAY, 6, origin="JFK")]

        clean = nodes.clean_weather(
            replay_weather(weather(hours), WINDOW), contracts["weather"], PARAMS
        )

        frame = clean.order_by("time_hour").to_pyarrow().to_pandas()
        assert frame.recent_precip.tolist() == [1.0, 0.0]

    def test_coming_weather_looks_ahead_by_hours(self, contracts: Contracts) -> None:
        """The hour itself and the five after it, by clock and not by rows."""
        hours = [
            an_hour(YESTERDAY, h, precip=1.0, visib=float(h), wind_gust=None, wind_speed=h + 1.0)
            for h in (6, 7, 8, 12)
        ]
        table = replay_weather(weather(hours), WINDOW)

        clean = nodes.clean_weather(table, contracts["weather"], PARAMS)

        frame = clean.order_by("time_hour").to_pyarrow().to_pandas()
        assert frame.coming_precip.tolist() == [3.0, 3.0, 2.0, 1.0]
        assert frame.coming_visib.tolist() == [6.0, 7.0, 8.0, 12.0]
        assert frame.coming_gust.tolist() == [9.0, 13.0, 13.0, 13.0]


class TestBuildFeatures:
    def test_columns_are_the_contracts(self, contracts: Contracts) -> None:
        """The table has the contract's columns in its order, and the run's date."""
        frame = built([a_flight(YESTERDAY)], contracts)

        assert list(frame.columns) == list(contracts["features"].columns)
        assert frame.as_of.tolist() == [AS_OF]

    def test_no_outcome_is_a_feature(self, contracts: Contracts) -> None:
        """What is known only after departure is in no column but the target."""
        known_after = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}

        assert not known_after & set(contracts["features"].columns)

    def test_past_flights_without_outcome_are_left_out(self, contracts: Contracts) -> None:
        """Canceled and diverted flights of the past are not features; upcoming ones all are."""
        rows = [
            a_flight(YESTERDAY, flight=1),
            a_flight(YESTERDAY, flight=2, **CANCELED),
            a_flight(YESTERDAY, flight=3, **DIVERTED),
            a_flight(LATER, flight=4, **CANCELED),
            a_flight(LATER, flight=5),
        ]

        frame = built(rows, contracts)

        assert frame.flight.tolist() == [1, 4, 5]
        assert frame.late.isna().tolist() == [False, True, True]

    def test_busy_hours_count_canceled_flights(self, contracts: Contracts) -> None:
        """A schedule is published before anybody cancels, so a canceled flight makes it busy."""
        rows = [
            a_flight(YESTERDAY, flight=1),
            a_flight(YESTERDAY, flight=2, sched_dep_time=659, **CANCELED),
            a_flight(YESTERDAY, flight=3, sched_dep_time=700),
        ]

        frame = built(rows, contracts)

        assert frame.departures_in_hour.tolist() == [2, 1]
        assert frame.departures_in_three_hours.tolist() == [2, 3]
        assert frame.departures_today.tolist() == [2, 3]

    def test_busy_hours_are_of_an_airport_an_airline_or_all(self, contracts: Contracts) -> None:
        """Flights of one hour, counted by what they share."""
        rows = [
            a_flight(YESTERDAY, flight=1, origin="JFK", carrier="AA"),
            a_flight(YESTERDAY, flight=2, origin="JFK", carrier="B6"),
            a_flight(YESTERDAY, flight=3, origin="JFK", carrier="B6"),
            a_flight(YESTERDAY, flight=4, origin="LGA", carrier="AA"),
        ]

        frame = built(rows, contracts).set_index("flight").sort_index()

        assert frame.departures_in_hour.tolist() == [3, 3, 3, 1]
        assert frame.airline_departures.tolist() == [1, 2, 2, 1]
        assert frame.departures_everywhere.tolist() == [4, 4, 4, 4]

    def test_weather_is_joined_by_airport_and_hour(self, contracts: Contracts) -> None:
        """A flight gets the weather of its airport in the hour of its departure, or none."""
        rows = [
            a_flight(YESTERDAY, flight=1, sched_dep_time=630),
            a_flight(YESTERDAY, flight=2, sched_dep_time=700),
        ]

        frame = built(rows, contracts, [an_hour(YESTERDAY, 6, temp=55.0)])

        assert frame.temp.tolist()[0] == 55.0
        assert frame.temp.isna().tolist() == [False, True]

    def test_planes_are_joined_by_tail_number(self, contracts: Contracts) -> None:
        """A known plane brings its age and seats; an unknown or missing one keeps the flight."""
        rows = [
            a_flight(YESTERDAY, flight=1),
            a_flight(YESTERDAY, flight=2, tailnum="N9"),
            a_flight(YESTERDAY, flight=3, tailnum=None),
        ]

        frame = built(rows, contracts)

        assert frame.seats.tolist()[0] == 149
        assert frame.seats.isna().tolist() == [False, True, True]

    @pytest.mark.parametrize(
        ("departure", "arrival", "minutes"), [(600, 819, 139), (2330, 15, 45), (600, 600, 0)]
    )
    def test_scheduled_duration(
        self, departure: int, arrival: int, minutes: int, contracts: Contracts
    ) -> None:
        """Durations are counted across midnight."""
        row = a_flight(YESTERDAY, sched_dep_time=departure, sched_arr_time=arrival)

        assert built([row], contracts).scheduled_duration.tolist() == [minutes]

    def test_order_does_not_depend_on_the_feed(self, contracts: Contracts) -> None:
        """The same flights in any order give the same table, row by row."""
        rows = [a_flight(day, flight=n) for day in days(YESTERDAY, 3) for n in (3, 1, 2)]

        pd.testing.assert_frame_equal(built(rows, contracts), built(rows[::-1], contracts))


def test_summary(contracts: Contracts) -> None:
    """The summary accounts for every flight that came in."""
    rows = [
        *(a_flight(YESTERDAY, flight=n) for n in (1, 2, 2)),
        a_flight(YESTERDAY, flight=3, **CANCELED),
        a_flight(YESTERDAY, flight=4, **DIVERTED),
        a_flight(LATER, flight=5),
    ]
    table = fed(rows)
    hours = replay_weather(weather([an_hour(YESTERDAY, 6)]), WINDOW)
    clean = nodes.clean_flights(table, contracts["flights"], PARAMS)
    features, cleaned_rows = nodes.build_planned_weeks(
        clean,
        nodes.clean_weather(hours, contracts["weather"], PARAMS),
        ibis.memtable(planes()),
        contracts["features"],
        WINDOW,
        BuildPlan(),
    )

    summary, _ = nodes.summarize_wrangling(
        table, hours, cleaned_rows, features.table, contracts["features"], WINDOW, WeekHashes()
    )

    plain = summary.model_dump(mode="json")
    assert len(plain.pop("data_hash")) == 64
    assert plain == {
        "as_of": "2013-03-04",
        "rows_in": {"flights": 6, "weather": 1},
        "duplicates_dropped": 1,
        "left_out": {"canceled": 1, "diverted": 1},
        "history_rows": 2,
        "upcoming_rows": 1,
        "history_start": "2013-03-03",
        "history_end": "2013-03-03",
        "upcoming_end": "2013-03-11",
    }
