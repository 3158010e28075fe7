from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from incremental import (
    DERIVED,
    FIRST,
    PLAIN,
    FlightStore,
    Shop,
    aggregates,
    contract,
    mondays,
    orders,
)
from weekwise.contract.model import Contracts

AS_OF = FIRST + timedelta(days=7 * 9)
WINDOWED, LATE = "aggregates with a window", "outcomes known late"
CONTRACTS = {
    "plain": contract(PLAIN),
    "derived": contract(PLAIN, DERIVED),
    WINDOWED: contract(PLAIN, DERIVED, aggregates(window="10d")),
    "aggregates over all of the past": contract(PLAIN, DERIVED, aggregates()),
    LATE: contract(PLAIN, aggregates(window="10d"), known_after_days=9),
    "no key of its own": contract(PLAIN, key=[]),
}


def same(frame: pd.DataFrame) -> pd.DataFrame:
    """The feed as it was."""
    return frame


def corrected(frame: pd.DataFrame) -> pd.DataFrame:
    """One amount of the third week is another one."""
    row = frame.index[frame["placed"].dt.date == FIRST + timedelta(days=15)][0]
    return frame.assign(amount=frame["amount"].where(frame.index != row, 99.0))


def late_outcome(frame: pd.DataFrame) -> pd.DataFrame:
    """An outcome that was missing has become known."""
    past = frame["returned"].isna() & (frame["placed"] < pd.Timestamp(FIRST + timedelta(days=28)))
    return frame.assign(returned=frame["returned"].where(frame.index != frame.index[past][0], True))


def removed(frame: pd.DataFrame) -> pd.DataFrame:
    """All orders of one day of the fourth week are gone."""
    day = frame["placed"].dt.date == FIRST + timedelta(days=23)
    return frame[~day]


def moved(frame: pd.DataFrame) -> pd.DataFrame:
    """An order was placed four weeks later than was thought."""
    row = frame.index[frame["placed"] < pd.Timestamp(FIRST + timedelta(days=7))][0]
    later = frame["placed"] + pd.Timedelta(days=28)
    return frame.assign(placed=frame["placed"].where(frame.index != row, later))


def duplicated(frame: pd.DataFrame) -> pd.DataFrame:
    """Three old orders arrive once more."""
    return pd.concat([frame, frame.head(3)], ignore_index=True)


def all_at_once(frame: pd.DataFrame) -> pd.DataFrame:
    """All of these changes."""
    return duplicated(moved(removed(late_outcome(corrected(frame)))))


CASES = [
    *((name, all_at_once) for name in CONTRACTS),
    *((WINDOWED, change) for change in (same, corrected, late_outcome, removed, duplicated)),
]


@pytest.mark.parametrize(("name", "change"), CASES)
def test_built_week_by_week_is_built_from_scratch(
    name: str, change: Callable[[pd.DataFrame], pd.DataFrame], tmp_path: Path
) -> None:
    """Rows, their order, and what the run says of them are those of an empty store, bit for bit."""
    described = CONTRACTS[name]
    shop, scratch = Shop(tmp_path / "shop", described), Shop(tmp_path / "scratch", described)
    shop.run(orders(), AS_OF)

    plan, said = shop.run(change(orders()), AS_OF + timedelta(days=7))
    _, anew = scratch.run(change(orders()), AS_OF + timedelta(days=7))

    assert not plan.whole
    assert shop.rows().equals(scratch.rows())
    assert said == anew
    assert shop.built.load() == scratch.built.load()


@pytest.mark.parametrize("days", [-14, -3, 0, 21])
def test_any_later_or_earlier_date_gives_what_it_gives_alone(days: int, tmp_path: Path) -> None:
    """The same week again, an earlier one and one on another weekday leave nothing behind."""
    shop, scratch = (Shop(tmp_path / name, CONTRACTS[LATE]) for name in ("shop", "scratch"))
    shop.run(orders(), AS_OF)

    _, said = shop.run(orders(), AS_OF + timedelta(days=days))
    _, anew = scratch.run(orders(), AS_OF + timedelta(days=days))

    assert shop.rows().equals(scratch.rows())
    assert said == anew


