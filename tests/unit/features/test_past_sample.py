from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.contract.model import Contract
from weekwise.features.past_sample import PastSample, sampled

FIRST = date(2024, 1, 1)


def contract(*, timed: bool = True, key: bool = True) -> Contract:
    """Parcels, with or without a time and a key."""
    columns: dict[str, Any] = {
        "number": {"type": "integer", "role": "key" if key else "context", "title": "Number"},
        "day": {"type": "date", "role": "time" if timed else "context", "title": "Day"},
        "late": {"type": "boolean", "role": "target", "title": "Late"},
    }
    return Contract.model_validate(
        {"table": "t", "title": "T", "key": ["number"] if key else [], "columns": columns}
    )


def rows(days: int, a_day: int) -> pd.DataFrame:
    """So many parcels on each of so many days."""
    numbers = range(days * a_day)
    return pd.DataFrame(
        {
            "number": numbers,
            "day": [FIRST + timedelta(days=number // a_day) for number in numbers],
            "late": [number % 3 == 0 for number in numbers],
        }
    )


def drawn(frame: pd.DataFrame, most: int, **kind: bool) -> tuple[set[int], PastSample]:
    """The numbers of the parcels that are used, and how they were drawn."""
    taken, sample = sampled(ibis.memtable(frame), contract(**kind), most=most)
    return set(taken.to_pyarrow()["number"].to_pylist()), sample


@given(days=st.integers(1, 40), a_day=st.integers(1, 60), most=st.integers(1, 1500))
def test_about_as_many_as_are_wanted(days: int, a_day: int, most: int) -> None:
    """All where they are few enough; else whole days to the end, and a part of what was before."""
    frame = rows(days, a_day)

    used, sample = drawn(frame, most)

    assert (sample.rows, sample.used) == (len(frame), len(used))
    assert sample.is_whole == (len(used) == len(frame))
    if len(frame) <= most:
        assert used == set(frame["number"])
        return
    whole = set(frame["number"][frame["day"] >= (sample.whole_from or date.max)])
    assert whole <= used
    assert len(whole) <= most // 2
    # Six standard deviations of a binomial count.
    older = len(frame) - len(whole)
    spread = 6 * (older * sample.share * (1 - sample.share)) ** 0.5 + 1
    assert abs(len(used) - most) <= spread


@pytest.mark.parametrize("kind", [{}, {"timed": False}, {"timed": False, "key": False}])
def test_the_same_rows_in_every_run(kind: dict[str, bool]) -> None:
    """In any order, and in a larger sample too."""
    frame = rows(50, 40)

    used, sample = drawn(frame, 500, **kind)

    assert drawn(frame.sample(frac=1, random_state=3), 500, **kind)[0] == used
    assert used <= drawn(frame, 900, **kind)[0]
    assert (sample.whole_from is None) == ("timed" in kind)


def test_a_day_that_is_too_long_is_sampled_too() -> None:
    """A table of one day has no whole days that fit."""
    used, sample = drawn(rows(1, 4000), 1000)

    assert sample.whole_from is None
    assert 850 < len(used) < 1150


def test_in_words() -> None:
    """What the log, the report and the model card say."""
    assert PastSample(rows=5, used=5).sentence() == "all 5 past rows are used"
    assert PastSample(rows=5000, used=1000, share=0.2).sentence() == (
        "1,000 of 5,000 past rows are used: a fixed share of 20.0%"
    )
    assert PastSample(rows=5000, used=1000, share=0.125, whole_from=FIRST).sentence() == (
        "1,000 of 5,000 past rows are used: all from 2024-01-01 on, and a fixed share of 12.5% "
        "before"
    )
