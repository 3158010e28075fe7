from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from flights.replay import OUTCOMES, replay_flights, replay_weather
from schedule import CANCELED, a_flight, an_hour, days, flights, weather
from weekwise.features.window import Window

AS_OF = date(2013, 3, 4)
WINDOW = Window(as_of=AS_OF)
FORTNIGHT = days(date(2013, 2, 25), 21)


@pytest.fixture
def shown() -> pd.DataFrame:
    """Three weeks of flights around the as-of date, as the replay shows them."""
    year = flights([a_flight(day) for day in FORTNIGHT])
    return replay_flights(year, WINDOW).order_by("month", "day").to_pyarrow().to_pandas()


def test_the_past_is_complete(shown: pd.DataFrame) -> None:
    """Flights dated before the as-of date have their outcome."""
    assert shown.head(7)[list(OUTCOMES)].notna().all(axis=None)


def test_the_coming_week_is_a_bare_schedule(shown: pd.DataFrame) -> None:
    """Flights in the horizon have no outcome, and all that a schedule shows."""
    week = shown.tail(7)

    assert week.day.tolist() == [4, 5, 6, 7, 8, 9, 10]
    assert week[list(OUTCOMES)].isna().all(axis=None)
    assert week.drop(columns=list(OUTCOMES)).notna().all(axis=None)


def test_nothing_later_exists(shown: pd.DataFrame) -> None:
    """The replay ends with the horizon."""
    assert len(shown) == 14


def test_hidden_values_do_not_matter() -> None:
    """Whatever happens on or after the as-of date, the replay shows the same."""
    rows = [a_flight(day) for day in FORTNIGHT]
    flipped = [
        row if date(2013, row["month"], row["day"]) < AS_OF else {**row, **CANCELED} for row in rows
    ]

    pd.testing.assert_frame_equal(
        replay_flights(flights(rows), WINDOW).to_pyarrow().to_pandas(),
        replay_flights(flights(flipped), WINDOW).to_pyarrow().to_pandas(),
    )


def test_weather_reaches_to_the_end_of_the_horizon() -> None:
    """Observed weather stands in for a forecast of the upcoming days, and no longer."""
    hours = weather([an_hour(day, 6) for day in FORTNIGHT])

    frame = replay_weather(hours, WINDOW).to_pyarrow().to_pandas()

    assert frame.day.max() == 28
    assert frame[frame.month == 3].day.max() == 10
    assert frame.time_hour.max() == pd.Timestamp("2013-03-10 11:00")


def test_the_input_is_left_alone() -> None:
    """The replay changes nothing in the frame it is given."""
    year = flights([a_flight(day) for day in FORTNIGHT])
    before = year.copy(deep=True)

    replay_flights(year, WINDOW)

    pd.testing.assert_frame_equal(year, before)
