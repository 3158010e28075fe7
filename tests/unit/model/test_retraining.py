from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from weekwise.model.retraining import RetrainingParams, When, decide_retraining

AS_OF = date(2013, 8, 26)
IF_NEEDED = RetrainingParams(retrain=When.IF_NEEDED, bad_weeks=2, of_last_weeks=3)


def log(*weeks: str) -> pd.DataFrame:
    """A monitoring log up to the week before AS_OF; each week is "", "drift", "worse" or both."""
    days = [AS_OF - timedelta(weeks=n) for n in range(len(weeks), 0, -1)]
    return pd.DataFrame(
        {
            "as_of": pd.to_datetime(pd.Series(days, dtype=object)),
            "drifted": pd.array(["drift" in week for week in weeks], dtype="boolean"),
            "worse": pd.array(["worse" in week for week in weeks], dtype="boolean"),
        }
    )


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ((), False),
        (("", "", ""), False),
        (("drift",), False),
        (("drift", "worse"), True),
        (("drift", "", "worse"), True),
        (("drift worse", "", ""), False),
        (("drift", "drift", "", ""), False),
    ],
)
def test_if_needed(weeks: tuple[str, ...], expected: bool) -> None:
    """A model is trained when enough of the last weeks were bad, each counted once."""
    found = decide_retraining(log(*weeks), IF_NEEDED, as_of=AS_OF, no_champion=None)

    assert found.retrain is expected
    assert "2 of 3 call for a new model" in found.reason


def test_rows_of_this_run_and_later_ones_play_no_part() -> None:
    """A run repeated, with later weeks in the log, decides as it did."""
    weeks = log("", "drift", "drift")

    found = decide_retraining(weeks, IF_NEEDED, as_of=AS_OF - timedelta(weeks=1), no_champion=None)

    assert not found.retrain


def test_the_logs_order_plays_no_part() -> None:
    """The last weeks are the newest ones, wherever they stand in the log."""
    weeks = log("drift", "drift", "drift", "", "")

    found = decide_retraining(weeks[::-1], IF_NEEDED, as_of=AS_OF, no_champion=None)

    assert not found.retrain


def test_unknown_flags_count_as_no() -> None:
    """A week that could not be judged is not bad."""
    weeks = log("", "", "").assign(drifted=pd.array([None] * 3, dtype="boolean"))

    assert not decide_retraining(weeks, IF_NEEDED, as_of=AS_OF, no_champion=None).retrain


@pytest.mark.parametrize(
    ("when", "no_champion", "expected", "reason"),
    [
        (When.ALWAYS, None, True, "retrain: always"),
        (When.NEVER, None, False, "retrain: never"),
        (When.NEVER, "There is no champion yet.", True, "no champion yet"),
        (When.IF_NEEDED, "There is no champion yet.", True, "no champion yet"),
    ],
)
def test_policies(when: When, no_champion: str | None, expected: bool, reason: str) -> None:
    """Always and never do as they say, but a first champion is always trained."""
    params = RetrainingParams(retrain=when)

    found = decide_retraining(log(), params, as_of=AS_OF, no_champion=no_champion)

    assert found.retrain is expected
    assert reason in found.reason
