from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.contract.model import Contract
from weekwise.errors import ContractError
from weekwise.quality import large_queries
from weekwise.quality.figure_names import FigureName
from weekwise.quality.frames import as_frame
from weekwise.quality.freshness import figures
from weekwise.quality.gate_result import Failure, GateResult, GateStatus
from weekwise.quality.suite import build_suite
from weekwise.quality.validate import validate

AS_OF = date(2024, 7, 1)
HOURS = (6, 9, 9, 12, 17, 18, 18, 20)


def contract(**changes: Any) -> Contract:
    """Rides, whose time has a clock and whose outcome is known at once."""
    keys = {
        "table": "rides",
        "title": "Rides",
        "freshness": "warn",
        "volume": "warn",
        "columns": {
            "start": {"type": "datetime", "role": "time", "title": "Start"},
            "length": {"type": "number", "role": "target", "title": "Length", "missing": 1.0},
        },
    }
    return Contract.model_validate({**keys, **changes})


def rides(weeks: int = 20, upcoming_days: int = 7, skipped: tuple[int, ...] = ()) -> pd.DataFrame:
    """Rides at the same hours of each day, with a length before the run's date.

    Args:
        weeks: How many weeks of them there are before the run's date.
        upcoming_days: How many days of them there are after it.
        skipped: Days of the week without rides, Monday being 0.
    """
    first = pd.Timestamp(AS_OF) - pd.Timedelta(weeks=weeks)
    days = pd.date_range(first, periods=7 * weeks + upcoming_days)
    days = days[~days.day_of_week.isin(skipped)]
    start = [day + pd.Timedelta(hours=hour) for day in days for hour in HOURS]
    frame = pd.DataFrame({"start": pd.to_datetime(start).as_unit("us")})
    return frame.assign(length=np.where(frame["start"] < pd.Timestamp(AS_OF), 10.0, np.nan))


def last_week(frame: pd.DataFrame) -> pd.Series[bool]:
    """Which rides are of the week before the run's date."""
    end = pd.Timestamp(AS_OF)
    return frame["start"].between(end - pd.Timedelta(days=7), end, inclusive="left")


def checked(frame: pd.DataFrame, of: Contract | None = None) -> GateResult:
    """What the gate says of rides."""
    return validate(frame, of or contract(), as_of=AS_OF)


def only(frame: pd.DataFrame) -> Failure:
    """The one thing the gate says of rides."""
    failures = checked(frame).failures
    assert len(failures) == 1, failures
    return failures[0]


def test_a_table_that_grows_as_it_did_passes() -> None:
    """Every figure of a steady table is judged by Great Expectations, and none is wrong."""
    result = checked(rides())
    assert (result.status, result.failures, result.skipped) == (GateStatus.OK, (), 0)
    kinds = [judged.expectation_config.meta["kind"] for judged in result.evidence.results]
    assert (kinds.count("freshness"), kinds.count("volume")) == (3, 2)


def test_a_feed_that_stopped_is_noticed() -> None:
    """A newest row older than the past's gaps explain is told with its date."""
    frame = rides(upcoming_days=0)
    failures = checked(frame[frame["start"] < "2024-06-26"]).failures
    age = next(failure for failure in failures if failure.check == "freshness")
    assert age.column == "start"
    assert age.expected == (
        "a row in the 3 days before 2024-07-01 (the longest gap of the past year has 1 day)"
    )
    assert age.got == "none since 2024-06-25, 6 days before"
    assert age.next_step == (
        "Check that the feed of rides still arrives. If it is as it should be, set freshness: warn "
        "in contracts/rides.yml, or leave freshness out there."
    )


def test_gaps_that_the_past_knows_are_none() -> None:
    """A shop that is closed from Thursday to Sunday is not stale on a Monday."""
    assert checked(rides(skipped=(3, 4, 5, 6))).failures == ()


