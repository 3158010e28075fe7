"""A table that is not the example, as its owner brings it: contract, catalog entry, globals."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

import runs

WEEKS = ["2024-03-04", "2024-03-11"]
CONTRACT = """
title: Orders
description: One row is one order of a shop, past with its outcome, upcoming without.
key: [order_id]
duplicates: quarantine
columns:
  order_id: {type: integer, role: key, title: Order}
  placed: {type: datetime, role: time, title: Placed}
  amount: {type: number, role: feature, title: Amount, unit: EUR, min: 0}
  region: {type: category, role: feature, title: Region, values: {n: North, s: South}}
  gift: {type: boolean, role: feature, title: Gift, missing: 0.5}
  returned: {type: boolean, role: target, title: Returned, missing: 0.9}
"""
CATALOG = """
feed:
  type: ibis.FileDataset
  filepath: {file}
  file_format: parquet
  table_name: feed
  connection: ${{_connection}}
  metadata: {{kedro-viz: {{layer: raw}}}}
"""
CSV_CATALOGS = {
    "pandas": """
feed:
  type: pandas.CSVDataset
  filepath: {file}
  load_args: {{parse_dates: [placed]}}
""",
    "ibis": """
feed:
  type: ibis.FileDataset
  filepath: {file}
  file_format: csv
  table_name: feed
  connection: ${{_connection}}
""",
}
"""Ways to load a feed from a CSV file: as a pandas frame, and as an Ibis table."""
GLOBALS = """
registered_model: returned_orders
calendar: {start: 2024-01-01, first_as_of: 2024-03-04, min_history_days: 28}
"""
PARAMETERS = """
training: {holdout_days: 7, fit: {iterations: 20}}
promotion: {min_rows: 100, min_days: 3, floor_skill: 0.0}
"""


def orders(weeks: int = 12, per_day: int = 60) -> pd.DataFrame:
    """Orders of some weeks from 2024 on, a few twice and a few without an outcome yet."""
    rng = np.random.default_rng(3)
    rows = weeks * 7 * per_day
    amount = rng.gamma(2.0, 30.0, rows).round(2)
    south = rng.random(rows) < 0.4
    returned = rng.random(rows) < 0.05 + 0.35 * (amount > 60) + 0.25 * south
    frame = pd.DataFrame(
        {
            "order_id": np.arange(rows),
            "placed": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(np.arange(rows) * (24 * 60 // per_day), unit="min"),
            "amount": amount,
            "region": np.where(south, "s", "n"),
            "gift": rng.random(rows) < 0.1,
            "returned": pd.array(returned, dtype="boolean"),
        }
    )
    frame.loc[:9, "returned"] = pd.NA
    return pd.concat([frame, frame.iloc[100:105]], ignore_index=True)


NUMBER_CONTRACT = CONTRACT.replace(
    "returned: {type: boolean, role: target, title: Returned, missing: 0.9}",
    "days: {type: number, role: target, title: Days to delivery, missing: 0.9}",
)
"""The same orders; the target is a number."""


def delivered_orders() -> pd.DataFrame:
    """Orders with the days until they were delivered instead of whether they came back."""
    frame = orders()
    rng = np.random.default_rng(4)
    days = 2 + frame["amount"] / 20 + 3 * (frame["region"] == "s") + rng.gamma(2.0, 0.5, len(frame))
    days = days.where(frame["returned"].notna())
    return frame.drop(columns="returned").assign(days=days).drop_duplicates("order_id")


COUNT_CONTRACT = CONTRACT.replace(
    "returned: {type: boolean, role: target, title: Returned, missing: 0.9}",
    "parcels: {type: integer, role: target, title: Parcels, missing: 0.9, min: 0}",
)
"""The same orders; the target is a count."""


def packed_orders() -> pd.DataFrame:
    """Orders with the parcels they came in: more for dear ones, none for gifts by mail."""
    frame = orders().drop_duplicates("order_id", ignore_index=True)
    mean = np.exp(frame["amount"] / 80) * np.where(frame["gift"], 0.2, 1.0)
    parcels = pd.Series(np.random.default_rng(6).poisson(mean), dtype="Int64")
    return frame.drop(columns="returned").assign(parcels=parcels.where(frame["returned"].notna()))


LATE_CLASS = 'lost, "for good"'
"""A class that the contract lists and no row before the second week has."""
UNLISTED_CLASS = "stolen"
"""A class that the contract does not list."""

CLASS_CONTRACT = CONTRACT.replace(
    "returned: {type: boolean, role: target, title: Returned, missing: 0.9}",
    """speed:
    type: category
    role: target
    title: Delivery
    missing: 0.9
    severity: warn
    values: {next day: Fast, 2-3 days: Usual, week: Slow, 'lost, "for good"': Lost}""",
)
"""The same orders; the target is one of four classes, with names as odd as people's."""

