"""Aggregates of every row as of the run that predicts it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import aggregated_trains
import trains
from aggregated_trains import AGGREGATES, CONTRACT, KNOWN_AFTER, WINDOW
from weekwise.contract.model import Contract
from weekwise.features.window import Window

ROWS = trains.trains()
AS_OF = pd.Timestamp(WINDOW.as_of)


@pytest.fixture
def made() -> pd.DataFrame:
    """All trains with their aggregates."""
    return aggregated_trains.features()


def run_of(departure: pd.Timestamp, window: Window = WINDOW) -> pd.Timestamp:
    """The run that predicts a train: the last of the grid up to its day, or this one."""
    as_of = pd.Timestamp(window.as_of)
    steps = min(0, (departure.normalize() - as_of).days // window.horizon_days)
    return as_of + pd.Timedelta(days=steps * window.horizon_days)


def share(rows: pd.DataFrame) -> float:
    """How many trains were late."""
    return float(rows["late"].astype(float).mean()) if len(rows) else np.nan


def by_hand(row: Any, rows: pd.DataFrame) -> dict[str, float]:
    """What the aggregates of one train are, straight from their definition."""
    end = run_of(row.departure) - pd.Timedelta(days=KNOWN_AFTER)
    days = rows["departure"].dt.normalize()
    past = rows[(days < end) & rows["late"].notna()]

    def alike(table: pd.DataFrame, *keys: str) -> pd.DataFrame:
        same = pd.Series(True, index=table.index)
        for key in keys:
            same &= (table[key] == getattr(row, key)).fillna(False).astype(bool)
        return table[same]

    def last(table: pd.DataFrame, number: int) -> pd.DataFrame:
        return table[table["departure"].dt.normalize() >= end - pd.Timedelta(days=number)]

    def smoothed(table: pd.DataFrame, weight: int) -> float:
        return float(table["late"].sum() + weight * share(past)) / (len(table) + weight)

    no_cars, unknown = pd.isna(row.cars), pd.isna(row.express)
    hour, day = row.departure.floor("h"), row.departure.normalize()
    hours = rows["departure"].dt.floor("h")
    same_line = rows["line"] == row.line
    same_express = (rows["express"] == row.express).fillna(False)
    since = alike(past, "line", "cars")["departure"].max()
    return {
        "late_rate": smoothed(alike(past, "line"), 20),
        "late_rate_14d": np.nan if unknown else share(last(alike(past, "line", "express"), 14)),
        "overall_7d": share(last(past, 7)),
        "hourly_rate": smoothed(alike(past, "hour", "line"), 5),
        "trains_14d": np.nan if no_cars else len(last(alike(past, "cars"), 14)),
        "days_since": np.nan if no_cars else (row.departure - since) / pd.Timedelta(days=1),
        "in_hour": (same_line & (hours == hour)).sum(),
        "in_3_hours": (same_line & (hours <= hour) & (hours > hour - pd.Timedelta(hours=3))).sum(),
        "in_2_days": ((days <= day) & (days > day - pd.Timedelta(days=2))).sum(),
        "so_far_today": (
            np.nan if unknown else (same_express & (days == day) & (hours <= hour)).sum()
        ),
    }


def test_every_row_has_what_its_own_run_knew(made: pd.DataFrame) -> None:
    """Each aggregate of every ninth train is what its definition says."""
    some = made.iloc[::9]
    wanted = pd.DataFrame([by_hand(row, made) for row in some.itertuples()])

    for name in AGGREGATES:
        np.testing.assert_allclose(
            some[name].astype("float64"), wanted[name].astype("float64"), rtol=1e-12, err_msg=name
        )


@settings(max_examples=6)
@given(st.integers(-4, 0), st.randoms(use_true_random=False))
def test_no_later_outcome_changes_a_row(period: int, chance: Any) -> None:
    """All that becomes known at a row's run or after it may be otherwise: the row is as it was."""
    run = AS_OF + pd.Timedelta(days=period * WINDOW.horizon_days)
    unknown = ROWS["departure"].dt.normalize() >= run - pd.Timedelta(days=KNOWN_AFTER)
    flipped = [chance.random() < 0.5 for _ in range(len(ROWS))]
    other = ROWS.assign(late=np.where(unknown, flipped, ROWS["late"]))
    predicted_by_then = aggregated_trains.features()["departure"].map(run_of) <= run

    before, after = (
        table.loc[predicted_by_then, list(AGGREGATES)]
        for table in (aggregated_trains.features(), aggregated_trains.features(other))
    )

    assert (other["late"] != ROWS["late"]).any()
    pd.testing.assert_frame_equal(before, after)


def test_an_outcome_of_the_past_counts() -> None:
    """The test above can fail: what was known before changes a row."""
    other = ROWS.assign(late=~ROWS["late"].astype(bool))

    assert not aggregated_trains.features(other)["late_rate"].equals(
        aggregated_trains.features()["late_rate"]
    )


def test_a_row_has_the_same_as_when_it_was_upcoming(made: pd.DataFrame) -> None:
    """What an earlier run gave a row, and predicted it with, is what later runs train on."""
    earlier = Window(as_of=WINDOW.as_of - timedelta(days=14))
    rows = ROWS[ROWS["departure"] < pd.Timestamp(earlier.end)]
    pd.Timestamp(earlier.as_of)

    then = aggregated_trains.features(rows, window=earlier).query("departure >= @earlier.as_of")
    now = made[made["train"].isin(then["train"])]

    pd.testing.assert_frame_equal(
        then[list(AGGREGATES)].reset_index(drop=True), now[list(AGGREGATES)].reset_index(drop=True)
    )


def test_the_order_of_the_feed_does_not_matter(made: pd.DataFrame) -> None:
    """The same rows in another order give the same numbers, bit for bit."""
    shuffled = aggregated_trains.features(ROWS.sample(frac=1, random_state=1))

    pd.testing.assert_frame_equal(made, shuffled)


def test_sums_of_numbers_do_not_depend_on_their_order() -> None:
    """Floats are added exactly, so that a run made twice has the same rows."""
    rng = np.random.default_rng(5)
    columns = {name: column.model_dump(by_alias=True) for name, column in CONTRACT.columns.items()}
    kind = CONTRACT.model_dump(by_alias=True) | {
        "columns": columns | {"late": {"type": "number", "role": "target", "title": "Minutes"}}
    }
    contract = Contract.model_validate(kind)
    rows = ROWS.assign(late=rng.normal(0, 1e6, len(ROWS)) * 10.0 ** rng.integers(-6, 3, len(ROWS)))
    other = aggregated_trains.features(rows.sample(frac=1, random_state=2), contract)

    made = aggregated_trains.features(rows, contract)

    pd.testing.assert_frame_equal(made, other)
    past = made[made["departure"] < AS_OF - pd.Timedelta(days=KNOWN_AFTER)]
    newest = past[past["departure"] >= AS_OF - pd.Timedelta(days=KNOWN_AFTER + 7)]
    assert made["overall_7d"].iloc[-1] == pytest.approx(newest["late"].mean(), rel=1e-9)


def test_rows_left_out_count_within_their_hour() -> None:
    """A schedule has trains whose outcome never comes."""
    lost = ROWS.assign(late=ROWS["late"].mask(ROWS["train"] % 2 == 0))
    counts = aggregated_trains.COUNTS[1:]

    pd.testing.assert_frame_equal(
        aggregated_trains.features(lost)[counts], aggregated_trains.features()[counts]
    )
