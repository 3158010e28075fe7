"""A shop's orders, small enough to reason about: which will be returned?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.table import AnalysisTable, read_analysis_table
from weekwise.contract.model import Contract
from weekwise.features.window import Window

AS_OF = date(2024, 3, 4)
WEEKS, PER_WEEK = 9, 60

FEATURES: dict[str, dict[str, Any]] = {
    "amount": {"type": "number", "title": "Amount", "unit": "EUR"},
    "amount_cents": {"type": "number", "title": "Amount in cents"},
    "items": {"type": "integer", "title": "Items"},
    "discount": {"type": "number", "title": "Discount"},
    "region": {"type": "category", "title": "Region", "values": {"n": "North", "s": "South"}},
    "region_code": {"type": "category", "title": "Region code"},
    "gift": {"type": "boolean", "title": "Gift"},
    "currency": {"type": "category", "title": "Currency"},
    "refund": {"type": "number", "title": "Refund"},
    "empty": {"type": "number", "title": "Empty"},
}

MakeContract = Callable[..., Contract]
MakeTable = Callable[..., AnalysisTable]


@pytest.fixture(name="contract_of", scope="session")
def _contract_of() -> MakeContract:
    """Make a contract of some of the shop's features, or of others."""

    def make(
        *names: str, target: str = "boolean", time: str = "datetime", **others: Any
    ) -> Contract:
        chosen = {name: FEATURES[name] for name in names} if names or others else FEATURES
        columns: dict[str, Any] = {
            "order": {"type": "integer", "role": "key", "title": "Order"},
            "placed": {"type": time, "role": "time", "title": "Placed"},
        }
        for name, column in {**chosen, **others}.items():
            columns[name] = {"role": "feature", "missing": 1.0, **column}
        columns["returned"] = {
            "type": target,
            "role": "target",
            "title": "Returned",
            "missing": 1.0,
        }
        return Contract.model_validate(
            {"table": "orders", "title": "Orders", "key": ["order"], "columns": columns}
        )

    return make


@pytest.fixture(name="orders", scope="session")
def _orders() -> pd.DataFrame:
    """Nine weeks of orders, the last one upcoming; dear and southern ones come back more often."""
    rng = np.random.default_rng(3)
    rows = WEEKS * PER_WEEK
    first = pd.Timestamp(AS_OF) - pd.Timedelta(weeks=WEEKS - 1)
    hours = np.arange(rows) * (7 * 24 / PER_WEEK)
    amount = rng.gamma(2.0, 30.0, rows).round(2)
    south = rng.random(rows) < 0.4
    returned = rng.random(rows) < 0.05 + 0.35 * (amount > 60) + 0.25 * south
    frame = pd.DataFrame(
        {
            "order": np.arange(rows),
            "placed": first + pd.to_timedelta(hours, unit="h"),
            "amount": amount,
            "amount_cents": amount * 100,
            "items": rng.integers(1, 4, rows),
            "discount": np.where(rng.random(rows) < 0.3, np.nan, rng.random(rows)),
            "region": np.where(south, "s", "n"),
            "region_code": np.where(south, "02", "01"),
            "gift": rng.random(rows) < 0.1,
            "currency": "EUR",
            "refund": np.where(returned, amount, 0.0),
            "empty": np.nan,
            "returned": pd.array(returned, dtype="boolean"),
        }
    )
    frame.loc[frame["placed"] >= pd.Timestamp(AS_OF), "returned"] = pd.NA
    return frame


@pytest.fixture(name="window", scope="session")
def _window() -> Window:
    return Window(as_of=AS_OF)


@pytest.fixture(name="analysis_table_of", scope="session")
def _study_of(orders: pd.DataFrame, contract_of: MakeContract, window: Window) -> MakeTable:
    """Read a table of the orders, or of other rows, with some of the features or others."""

    def make(*names: str, rows: pd.DataFrame | None = None, **others: Any) -> AnalysisTable:
        frame = orders if rows is None else rows
        contract = contract_of(*names, **others)
        return read_analysis_table(
            ibis.memtable(frame[list(contract.columns)]), contract, window, ExplorationParams()
        )

    return make


@pytest.fixture(name="analysis_table", scope="session")
def _study(analysis_table_of: MakeTable) -> AnalysisTable:
    """All features of the orders."""
    return analysis_table_of()