GRADE_CONTRACT = CONTRACT.replace(
    "returned: {type: boolean, role: target, title: Returned, missing: 0.9}",
    "grade: {type: integer, role: target, title: Grade, missing: 0.9, "
    "values: {1: Poor, 2: Fair, 5: Good}}",
)
"""The same orders; the target is one of three ordered classes, which are numbers."""


def classified_orders() -> pd.DataFrame:
    """Orders with how fast they came: dear ones fast, southern ones slowly, some late ones never.

    In the second week the class of a few is one that no row before had, or that no contract lists.
    """
    frame = orders().drop_duplicates("order_id", ignore_index=True)
    speed = _one_of_three(frame).map({0: "week", 1: "2-3 days", 2: "next day"})
    second = np.flatnonzero(frame["placed"] >= WEEKS[0])[:20]
    speed.iloc[second[:4]] = LATE_CLASS
    speed.iloc[second[4:7]] = UNLISTED_CLASS
    speed = speed.where(frame["returned"].notna())
    return frame.drop(columns="returned").assign(speed=speed)


def graded_orders() -> pd.DataFrame:
    """Orders with the grade that their buyers gave."""
    frame = orders().drop_duplicates("order_id", ignore_index=True)
    grade = _one_of_three(frame).map({0: 1, 1: 2, 2: 5}).astype("Int64")
    return frame.drop(columns="returned").assign(grade=grade.where(frame["returned"].notna()))


def _one_of_three(frame: pd.DataFrame) -> pd.Series:
    rng = np.random.default_rng(5)
    score = frame["amount"] / 60 - 1.5 * (frame["region"] == "s") + rng.normal(0, 0.4, len(frame))
    return pd.Series(np.digitize(score, [0.0, 1.0]), index=frame.index)


def write_environment(
    folder: Path,
    frame: pd.DataFrame | None = None,
    *,
    csv: str | None = None,
    contract: str = CONTRACT,
) -> Path:
    """An environment `orders` beside the project's own base; gives the folder of configuration.

    Args:
        folder: Where `conf/`, the feed's file and `data/` go.
        frame: The feed; by default `orders()`.
        csv: A key of `CSV_CATALOGS`, for a feed in a CSV file; by default it is in Parquet.
        contract: Of its features.
    """
    conf = folder / "conf"
    shutil.copytree(runs.PROJECT / "conf" / "base", conf / "base")
    shutil.copy(runs.PROJECT / "conf" / "logging.yml", conf)
    frame = orders() if frame is None else frame
    file = folder / ("feed.csv" if csv else "feed.parquet")
    if csv:
        frame.to_csv(file, index=False)
    else:
        frame.to_parquet(file, index=False)
    files = {
        "contracts/features.yml": contract,
        "catalog.yml": (CSV_CATALOGS[csv] if csv else CATALOG).format(file=file),
        "globals.yml": GLOBALS,
        "parameters.yml": PARAMETERS,
    }
    for name, text in files.items():
        path = conf / "orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return conf


def run_weeks(
    folder: Path,
    weeks: Sequence[str] = WEEKS,
    frame: pd.DataFrame | None = None,
    *,
    csv: str | None = None,
    contract: str = CONTRACT,
) -> Path:
    """Run some weeks of the environment; gives its data folder."""
    conf = write_environment(folder, frame, csv=csv, contract=contract)
    for week in weeks:
        runs.run(folder / "data" / "orders", week, env="orders", conf_source=conf)
    return folder / "data" / "orders"
