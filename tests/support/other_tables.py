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


def write_environment(folder: Path, frame: pd.DataFrame | None = None) -> Path:
    """An environment `orders` beside the project's own base; gives the folder of configuration.

    Args:
        folder: Where `conf/`, `feed.parquet` and `data/` go.
        frame: The feed; by default `orders()`.
    """
    conf = folder / "conf"
    shutil.copytree(runs.PROJECT / "conf" / "base", conf / "base")
    shutil.copy(runs.PROJECT / "conf" / "logging.yml", conf)
    (orders() if frame is None else frame).to_parquet(folder / "feed.parquet", index=False)
    files = {
        "contracts/features.yml": CONTRACT,
        "catalog.yml": CATALOG.format(file=folder / "feed.parquet"),
        "globals.yml": GLOBALS.format(data=folder / "data"),
        "parameters.yml": PARAMETERS,
    }
    for name, text in files.items():
        path = conf / "orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return conf


def run_weeks(folder: Path, weeks: Sequence[str] = WEEKS) -> Path:
    """Run some weeks of the environment; gives its data folder."""
    conf = write_environment(folder)
    for week in weeks:
        runs.run(folder / "data", week, env="orders", conf_source=conf)
    return folder / "data"
