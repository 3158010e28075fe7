from __future__ import annotations

from datetime import date, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from orders import AS_OF, MakeContract
from weekwise.analysis.params import ExplorationParams
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, FeedError
from weekwise.features.calendar import Calendar
from weekwise.features.window import Window
from weekwise.model.backtest import BacktestWeek, Contender
from weekwise.model.rolling_origin import (
    TRAILING_DAYS,
    Recipe,
    RollingOrigin,
    known_history,
    past_origins,
    refuse_untimed,
)
from weekwise.model.training_record import FitParams

FIRST = AS_OF - timedelta(weeks=8)
CALENDAR = Calendar(start=FIRST, min_history_days=28)
RECIPE = Recipe(
    exploration=ExplorationParams(keep=("amount",)),
    fit=FitParams(iterations=10, validation_every=None, threads=1),
    holdout_days=7,
    refit=True,
    horizon_days=7,
)


@pytest.fixture(name="contract", scope="module")
def _contract(contract_of: MakeContract) -> Contract:
    return contract_of("amount", "region")


def rolling(rows: pd.DataFrame, contract: Contract, *, refit: bool = True) -> RollingOrigin:
    """A backtest of some orders."""
    recipe = RECIPE.model_copy(update={"refit": refit})
    features = ibis.memtable(rows[list(contract.columns)])
    history = known_history(features, contract, Window(as_of=AS_OF))
    return RollingOrigin(features, contract, CALENDAR, recipe, history)


def judged(rows: pd.DataFrame, contract: Contract, weeks_ago: int) -> BacktestWeek:
    """The week that began so many weeks before the run."""
    return rolling(rows, contract).judge(AS_OF - timedelta(weeks=weeks_ago))


def late(contract: Contract, days: int) -> Contract:
    """The same contract, with outcomes that are known so many days later."""
    return Contract.model_validate({**contract.model_dump(), "known_after_days": days})


