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
data: {data}
registered_model: returned_orders
calendar: {{start: 2024-01-01, first_as_of: 2024-03-04, min_history_days: 28}}
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
        "globals.yml": GLOBALS.format(data=folder / "data"),
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
        runs.run(folder / "data", week, env="orders", conf_source=conf)
    return folder / "data"
