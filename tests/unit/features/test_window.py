from __future__ import annotations

from datetime import date, timedelta

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import parcels
from trains import CONTRACT
from weekwise.contract.column import Role
from weekwise.errors import AsOfError
from weekwise.features.window import Window

AS_OF = date(2013, 3, 4)
WINDOW = Window(as_of=AS_OF)


def departures(*times: str, late: list[bool | None] | None = None) -> ibis.Table:
    """Trains numbered from 0 on that leave at some times, late or not or not known yet."""
    return ibis.memtable(
        pd.DataFrame(
            {
                "departure": pd.to_datetime(list(times)),
                "train": range(len(times)),
                "late": pd.array(late or [True] * len(times), dtype="boolean"),
            }
        )
    )


def numbers(table: ibis.Table, column: str = "train") -> list[int]:
    """Which rows a table has."""
    return sorted(table.to_pyarrow()[column].to_pylist())


EDGES = ("2013-03-03 23:59", "2013-03-04 00:00", "2013-03-10 23:59", "2013-03-11 00:00")


def test_the_day_of_a_run_parts_history_from_what_is_upcoming() -> None:
    """The last minute before `as_of` is history, its first is upcoming, and so to the horizon."""
    table = departures(*EDGES)

    assert numbers(WINDOW.history(table, CONTRACT)) == [0]
    assert numbers(WINDOW.upcoming(table, CONTRACT)) == [1, 2]
    assert WINDOW.end == date(2013, 3, 11)


def test_history_has_outcomes() -> None:
    """A past row whose outcome is unknown is neither history nor upcoming."""
    table = departures("2013-03-01", "2013-03-02", late=[None, False])

    assert numbers(WINDOW.history(table, CONTRACT)) == [1]
    assert numbers(WINDOW.upcoming(table, CONTRACT)) == []


def test_what_is_upcoming_has_no_outcome() -> None:
    """Upcoming rows are all there, known outcome or not, and their outcome is not among them."""
    upcoming = WINDOW.upcoming(departures("2013-03-05", "2013-03-06", late=[None, True]), CONTRACT)

    assert numbers(upcoming) == [0, 1]
    assert upcoming.columns == ("departure", "train")


@pytest.mark.parametrize("as_type", ["date", "timestamp"])
def test_the_time_column_may_be_a_date(as_type: str) -> None:
    """A contract whose time column is a date is cut at the same days as one with hours."""
    table = ibis.memtable(parcels.frame(20)).mutate(day=ibis._.day.cast(as_type))
    window = Window(as_of=date(2020, 1, 6), horizon_days=3)

    history = window.history(table, parcels.contract())
    upcoming = window.upcoming(table, parcels.contract())

    assert numbers(history, "number") == [1, 2, 3, 4, 5]
    assert numbers(upcoming, "number") == [6, 7, 8]


@settings(max_examples=20)
@given(st.lists(st.integers(-3 * 1440, 12 * 1440), min_size=1, max_size=8), st.integers(1, 10))
def test_every_row_with_an_outcome_has_one_place(minutes: list[int], horizon: int) -> None:
    """History, upcoming and what comes later share no row and leave none out."""
    window = Window(as_of=AS_OF, horizon_days=horizon)
    times = [pd.Timestamp(AS_OF) + pd.Timedelta(minutes=minute) for minute in minutes]
    table = departures(*(str(time) for time in times))

    past = numbers(window.history(table, CONTRACT))
    upcoming = numbers(window.upcoming(table, CONTRACT))

    end = AS_OF + timedelta(days=horizon)
    later = [number for number, time in enumerate(times) if time.date() >= end]
    assert sorted([*past, *upcoming, *later]) == list(range(len(times)))
    assert all(times[number].date() < AS_OF for number in past)


@pytest.mark.parametrize("part", ["history", "upcoming"])
def test_a_contract_needs_a_target(part: str) -> None:
    """Without a target there is no history, and the message says so."""
    contract = parcels.contract({"late": {"role": "context"}})

    with pytest.raises(AsOfError, match="parcels has no target; give one column role: target"):
        getattr(WINDOW, part)(ibis.memtable(parcels.frame(3)), contract)


def test_without_time_what_is_known_is_history() -> None:
    """Rows without a time are history where their target is known, and upcoming elsewhere."""
    contract = parcels.contract({"day": {"role": "context"}})
    late = pd.array([True, None, False], dtype="boolean")
    table = ibis.memtable(parcels.frame(3).assign(late=late))

    assert numbers(WINDOW.history(table, contract), "number") == [1, 3]
    assert numbers(WINDOW.upcoming(table, contract), "number") == [2]
    assert WINDOW.left_out(table, contract) == {}


def test_history_ends_where_outcomes_are_due() -> None:
    """Rows that wait for their outcome are predicted, and what the feed knows of it is hidden."""
    contract = CONTRACT.model_copy(update={"known_after_days": 3})
    days = ("03-01 00:00", "03-03 00:00", "03-10 00:00", "03-11 00:00")
    times = ["2013-02-28 23:59", *(f"2013-{day}" for day in days)]
    table = departures(*times)

    assert WINDOW.history_end(contract) == date(2013, 3, 1)
    assert numbers(WINDOW.history(table, contract)) == [0]
    assert numbers(WINDOW.upcoming(table, contract)) == [1, 2, 3]
    known = table.mutate(late=WINDOW.known_target(table, contract)).order_by("train")
    assert known.late.to_pyarrow().to_pylist() == [True, None, None, None, None]


def test_an_outcome_that_the_contract_does_not_list_is_none() -> None:
    """A row of a class that the contract does not know is left out of history, and counted."""
    contract = parcels.contract(
        {"late": {"type": "category", "values": ["no", "yes"], "missing": 1.0}}
    )
    classes = pd.Series(["no", "lost", None, "yes"], dtype="str")
    table = ibis.memtable(parcels.frame(4).assign(late=classes))
    window = Window(as_of=date(2020, 2, 1))

    left_out = window.left_out(table, contract)

    assert numbers(window.history(table, contract), "number") == [1, 4]
    counts = {reason: numbers(table.filter(rows), "number") for reason, rows in left_out.items()}
    assert counts == {
        "without an outcome": [3],
        "after the upcoming days": [],
        "with an outcome that the contract does not list": [2],
    }
    timeless = contract.model_copy(
        update={
            "columns": {
                name: column.model_copy(update={"role": Role.CONTEXT})
                if column.role is Role.TIME
                else column
                for name, column in contract.columns.items()
            }
        }
    )
    (strange,) = window.left_out(table, timeless).values()
    assert numbers(table.filter(strange), "number") == [2]


@pytest.mark.parametrize("horizon", [0, -7])
def test_a_horizon_is_at_least_a_day(horizon: int) -> None:
    """A window without an upcoming day is refused."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Window(as_of=AS_OF, horizon_days=horizon)