def test_rows_dated_far_ahead_are_noticed() -> None:
    """Rows dated years ahead are counted, and shown with their time."""
    frame = rides()
    frame.loc[[3, 5], "start"] = pd.to_datetime(["2027-01-01 00:00", "2203-05-05 08:00"])
    failure = only(frame)
    assert failure.check == "freshness"
    assert failure.got == "2 rows dated from 2027-01-01 on, with nothing after 2024-07-07 before"
    assert failure.count == 2
    assert failure.examples == ("row 3 (start=2027-01-01)", "row 5 (start=2203-05-05 08:00:00)")


def test_a_schedule_that_is_published_long_before_is_not_far_ahead() -> None:
    """Upcoming rows without a wide gap between them may reach as far as they like."""
    assert checked(rides(upcoming_days=900)).failures == ()


@pytest.mark.parametrize(("hours", "way"), [(4, "later"), (-5, "earlier")])
def test_times_shifted_by_hours_are_noticed(hours: int, way: str) -> None:
    """A last week whose times of day are those of the weeks before, but for some hours, is told."""
    frame = rides()
    # Each day keeps its number of rows, so that the clock alone is off.
    week = last_week(frame)
    moved = frame["start"] + pd.Timedelta(hours=hours)
    frame["start"] = frame["start"].where(
        ~week, frame["start"].dt.normalize() + pd.to_timedelta(moved.dt.hour, unit="h")
    )
    failure = only(frame)
    assert (failure.check, failure.column) == ("freshness", "start")
    assert failure.expected == "times of day as in the weeks before, within 1 hour"
    assert failure.got == f"last week's, which are {abs(hours)} hours {way}"


def test_a_flat_profile_says_nothing_of_a_shift() -> None:
    """Rows at every hour of the day, but for a few, are at no other times."""
    hours = pd.date_range("2024-01-01", "2024-07-01", freq="h", inclusive="left")
    frame = pd.DataFrame({"start": hours.as_unit("us"), "length": 1.0})
    frame = frame.drop(index=frame.index[-30:-28]).reset_index(drop=True)
    assert figures(frame, contract(), AS_OF)[FigureName.SHIFT].measured == 0


@pytest.mark.parametrize(("copies", "step", "got"), [(1, 2, "28 rows"), (2, 1, "112 rows")])
def test_a_week_with_far_fewer_or_more_rows_is_noticed(copies: int, step: int, got: str) -> None:
    """A half or a doubled week is told beside the weeks before it."""
    frame = rides()
    week = last_week(frame)
    parts = [frame[~week], *[frame[week].iloc[::step]] * copies]
    failure = only(pd.concat(parts, ignore_index=True))
    assert (failure.check, failure.column, failure.got) == ("volume", None, got)
    assert failure.expected == (
        "44 to 71 rows in the week before 2024-07-01 (the four weeks before it have 56 each)"
    )


def test_a_week_without_outcomes_is_noticed() -> None:
    """Due rows that have no outcome, where the past's have, are told."""
    frame = rides()
    frame.loc[last_week(frame), "length"] = np.nan
    failure = only(frame)
    assert (failure.check, failure.column) == ("volume", "length")
    assert failure.got == "0.0%"
    assert "raise known_after_days" in failure.next_step


def test_outcomes_are_waited_for() -> None:
    """A week whose outcomes are not due yet lacks none."""
    frame = rides()
    frame.loc[last_week(frame), "length"] = np.nan
    assert checked(frame, contract(known_after_days=7)).failures == ()


def test_severity_decides_what_follows() -> None:
    """With `stop` a week without rows ends the run; with neither key nothing is looked at."""
    frame = rides(upcoming_days=0)
    frame = frame[~last_week(frame)]
    assert checked(frame, contract(freshness="stop")).status is GateStatus.STOP
    assert checked(frame).status is GateStatus.WARN
    silent = checked(frame, contract(freshness=None, volume=None))
    assert (silent.status, silent.skipped) == (GateStatus.OK, 0)


def test_a_short_past_has_no_limits() -> None:
    """Figures for which there is too little past are skipped, and the table passes."""
    result = checked(rides(weeks=3))
    assert (result.status, result.skipped) == (GateStatus.OK, 5)
    assert validate(rides(), contract()).skipped == 5


