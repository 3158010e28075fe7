from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import parcels
from trains import predictor
from weekwise.contract.model import Contract
from weekwise.model.holdout import clusters, held_out, not_seen, why_unknown

TIMED = parcels.contract()
TIMELESS = parcels.contract(
    {"day": {"role": "context"}, "depot": {"role": "context"}}, key=["number"]
)
START = date(2020, 1, 8)


def test_the_newest_days_are_held_out() -> None:
    """With a time the holdout begins at midnight of its first day."""
    out = held_out(parcels.frame(10), TIMED, start=START, share=0.5)

    assert out.tolist() == [False] * 7 + [True] * 3


@given(share=st.floats(0.05, 0.95), rows=st.integers(1, 300))
def test_without_a_time_a_row_keeps_its_place(share: float, rows: int) -> None:
    """A row held out once is held out in every run, whatever the others and their order."""
    frame = pd.DataFrame({"number": np.arange(rows)})
    more = pd.DataFrame({"number": np.arange(2 * rows)[::-1]})

    few = held_out(frame, TIMELESS, start=START, share=share)
    many = held_out(more, TIMELESS, start=START, share=share)

    assert few.tolist() == many[::-1][:rows].tolist()


def test_without_a_time_about_a_share_is_held_out() -> None:
    """The share of rows that are held out is about the one asked for, and a larger one holds it."""
    frame = pd.DataFrame({"number": np.arange(20_000)})

    fifth = held_out(frame, TIMELESS, start=START, share=0.2)
    half = held_out(frame, TIMELESS, start=START, share=0.5)

    assert abs(fifth.mean() - 0.2) < 0.02
    assert half[fifth].all()


def test_a_model_has_not_seen_what_was_held_out() -> None:
    """Rows from its training's end on are new to a model; without a time, those held out."""
    frame = parcels.frame(200)
    record = predictor().record
    timed = record.model_copy(update={"train_end": START})
    timeless = record.model_copy(update={"train_end": None, "holdout_share": 0.3})

    assert not_seen(frame, TIMED, timed).sum() == 193
    assert (
        not_seen(frame, TIMELESS, timeless).tolist()
        == held_out(frame, TIMELESS, start=START, share=0.3).tolist()
    )


def test_rows_are_drawn_by_day_or_one_by_one() -> None:
    """The bootstrap draws days where there are days."""
    frame = pd.concat([parcels.frame(3)] * 2)

    assert len(np.unique(clusters(frame, TIMED))) == 3
    assert len(np.unique(clusters(frame, TIMELESS))) == 6


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        (TIMED, TIMED, None),
        (TIMED, parcels.contract({"depot": {"role": "context"}}, key=["number"]), None),
        (TIMELESS, TIMED, "without a time column"),
        (TIMED, TIMELESS, "with a time column"),
        (
            TIMELESS,
            parcels.contract({"day": {"role": "context"}}, key=["depot", "number"]),
            "the key was number when it was fitted and is depot, number now",
        ),
    ],
)
def test_what_a_model_has_seen_may_not_be_known(
    before: Contract, now: Contract, reason: str | None
) -> None:
    """A contract that changes how rows are held out can leave an old model that is not judged."""
    found = why_unknown(before, now)

    assert (found is None) if reason is None else (found is not None and reason in found)
