"""A small table of trains, some of them late, and a predictor fitted on it in a moment."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.model.fitting import fit
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams

FIRST_DAY = date(2013, 1, 7)
DAYS = 40
TRAINS_A_DAY = 30

CONTRACT = Contract.model_validate(
    {
        "table": "trains",
        "title": "Trains",
        "key": ["departure", "train"],
        "columns": {
            "departure": {"type": "datetime", "role": "time", "title": "Departure"},
            "train": {"type": "integer", "role": "key", "title": "Train"},
            "line": {
                "type": "category",
                "role": "feature",
                "title": "Line",
                "values": ["red", "blue", "green"],
            },
            "stops": {"type": "integer", "role": "feature", "title": "Stops"},
            "cars": {"type": "integer", "role": "feature", "title": "Cars", "missing": 0.5},
            "rain": {
                "type": "number",
                "role": "feature",
                "title": "Rain",
                "missing": 0.5,
                "min": 0,
            },
            "express": {
                "type": "boolean",
                "role": "feature",
                "title": "Express",
                "missing": 0.5,
                "values": [True, False],
            },
            "platform": {
                "type": "integer",
                "role": "context",
                "title": "Platform",
                "values": {1: "North", 2: "South"},
            },
            "opened": {"type": "date", "role": "context", "title": "Opened", "min": "2013-01-01"},
            "late": {
                "type": "boolean",
                "role": "target",
                "title": "Late",
                "chance_of": "being late",
            },
        },
    }
)
PARAMS = FitParams(iterations=30, learning_rate=0.3, depth=3, validation_every=5, threads=1)


def trains(days: int = DAYS, seed: int = 0) -> pd.DataFrame:
    """Rows of the contract: red trains are late in the rain, most others are not."""
    rng = np.random.default_rng(seed)
    size = days * TRAINS_A_DAY
    day = np.repeat(np.arange(days), TRAINS_A_DAY)
    rows = pd.DataFrame(
        {
            "departure": np.datetime64(FIRST_DAY)
            + day.astype("timedelta64[D]")
            + rng.integers(300, 1400, size).astype("timedelta64[m]"),
            "train": np.arange(size),
            "line": rng.choice(["red", "blue", "green"], size),
            "stops": rng.integers(2, 20, size),
            "cars": pd.array(rng.integers(4, 12, size), dtype="Int64"),
            "rain": rng.exponential(1.0, size),
            "express": pd.array(rng.random(size) < 0.3, dtype="boolean"),
        }
    )
    rows.loc[rng.random(size) < 0.1, ["cars", "rain", "express"]] = None
    wet = rows["rain"].fillna(1.0) * (rows["line"] == "red")
    rows["late"] = rng.random(size) < 1 / (1 + np.exp(1.5 - 2 * wet))
    return rows


def train_end(days: int = DAYS) -> date:
    """The first date after `days` days of trains."""
    return FIRST_DAY + timedelta(days=days)


@cache
def predictor(days: int = DAYS) -> Predictor:
    """A predictor fitted on `days` days of trains."""
    return fit(trains(days), CONTRACT, CONTRACT.features, PARAMS, as_of=train_end(days))
