from __future__ import annotations

from collections.abc import Callable
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pytest

from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import profile_columns
from weekwise.analysis.table import AnalysisTable, read_analysis_table
from weekwise.contract.model import Contract
from weekwise.contract.types import ColumnType
from weekwise.errors import ContractError
from weekwise.features.window import Window


def test_rows_are_split_by_the_window(analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
    """Past rows have an outcome and are dated before the as-of date; upcoming rows are the rest."""
    past = orders[orders["returned"].notna()]

    assert (analysis_table.history.rows, analysis_table.upcoming.rows) == (480, 60)
    assert analysis_table.history.target.sum() == past["returned"].sum()
    assert np.isnan(analysis_table.upcoming.target).all()
    assert analysis_table.first_day == date(2024, 1, 8)


def test_columns_keep_their_values(analysis_table: AnalysisTable, orders: pd.DataFrame) -> None:
    """Numbers stay numbers, categories can be read back by name, and gaps stay gaps."""
    past = orders[orders["returned"].notna()]

    np.testing.assert_array_equal(analysis_table.history.numbers["discount"], past["discount"])
    assert list(analysis_table.values("region", analysis_table.history)) == list(past["region"])
    assert analysis_table.categories["gift"] == ("false", "true")
    assert list(analysis_table.values("gift", analysis_table.upcoming)) == list(
        orders["gift"].tail(60).astype(str).str.lower()
    )


def test_weeks_are_counted_back_from_the_as_of_date(analysis_table: AnalysisTable) -> None:
    """The last week is the seven days before the as-of date, whatever day that is."""
    weeks = analysis_table.weeks_before(analysis_table.history)

    assert np.bincount(weeks)[1:].tolist() == [60] * 8
    assert analysis_table.week_start(1) == date(2024, 2, 26)
    assert weeks[-1] == 1


def test_the_order_of_rows_does_not_matter(
    orders: pd.DataFrame, contract_of: Callable[..., Contract], window: Window
) -> None:
    """Rows are read in the order of their key, so that a seeded sample draws the same ones."""
    contract = contract_of("amount", "region")
    one, two = (
        read_analysis_table(
            ibis.memtable(rows[list(contract.columns)]), contract, window, ExplorationParams()
        )
        for rows in (orders, orders.sample(frac=1, random_state=1))
    )

    np.testing.assert_array_equal(one.history.numbers["amount"], two.history.numbers["amount"])
    np.testing.assert_array_equal(one.history.codes["region"], two.history.codes["region"])


def test_a_target_without_classes_is_refused_before_it_is_read(
    orders: pd.DataFrame, contract_of: Callable[..., Contract], window: Window
) -> None:
    """A target of text without listed values ends in one sentence that says what to do."""
    contract = contract_of("amount")
    text = contract.columns["returned"].model_copy(update={"type": ColumnType.CATEGORY})
    contract = contract.model_copy(update={"columns": {**contract.columns, "returned": text}})
    rows = orders[list(contract.columns)].astype({"returned": "string"})

    with pytest.raises(ContractError, match="lists no values; list its classes under values"):
        read_analysis_table(ibis.memtable(rows), contract, window, ExplorationParams())


@pytest.mark.parametrize(("time", "has_hours"), [("datetime", True), ("date", False)])
def test_hours_are_known_from_a_datetime_only(
    orders: pd.DataFrame,
    contract_of: Callable[..., Contract],
    window: Window,
    time: str,
    has_hours: bool,
) -> None:
    """A table timed by dates has no hours."""
    contract = contract_of("amount", time=time)
    placed = orders["placed"] if has_hours else orders["placed"].dt.normalize()
    table = ibis.memtable(orders.assign(placed=placed)[list(contract.columns)])
    found = read_analysis_table(table, contract, window, ExplorationParams())

    assert (found.history.hours is not None) is has_hours
    assert found.first_day == date(2024, 1, 8)


def test_infinities_are_gaps(
    orders: pd.DataFrame, contract_of: Callable[..., Contract], window: Window
) -> None:
    """A number that is not finite counts as missing."""
    contract = contract_of("amount")
    rows = orders[list(contract.columns)].assign(amount=np.inf)

    assert np.isnan(
        read_analysis_table(
            ibis.memtable(rows), contract, window, ExplorationParams()
        ).history.numbers["amount"]
    ).all()


def test_a_long_history_is_sampled(
    orders: pd.DataFrame, contract_of: Callable[..., Contract], window: Window
) -> None:
    """Newest days whole, a share before; the profile has the count of all, and says so."""
    contract = contract_of("amount", "region")
    many = pd.concat([orders.assign(order=orders["order"] + 1000 * n) for n in range(5)])
    table, few = ibis.memtable(many[list(contract.columns)]), ExplorationParams(max_rows=1000)

    part = read_analysis_table(table, contract, window, few)

    assert part.drawn.used == part.history.rows < part.drawn.rows == 5 * 480
    assert part.upcoming.rows == 5 * 60
    profile = profile_columns(part, few)
    assert (profile.history_rows, profile.drawn) == (5 * 480, part.drawn)
    whole = read_analysis_table(table, contract, window, ExplorationParams())
    assert profile_columns(whole, few).drawn is None
