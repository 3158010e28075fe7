from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.errors import ContractError
from weekwise.features.time_features import (
    CALENDAR_FEATURES,
    HOLIDAY_REACH,
    calendar_features,
    calendar_values,
)

MOMENTS = st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 12, 31))  # noqa: DTZ001
# Independence Day 2013 was a Thursday; the holidays around it are 27 May and 2 September.
KNOWN = [
    ("2013-07-04T13:05", "day_of_week", 3),
    ("2013-07-04T13:05", "minute_of_day", 13 * 60 + 5),
    ("2013-07-04T23:59:59", "minute_of_day", 23 * 60 + 59),
    ("2013-07-31", "day_of_month", 31),
    ("2013-12-31", "day_of_year", 365),
    ("2012-12-31", "day_of_year", 366),
    ("2013-07-04T13:05", "days_since_holiday", 0),
    ("2013-07-04T13:05", "days_to_holiday", 0),
    ("2013-07-04T13:05", "holiday_offset", 0),
    ("2013-07-02", "days_to_holiday", 2),
    ("2013-07-02", "holiday_offset", -2),
    ("2013-07-07", "days_since_holiday", 3),
    ("2013-07-07", "holiday_offset", 3),
    ("2013-08-01", "days_since_holiday", HOLIDAY_REACH),
    ("2013-08-01", "holiday_offset", HOLIDAY_REACH),
    ("2013-08-20", "holiday_offset", -HOLIDAY_REACH),
    # The year's last holiday is Christmas; the next one belongs to the next year.
    ("2013-12-30", "days_to_holiday", 2),
]


us_features = partial(calendar_features, country="US")


@pytest.mark.parametrize(("moment", "name", "expected"), KNOWN)
def test_known_values(moment: str, name: str, expected: float) -> None:
    """Each feature has the value a calendar shows."""
    features = us_features(np.array([moment], dtype="datetime64[us]"), [name])

    assert features[name].tolist() == [expected]


@given(st.lists(MOMENTS, max_size=20))
def test_agrees_with_the_standard_library(moments: list[datetime]) -> None:
    """Days and minutes are those of Python's own datetime."""
    features = us_features(
        np.array(moments, dtype="datetime64[us]"),
        ["day_of_week", "minute_of_day", "day_of_month", "day_of_year"],
    )

    assert features["day_of_week"].tolist() == [time.weekday() for time in moments]
    assert features["minute_of_day"].tolist() == [time.hour * 60 + time.minute for time in moments]
    assert features["day_of_month"].tolist() == [time.day for time in moments]
    assert features["day_of_year"].tolist() == [time.timetuple().tm_yday for time in moments]


@given(MOMENTS)
def test_holidays_agree_with_a_search_day_by_day(moment: datetime) -> None:
    """Distances to holidays are what looking at one day after the other finds."""
    import holidays

    features = us_features(
        np.array([moment], dtype="datetime64[us]"), ["days_since_holiday", "days_to_holiday"]
    )
    days = holidays.country_holidays("US")

    def distance(step: int) -> int:
        near = [moment.date() + step * timedelta(days=n) for n in range(HOLIDAY_REACH)]
        return next((n for n, day in enumerate(near) if day in days), HOLIDAY_REACH)

    assert features["days_since_holiday"].item() == distance(-1)
    assert features["days_to_holiday"].item() == distance(1)


@given(st.lists(MOMENTS, min_size=1, max_size=20))
def test_a_row_alone_is_read_as_among_others(moments: list[datetime]) -> None:
    """One row gives what it gives in a batch, so batch and single predictions agree."""
    times = np.array(moments, dtype="datetime64[us]")
    batch = us_features(times, CALENDAR_FEATURES)

    alone = [us_features(times[n : n + 1], CALENDAR_FEATURES) for n in range(len(times))]

    for name in CALENDAR_FEATURES:
        assert [single[name].item() for single in alone] == batch[name].tolist()


@pytest.mark.parametrize("unit", ["D", "s", "ms", "us", "ns"])
def test_no_time_gives_no_number(unit: str) -> None:
    """NaT gives NaN in every feature, and its neighbors keep their values."""
    times = np.array(["2013-07-04", "NaT"], dtype=f"datetime64[{unit}]")

    for values in us_features(times, CALENDAR_FEATURES).values():
        assert np.isnan(values).tolist() == [False, True]


def test_no_rows() -> None:
    """No timestamps give no numbers, without an error."""
    features = us_features(np.array([], dtype="datetime64[us]"), CALENDAR_FEATURES)

    assert all(values.shape == (0,) for values in features.values())


@pytest.mark.parametrize("moment", ["0001-01-01", "1700-05-05", "9999-12-31"])
def test_years_without_known_holidays(moment: str) -> None:
    """A date far from any known holiday is as far as the feature reaches."""
    features = us_features(np.array([moment], dtype="datetime64[s]"), ["days_to_holiday"])

    assert features["days_to_holiday"].item() == HOLIDAY_REACH


def test_country() -> None:
    """Holidays are those of the country asked for."""
    bastille = np.array([date(2013, 7, 14)], dtype="datetime64[D]")

    french = calendar_features(bastille, ["holiday_offset"], country="FR")

    assert french["holiday_offset"].item() == 0


def test_unknown_names_are_refused() -> None:
    """An unknown feature or country is an error that lists or shows what to use."""
    times = np.array(["2013-07-04"], dtype="datetime64[D]")

    with pytest.raises(ContractError, match="no calendar feature 'moon'; use some of: day_of_week"):
        us_features(times, ["moon"])
    with pytest.raises(ContractError, match="country 'XX'; use an ISO 3166 code"):
        calendar_features(times, ["holiday_offset"], country="XX")


@given(
    moment=st.none()
    | st.dates()
    | st.datetimes(allow_imaginary=False)
    | st.datetimes(min_value=datetime(2012, 12, 1), max_value=datetime(2014, 2, 1))  # noqa: DTZ001
)
def test_one_moment_alone(moment: date | None) -> None:
    """The features of one moment are those of a column that holds it."""
    names = tuple(CALENDAR_FEATURES)
    column = np.array(["NaT" if moment is None else moment], dtype="datetime64[us]")

    values = calendar_values(moment, names, country="US")

    expected = [values[0] for values in us_features(column, names).values()]
    assert np.array_equal(values, expected, equal_nan=True)


def test_holidays_need_a_country() -> None:
    """Without a country a holiday feature is refused, and the message says where to set one."""
    times = np.array(["2024-01-01"], dtype="datetime64[D]")

    with pytest.raises(ContractError, match=r"set training\.fit\.country in the environment"):
        calendar_features(times, ["holiday_offset"])
    assert calendar_features(times, ["day_of_week"])["day_of_week"] == [0.0]
