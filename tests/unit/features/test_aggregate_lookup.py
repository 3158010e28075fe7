"""Aggregates that a row lacks: looked up in the model's table, the same for a row and a frame."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import aggregated_trains
from aggregated_trains import AGGREGATES, CONTRACT, COUNTS, WINDOW
from weekwise.features.aggregate_lookup import AggregateLookup
from weekwise.model.predictor import Predictor

BARE = [name for name in CONTRACT.inputs if name not in AGGREGATES]


@pytest.fixture(scope="module")
def lookup() -> AggregateLookup:
    """What the model of trains looks up in."""
    found = aggregated_trains.predictor().lookup
    assert found is not None
    return found


@pytest.fixture(scope="module")
def upcoming() -> pd.DataFrame:
    """The upcoming trains as the run made them."""
    made = aggregated_trains.features()
    return made[made["departure"] >= pd.Timestamp(WINDOW.as_of)]


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame in plain Python values."""
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return [{**row, "departure": row["departure"].to_pydatetime()} for row in rows]


def test_upcoming_rows_have_what_their_run_computed(
    lookup: AggregateLookup, upcoming: pd.DataFrame
) -> None:
    """Whoever sends the bare row is told what the run would have told, to the last bit."""
    bare = upcoming[BARE]
    in_frame, in_rows = lookup.in_frame(bare), lookup.in_rows(plain(bare))

    for name in AGGREGATES:
        wanted = upcoming[name].astype("float64").to_numpy()
        one_by_one = [math.nan if row[name] is None else float(row[name]) for row in in_rows]
        np.testing.assert_array_equal(in_frame[name].to_numpy(), wanted, err_msg=name)
        np.testing.assert_array_equal(one_by_one, wanted, err_msg=name)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "departure": st.datetimes(
                pd.Timestamp("2013-02-09").to_pydatetime(),
                pd.Timestamp("2013-02-16").to_pydatetime(),
            ),
            "line": st.none() | st.sampled_from(["red", "blue", "never seen"]),
            "cars": st.none() | st.integers(4, 14),
            "express": st.none() | st.booleans(),
            "late_rate": st.none() | st.floats(0, 1),
            "in_hour": st.none() | st.integers(1, 9),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS)
def test_a_row_and_a_frame_are_completed_alike(rows: list[dict[str, Any]]) -> None:
    """Whatever is missing, unseen or given."""
    lookup = aggregated_trains.predictor().lookup
    assert lookup is not None
    frame = pd.DataFrame(rows).astype(
        {"cars": "float64", "express": "float64", "late_rate": "float64", "in_hour": "float64"}
    )

    together = lookup.in_frame(frame)
    one_by_one = lookup.in_rows(rows)

    for name in AGGREGATES:
        values = [math.nan if row[name] is None else float(row[name]) for row in one_by_one]
        np.testing.assert_array_equal(together[name].to_numpy(), values, err_msg=name)


def test_what_a_row_brings_stays(lookup: AggregateLookup, upcoming: pd.DataFrame) -> None:
    """A request may know better."""
    (row,) = plain(upcoming[BARE].head(1))

    (found,) = lookup.in_rows([{**row, "late_rate": 0.75, "in_hour": 3}])

    assert (found["late_rate"], found["in_hour"]) == (0.75, 3)
    assert "late_rate" not in lookup.lacking({**row, "late_rate": 0.75})


def test_a_key_that_was_never_seen_has_the_overall_mean(lookup: AggregateLookup) -> None:
    """Smoothing pulls all the way; without it there is no value, and no row is a count of 0."""
    made = aggregated_trains.features()
    past = WINDOW.history_end(CONTRACT)
    known = made[made["departure"] < pd.Timestamp(past)]
    departure = pd.Timestamp(WINDOW.as_of).to_pydatetime()

    (found,) = lookup.in_rows(
        [{"departure": departure, "line": "violet", "cars": 99, "express": True}]
    )

    assert found["late_rate"] == pytest.approx(known["late"].astype(float).mean())
    assert (found["late_rate_14d"], found["trains_14d"], found["days_since"]) == (None, 0, None)


def test_a_time_that_the_run_has_no_rows_of_has_no_count(lookup: AggregateLookup) -> None:
    """The table knows the upcoming rows; of a later year it knows nothing."""
    (found,) = lookup.in_rows([{"departure": pd.Timestamp("2031-01-01 10:00"), "line": "red"}])

    assert [found[name] for name in COUNTS[1:]] == [None] * 4


def test_a_saved_predictor_takes_its_table_along(
    tmp_path: Path, lookup: AggregateLookup, upcoming: pd.DataFrame
) -> None:
    """Loaded elsewhere it looks up the same."""
    aggregated_trains.predictor().save(tmp_path)
    loaded = Predictor.load(tmp_path).lookup

    assert loaded is not None
    pd.testing.assert_frame_equal(loaded.in_frame(upcoming[BARE]), lookup.in_frame(upcoming[BARE]))


def test_predictions_of_bare_rows_are_those_of_the_run(
    lookup: AggregateLookup, upcoming: pd.DataFrame
) -> None:
    """One by one and together, looked up or computed, to the last bit."""
    predictor = aggregated_trains.predictor()
    wanted = predictor.predict(upcoming)

    np.testing.assert_array_equal(predictor.predict(lookup.in_frame(upcoming[BARE])), wanted)
    assert predictor.predict_rows(lookup.in_rows(plain(upcoming[BARE]))) == wanted.tolist()