@pytest.mark.parametrize(
    ("name", "change", "weeks"),
    [
        ("plain", same, []),
        ("plain", corrected, [2]),
        ("plain", moved, [0, 4]),
        (WINDOWED, corrected, [2, 3, 4, 5]),
        ("aggregates over all of the past", corrected, [2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_only_weeks_that_follow_from_a_change_are_built(
    name: str, change: Callable[[pd.DataFrame], pd.DataFrame], weeks: list[int], tmp_path: Path
) -> None:
    """Of the settled weeks those that changed, and those that look back on them."""
    shop = Shop(tmp_path, CONTRACTS[name])
    shop.run(orders(), AS_OF)

    plan, _ = shop.run(change(orders()), AS_OF + timedelta(days=7))

    assert list(plan.weeks) == mondays(weeks)
    assert plan.open_from == AS_OF


def test_another_contract_builds_everything(tmp_path: Path) -> None:
    """A week that was built by other rules is not kept."""
    shop = Shop(tmp_path, CONTRACTS["plain"])
    shop.run(orders(), AS_OF)
    shop.contract = CONTRACTS["derived"]

    plan, _ = shop.run(orders(), AS_OF + timedelta(days=7))

    assert plan.whole
    assert "dear" in shop.rows().column_names


def test_a_run_that_fails_leaves_rows_and_what_they_are_built_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are exchanged in one transaction, and the next run builds what this one did not."""
    shop, scratch = (
        Shop(tmp_path / "shop", CONTRACTS["plain"]),
        Shop(tmp_path / "scratch", CONTRACTS["plain"]),
    )
    shop.run(orders(), AS_OF)
    before = shop.rows(), shop.built.load()
    with monkeypatch.context() as patched:
        patched.setattr("weekwise.datasets.week_rows.rows_by_week", _fails)
        with pytest.raises(KeyboardInterrupt):
            shop.run(removed(orders()), AS_OF + timedelta(days=7))
    assert (shop.rows(), shop.built.load()) == before

    shop.run(removed(orders()), AS_OF + timedelta(days=7))
    scratch.run(removed(orders()), AS_OF + timedelta(days=7))

    assert shop.rows().equals(scratch.rows())


def _fails(*_: object) -> dict[date, int]:
    raise KeyboardInterrupt


def test_a_table_that_somebody_else_has_written_is_built_anew(tmp_path: Path) -> None:
    """What is known of weeks counts only for the table that it was saved with."""
    shop = Shop(tmp_path, CONTRACTS["plain"])
    shop.run(orders(), AS_OF)
    shop.features.save(shop.features.load().limit(7))

    plan, _ = shop.run(orders(), AS_OF)

    assert plan.whole


def test_features_of_past_rows_are_the_same_in_every_later_run(tmp_path: Path) -> None:
    """An aggregate holds what was known at the row's own run, whatever becomes known later."""
    early, late = (
        Shop(tmp_path / name, CONTRACTS["aggregates over all of the past"])
        for name in ("early", "late")
    )
    early.run(orders(), AS_OF)
    late.run(orders(), AS_OF + timedelta(days=14))

    known = early.rows().to_pandas().query("placed < @AS_OF")
    later = late.rows().to_pandas().query("placed < @AS_OF")

    pd.testing.assert_frame_equal(known, later, check_exact=True)


def test_flights_built_week_by_week_are_built_from_scratch(
    tmp_path: Path, contracts: Contracts
) -> None:
    """So are those of a module whose rows follow from two tables, hours of weather among them."""
    kept, scratch = (FlightStore(tmp_path / name, contracts) for name in ("kept", "scratch"))
    hour = pd.Timestamp("2013-01-02 12:00")
    kept.run(date(2013, 1, 22))
    before = kept.run(date(2013, 1, 29))
    again = kept.run(date(2013, 1, 29), lambda hours: hours[hours["time_hour"] != hour])
    anew = scratch.run(date(2013, 1, 29), lambda hours: hours[hours["time_hour"] != hour])

    assert (before.whole, before.open_from) == (False, date(2013, 1, 14))
    assert (again.weeks, anew.whole) == ((date(2012, 12, 31), date(2013, 1, 7)), True)
    assert kept.rows().equals(scratch.rows())
