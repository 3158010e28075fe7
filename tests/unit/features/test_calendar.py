from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from weekwise.errors import AsOfError, EndOfFeed
from weekwise.features.calendar import Calendar

CALENDAR = Calendar(start=date(2013, 1, 1), end=date(2013, 12, 31), first_as_of=date(2013, 7, 1))


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, date(2013, 7, 1)),
        (date(2013, 7, 1), date(2013, 7, 8)),
        (date(2013, 12, 24), date(2013, 12, 31)),
    ],
)
def test_after(last: date | None, expected: date) -> None:
    """A run follows the last one by a step; the first of all is the configured one."""
    assert CALENDAR.after(last) == expected


def test_after_the_last_week() -> None:
    """Past the end of the data there is nothing to run, and the message says how to go on."""
    with pytest.raises(EndOfFeed, match=r"ends on 2013-12-31.*kedro run --params as_of"):
        CALENDAR.after(date(2013, 12, 30))


def test_a_live_feed_has_no_end() -> None:
    """Without an end every later week can be run."""
    live = Calendar(start=date(2013, 1, 1), first_as_of=date(2013, 7, 1))

    assert live.after(date(2030, 1, 7), today=date(2030, 1, 14)) == date(2030, 1, 14)
    assert live.valid_range == "2013-02-26 or later"


@pytest.mark.parametrize("text", ["2013-13-01", "next week", "", "13-07-01", "2013-7-1", None])
def test_parse_refuses_what_is_no_date(text: object) -> None:
    """A malformed date is refused in one line that names the valid range."""
    with pytest.raises(AsOfError, match=r"is not a date.*2013-02-26 to 2013-12-31") as caught:
        CALENDAR.parse(text)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["2013-02-25", "2014-01-01", "1999-01-01"])
def test_parse_refuses_dates_outside_the_data(text: str) -> None:
    """A date without enough history, or past the data, is refused with the valid range."""
    with pytest.raises(AsOfError, match=f"{text} is outside.*2013-02-26 to 2013-12-31"):
        CALENDAR.parse(text)


@given(st.dates(min_value=date(2013, 2, 26), max_value=date(2013, 12, 31)))
def test_parse_takes_every_date_inside(day: date) -> None:
    """Every date in the valid range is taken as it is written."""
    assert CALENDAR.parse(day.isoformat()) == day


def test_the_first_run_must_be_possible() -> None:
    """A calendar whose first run lies outside its own data is refused."""
    with pytest.raises(AsOfError, match="2013-01-02 is outside"):
        Calendar(start=date(2013, 1, 1), first_as_of=date(2013, 1, 2))


def test_without_a_first_date_a_run_is_of_its_own_day() -> None:
    """A calendar that says nothing takes any date, and a run is of the day it is made on."""
    calendar = Calendar()

    today = date(2024, 2, 29)
    for last in (None, date(2013, 1, 1), today):
        assert calendar.after(last, today=today) == today
    assert calendar.after(None) == date.today()  # noqa: DTZ011
    assert calendar.parse("1999-01-01") == date(1999, 1, 1)
    assert calendar.valid_range == "any date"


def test_a_backwards_calendar_is_refused() -> None:
    """A feed that ends before it begins is a fault, said with both dates."""
    with pytest.raises(ValueError, match=r"end 2012-12-31 is before start 2013-01-01"):
        Calendar(start=date(2013, 1, 1), end=date(2012, 12, 31))


def test_a_clock_that_jumped_back() -> None:
    """Where a run is of its own day, one before the last run is refused, with both dates."""
    with pytest.raises(AsOfError, match=r"clock says 2024-03-01.*2024-03-08.*as_of=2024-03-01"):
        Calendar().after(date(2024, 3, 8), today=date(2024, 3, 1))


def test_a_schedule_that_fires_twice() -> None:
    """A week that has not begun is not run: a second run of the same day does nothing."""
    live = Calendar(start=date(2013, 1, 1), first_as_of=date(2013, 7, 1))
    week, early = date(2024, 3, 4), date(2024, 3, 3)

    assert live.after(date(2024, 2, 26), today=week) == week
    with pytest.raises(EndOfFeed, match=r"week of 2024-03-04 is done.*begins on 2024-03-11"):
        live.after(week, today=week)
    with pytest.raises(EndOfFeed, match="begins on 2024-03-04"):
        live.after(date(2024, 2, 26), today=early)
    assert live.following(week, today=week) == date(2024, 3, 11)


@given(st.dates(min_value=date(1999, 1, 1), max_value=date(2101, 1, 1)), st.integers(1, 31))
@example(date(2024, 2, 26), 3)
@example(date(2023, 12, 31), 1)
@example(date(2100, 2, 28), 1)
def test_weeks_are_counted_in_days(last: date, step: int) -> None:
    """Leap days and the turn of the year are days like any other."""
    calendar = Calendar(first_as_of=date(1999, 1, 1), step_days=step)
    following = calendar.following(last)
    assert following.toordinal() - last.toordinal() == step
