"""Trains with every kind of aggregate, as a run makes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

import trains
from weekwise.contract.derive import ibis_schema
from weekwise.contract.model import Contract
from weekwise.features.aggregate_tables import aggregate_tables
from weekwise.features.aggregates import with_aggregates
from weekwise.features.window import Window
from weekwise.model.fitting import fit
from weekwise.model.predictor import Predictor

WINDOW = Window(as_of=trains.FIRST_DAY + timedelta(days=35))
"""Five weeks of past; of the sixth, five days are there."""
KNOWN_AFTER = 3
AGGREGATES: dict[str, dict[str, Any]] = {
    "late_rate": {"function": "mean", "by": ["line"], "smoothing": 20},
    "late_rate_14d": {"function": "mean", "by": ["line", "express"], "window": "14d"},
    "overall_7d": {"function": "mean", "window": "7d"},
    "hourly_rate": {"function": "mean", "by": ["hour", "line"], "smoothing": 5},
    "trains_14d": {"function": "count", "by": ["cars"], "window": "14d"},
    "days_since": {"function": "days_since_last", "by": ["line", "cars"]},
    "in_hour": {"function": "count", "by": ["line"], "within": "1h"},
    "in_3_hours": {"function": "count", "by": ["line"], "within": "3h"},
    "in_2_days": {"function": "count", "within": "2d"},
    "so_far_today": {"function": "count", "by": ["express"], "within": "today"},
}
COUNTS = [name for name, said in AGGREGATES.items() if said["function"] == "count"]


def contract(aggregates: Mapping[str, dict[str, Any]] = AGGREGATES, **changes: Any) -> Contract:
    """Trains with aggregates, and an hour derived from the departure.

    Args:
        aggregates: What each says, by the name of its column.
        changes: Further keys of the contract.
    """
    columns = {
        name: column.model_dump(by_alias=True) for name, column in trains.CONTRACT.columns.items()
    }
    columns["hour"] = {
        "type": "integer",
        "role": "context",
        "title": "Hour",
        "missing": 1,
        "from": "hour(departure)",
    }
    columns |= {
        name: {
            "type": "integer" if said["function"] == "count" else "number",
            "role": "feature",
            "title": name,
            "aggregate": said,
        }
        for name, said in aggregates.items()
    }
    return Contract.model_validate(
        {
            "table": "trains",
            "title": "Trains",
            "key": ["departure", "train"],
            "known_after_days": KNOWN_AFTER,
            "columns": columns,
            **changes,
        }
    )


CONTRACT = contract()


def feed(rows: pd.DataFrame) -> ibis.Table:
    """Rows in their contract's types, all outcomes with them."""
    hour = rows["departure"].dt.hour.astype("Int64")
    given = rows.assign(platform=1, opened=pd.Timestamp("2013-01-01"), hour=hour)
    given = given.assign(**dict.fromkeys(AGGREGATES))
    schema = {name: kind for name, kind in ibis_schema(CONTRACT).items() if name != "late"}
    table = ibis.memtable(pa.Table.from_pandas(given, preserve_index=False))
    return table.cast(schema).select(*CONTRACT.columns)


def features(
    rows: pd.DataFrame | None = None, kind: Contract = CONTRACT, window: Window = WINDOW
) -> pd.DataFrame:
    """The rows with their aggregates, in the order of their key.

    Args:
        rows: As `trains.trains` has them; left out, those.
        kind: The contract.
        window: The run's place in time.
    """
    if rows is None:
        return usual_features().copy()
    clean = feed(rows)
    known = clean.mutate(late=window.known_target(clean, kind))
    made = with_aggregates(known, known, kind, window).order_by(*kind.key)
    return made.to_pyarrow().to_pandas(date_as_object=False)


@cache
def usual_features() -> pd.DataFrame:
    """Those of all trains."""
    return features(trains.trains())


@cache
def predictor() -> Predictor:
    """A model that takes all aggregates, with what its run knew of them."""
    table = ibis.memtable(pa.Table.from_pandas(features(), preserve_index=False))
    history = WINDOW.history(table, CONTRACT).to_pyarrow().to_pandas(date_as_object=False)
    names = ["line", *AGGREGATES]
    fitted = fit(history, CONTRACT, names, trains.PARAMS, as_of=WINDOW.as_of)
    known = aggregate_tables(table, CONTRACT, WINDOW, names)
    return Predictor(
        inputs=fitted.inputs,
        threshold=fitted.threshold,
        record=fitted.record,
        model=fitted.model,
        aggregates=known,
    )