def test_rows_after_the_run_of_a_week_run_again_are_no_past() -> None:
    """A run of an earlier week judges it by the weeks before it alone."""
    earlier = date(2024, 5, 20)
    now = figures(rides(), contract(), earlier)
    before = rides()
    before = before[before["start"] < pd.Timestamp(earlier)]
    then = figures(before, contract(), earlier)
    assert {name: (f.measured, f.low, f.high) for name, f in now.items()} == {
        name: (f.measured, f.low, f.high) for name, f in then.items()
    }


@given(st.lists(st.integers(0, 6), min_size=14, max_size=60), st.integers(0, 400))
def test_no_past_breaks_the_figures(counts: list[int], ahead: int) -> None:
    """Any numbers of rows a week give figures whose limits are in order."""
    days = [
        pd.Timestamp(AS_OF) - pd.Timedelta(days=7 * week + 1 + row % 7)
        for week, count in enumerate(counts)
        for row in range(count)
    ]
    times = [*days, pd.Timestamp(AS_OF) + pd.Timedelta(days=ahead)]
    frame = pd.DataFrame({"start": pd.to_datetime(times), "length": 1.0})
    for figure in figures(frame, contract(), AS_OF).values():
        assert figure.low <= figure.high
        assert np.isfinite([figure.measured, figure.low, figure.high]).all()


def test_the_suite_names_its_limits() -> None:
    """The suite is the contract's alone: limits stand in it as Great Expectations' parameters."""
    suite = build_suite(contract())
    rows = next(
        config
        for config in suite.expectation_configurations
        if config.kwargs.get("column") == "rows in the last week"
    )
    assert rows.kwargs["min_value"] == {"$PARAMETER": "rows_min"}
    assert rows.meta["severity"] == "warn"


def test_without_a_time_there_is_no_week() -> None:
    """The keys are refused where no column dates the rows."""
    columns = {"length": {"type": "number", "role": "target", "title": "L", "missing": 1.0}}
    with pytest.raises((ContractError, ValueError), match="freshness is set and no column has"):
        contract(columns=columns)


def test_unset_keys_leave_no_trace() -> None:
    """A contract without the keys has the JSON and the hash it had before there were any."""
    plain = contract(freshness=None, volume=None)
    assert "freshness" not in plain.model_dump_json()
    assert plain.hash != contract().hash


@pytest.mark.parametrize("weeks", [2, 30, 57, 61, 62, 150])
@pytest.mark.parametrize("known_after", [0, 100])
@pytest.mark.parametrize("silent", [(0, 0), (1, 5), (40, 59), (20, 140)])
def test_a_large_table_is_asked_for_its_newest_rows(
    weeks: int, known_after: int, silent: tuple[int, int]
) -> None:
    """They and the oldest say what all rows say, whatever weeks have none."""
    frame = rides(weeks)
    ago = (pd.Timestamp(AS_OF) - frame["start"]) // pd.Timedelta(weeks=1)
    frame = frame[~ago.between(*silent, inclusive="neither")]
    strange = frame.iloc[[3]].assign(start=pd.Timestamp(AS_OF) + pd.Timedelta(days=900))
    frame = pd.concat([frame, strange], ignore_index=True)
    rules = contract(known_after_days=known_after)

    newest = as_frame(large_queries.newest(ibis.memtable(frame), rules, AS_OF))

    newest = newest.sort_values("start", ignore_index=True)
    assert said(newest, rules) == said(frame, rules)
    assert len(newest) <= (61 + 2) * 7 * len(HOURS) + 7 * known_after


def said(frame: pd.DataFrame, rules: Contract) -> list[Any]:
    """Each figure, its rows by their times."""
    return [
        (one, frame["start"].iloc[list(rows)].tolist())
        for figure in figures(frame, rules, AS_OF).values()
        for one, rows in [(replace(figure, rows=()), figure.rows)]
    ]