@pytest.mark.parametrize(
    ("asked", "known_after", "expected"),
    [
        (2, 0, [2, 1]),
        # The first week has 28 days of history and the origin of a week before.
        (99, 0, [3, 2, 1]),
        # Outcomes of the newest week are not all due.
        (99, 3, [2]),
        (1, 3, [2]),
    ],
)
def test_origins_have_history_and_outcomes(
    contract: Contract, asked: int, known_after: int, expected: list[int]
) -> None:
    """Weeks are the newest ones whose outcomes are due and that have enough history."""
    origins = past_origins(
        Window(as_of=AS_OF), late(contract, known_after), CALENDAR, asked, first_day=FIRST
    )

    assert [(AS_OF - origin).days // 7 for origin in origins] == expected


def test_too_little_history_is_said(contract: Contract) -> None:
    """Without a week that can be judged the message has the dates and the remedy."""
    with pytest.raises(FeedError, match=r"56 days of history .* lower calendar.min_history_days"):
        past_origins(
            Window(as_of=AS_OF),
            contract,
            Calendar(start=FIRST, min_history_days=56),
            4,
            first_day=FIRST,
        )


def test_a_table_without_a_time_is_refused(contract: Contract) -> None:
    """There are no past weeks to go back to, and the message says what to do."""
    columns = {name: column for name, column in contract.columns.items() if name != "placed"}
    untimed = contract.model_copy(update={"columns": columns})

    with pytest.raises(ContractError, match=r"has no time column.* give one column role: time"):
        refuse_untimed(untimed)
    refuse_untimed(contract)


def test_a_week_is_judged_on_its_own_rows(orders: pd.DataFrame, contract: Contract) -> None:
    """Seven days with all their rows; the recipe learned from all that came before."""
    week = judged(orders, contract, 2)

    assert [day.day for day in week.days] == [
        AS_OF - timedelta(weeks=2) + timedelta(days=day) for day in range(7)
    ]
    placed = orders["placed"]
    start = pd.Timestamp(week.as_of)
    inside = orders[(placed >= start) & (placed < start + pd.Timedelta(weeks=1))]
    assert week.rows == len(inside)
    assert week.mean_outcome == pytest.approx(inside["returned"].astype(float).mean())
    assert week.trained_on == int((placed < start).sum())


def test_without_a_refit_the_holdout_is_not_learned_from(
    orders: pd.DataFrame, contract: Contract
) -> None:
    """A recipe that serves what it judges is judged as it serves: without the newest days."""
    origin = AS_OF - timedelta(weeks=2)

    week = rolling(orders, contract, refit=False).judge(origin)

    held_out_from = pd.Timestamp(origin) - pd.Timedelta(weeks=1)
    assert week.trained_on == int((orders["placed"] < held_out_from).sum())


def test_the_future_changes_no_prediction(orders: pd.DataFrame, contract: Contract) -> None:
    """With every outcome from the origin on flipped, what was predicted stays the same."""
    origin = AS_OF - timedelta(weeks=2)
    late_rows = (orders["placed"] >= pd.Timestamp(origin)) & orders["returned"].notna()
    flipped = orders.assign(returned=orders["returned"] ^ late_rows)

    known, other = judged(orders, contract, 2), judged(flipped, contract, 2)

    assert other.mean_prediction == known.mean_prediction
    assert other.mean_outcome == pytest.approx(1 - known.mean_outcome)


def test_outcomes_that_were_not_due_are_not_known(orders: pd.DataFrame, contract: Contract) -> None:
    """With outcomes known days later, those of the days before the origin change nothing."""
    waiting = late(contract, 5)
    origin = pd.Timestamp(AS_OF - timedelta(weeks=3))
    before = (orders["placed"] >= origin - pd.Timedelta(days=5)) & (orders["placed"] < origin)
    flipped = orders.assign(returned=orders["returned"] ^ before)

    assert judged(flipped, waiting, 3) == judged(orders, waiting, 3)
    assert judged(flipped, contract, 3) != judged(orders, contract, 3)


def test_the_trailing_constant_is_that_of_the_newest_days(
    orders: pd.DataFrame, contract: Contract
) -> None:
    """Its loss is that of the mean of the newest days before the origin."""
    week = judged(orders, contract, 2)

    start, placed = pd.Timestamp(week.as_of), orders["placed"]
    newest = (placed < start) & (placed >= start - pd.Timedelta(days=TRAILING_DAYS))
    inside = (placed >= start) & (placed < start + pd.Timedelta(weeks=1))
    rate = orders.loc[newest, "returned"].astype(float).mean()
    truth = orders.loc[inside, "returned"].to_numpy(bool)
    expected = -np.log(np.where(truth, rate, 1 - rate)).mean()
    assert week.loss(Contender.TRAILING) == pytest.approx(expected)


def test_last_weeks_model_is_that_of_the_origin_before(
    orders: pd.DataFrame, contract: Contract
) -> None:
    """A week judged after another, which leaves its model, is as one judged alone."""
    together = rolling(orders, contract)
    together.judge(AS_OF - timedelta(weeks=2))

    after = together.judge(AS_OF - timedelta(weeks=1))

    assert after == judged(orders, contract, 1)
    assert after.loss(Contender.LAST_WEEK) != after.loss(Contender.RECIPE)


def test_a_week_without_outcomes_is_said(orders: pd.DataFrame, contract: Contract) -> None:
    """A gap in the table is one sentence with the remedy."""
    start = pd.Timestamp(AS_OF - timedelta(weeks=2))
    gap = (orders["placed"] >= start) & (orders["placed"] < start + pd.Timedelta(weeks=1))

    with pytest.raises(FeedError, match=r"no row of the week from .* ask for fewer weeks"):
        judged(orders[~gap], contract, 2)


def test_a_table_without_outcomes_has_no_history(contract: Contract, orders: pd.DataFrame) -> None:
    """Before the first outcome there is nothing to go back over."""
    early = Window(as_of=date(2023, 1, 2))
    with pytest.raises(FeedError, match="no row has an outcome yet"):
        known_history(ibis.memtable(orders[list(contract.columns)]), contract, early)
