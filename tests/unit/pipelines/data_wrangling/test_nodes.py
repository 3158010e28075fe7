from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import ibis
import pandas as pd
import pytest

from weekwise.contract.model import Contract
from weekwise.features.build_plan import BuildPlan
from weekwise.features.week_hashes import WeekHashes
from weekwise.features.window import Window
from weekwise.pipelines.data_wrangling import nodes

WINDOW = Window(as_of=date(2024, 3, 4))
ROWS = [
    # Not in the order of the key; each is of another kind.
    (5, "2024-03-11 00:00", True),  # the first moment after the upcoming days
    (4, "2024-03-10 23:59", None),  # upcoming
    (3, "2024-03-04 00:00", True),  # upcoming, with an outcome that the run may not know
    (2, "2024-03-03 23:59", None),  # past, without an outcome
    (1, "2024-03-03 12:00", False),  # past
    (1, "2024-03-03 12:00", False),  # the same once more
]


@pytest.fixture
def contract(contract_of: Callable[..., Contract]) -> Contract:
    """Orders with an amount, and the run's date."""
    as_of = {"type": "date", "role": "context", "title": "As of"}
    return contract_of("amount", as_of=as_of)


@pytest.fixture
def feed() -> ibis.Table:
    """Six rows as they arrive: text for numbers, a column too many, and no date of a run."""
    frame = pd.DataFrame(ROWS, columns=["order", "placed", "returned"]).assign(
        order=lambda rows: rows["order"].astype(str),
        placed=lambda rows: pd.to_datetime(rows["placed"]),
        returned=lambda rows: rows["returned"].astype("boolean"),
        amount="7.5",
        note="gift",
    )
    return ibis.memtable(frame)


def features_of(feed: ibis.Table, contract: Contract) -> list[dict[str, Any]]:
    """The features of a feed, row by row in their own order."""
    clean = nodes.clean_feed(feed, contract)
    rows: list[dict[str, Any]] = (
        nodes.build_planned_weeks(clean, contract, WINDOW, BuildPlan())[0]
        .table.to_pyarrow()
        .to_pylist()
    )
    return rows


def test_a_clean_feed_has_the_contracts_columns_and_types(
    feed: ibis.Table, contract: Contract
) -> None:
    """Columns are the contract's, in its order and types, and exact duplicates are gone."""
    clean = nodes.clean_feed(feed, contract)

    assert list(clean.columns) == list(contract.columns)
    assert (str(clean.schema()["order"]), str(clean.schema()["amount"])) == ("int64", "float64")
    assert clean.count().to_pyarrow().as_py() == 5


def test_features_are_the_known_past_and_the_upcoming_days(
    feed: ibis.Table, contract: Contract
) -> None:
    """Past rows without an outcome and later ones are left out; the rest follow their key."""
    assert [row["order"] for row in features_of(feed, contract)] == [1, 3, 4]


def test_an_outcome_on_or_after_the_runs_date_is_hidden(
    feed: ibis.Table, contract: Contract
) -> None:
    """The feed may know more than the run may."""
    assert [row["returned"] for row in features_of(feed, contract)] == [False, None, None]


def test_each_row_has_the_runs_date_where_the_contract_asks(
    feed: ibis.Table, contract: Contract, contract_of: Callable[..., Contract]
) -> None:
    """A context column `as_of` holds the run's date; without one, none is added."""
    assert {row["as_of"] for row in features_of(feed, contract)} == {WINDOW.as_of}
    assert "as_of" not in features_of(feed, contract_of("amount"))[0]


def test_what_is_left_out_is_counted_by_reason(feed: ibis.Table, contract: Contract) -> None:
    """Every row of the feed is accounted for: a duplicate, left out with a reason, or a feature."""
    clean = nodes.clean_feed(feed, contract)
    rows, cleaned = nodes.build_planned_weeks(clean, contract, WINDOW, BuildPlan())
    summary, _ = nodes.summarize_wrangling(
        feed, cleaned, rows.table, contract, WINDOW, WeekHashes()
    )

    assert summary.rows_in == {"feed": 6}
    assert summary.duplicates_dropped == 1
    assert summary.left_out == {"without an outcome": 1, "after the upcoming days": 1}
    assert (summary.history_rows, summary.upcoming_rows) == (1, 2)
