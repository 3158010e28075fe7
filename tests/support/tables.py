"""Tables as people bring them, for inference: small, made by rule, each with a known answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from weekwise.infer.column_facts import ColumnFacts, read_column_facts
from weekwise.infer.environment import InferredEnvironment, Wishes, infer_environment
from weekwise.infer.source import opened


def orders(days: int = 70, per_day: int = 24) -> pd.DataFrame:
    """Orders of some weeks, each with what a shop keeps; the last week waits for its target."""
    rng = np.random.default_rng(11)
    rows = days * per_day
    south = rng.random(rows) < 0.4
    amount = rng.gamma(2.0, 30.0, rows).round(2)
    returned = rng.random(rows) < 0.05 + 0.6 * (amount > 60) + 0.25 * south
    placed = pd.Timestamp("2024-01-01 09:30") + pd.to_timedelta(
        np.arange(rows) * (24 * 60 // per_day), unit="min"
    )
    waiting = np.arange(rows) >= (days - 7) * per_day
    return pd.DataFrame(
        {
            "order_id": np.arange(1, rows + 1),
            "placed": placed,
            "amount_eur": amount,
            "region": np.where(south, "south", "north"),
            "zip": [f"{number % 40:05d}" for number in range(rows)],
            "gift": np.where(rng.random(rows) < 0.1, "Yes", "no"),
            "items": pd.array(np.where(rng.random(rows) < 0.1, pd.NA, rng.integers(1, 9, rows))),
            "note": [f"leave order {number} at the back door" for number in range(rows)],
            "currency": "EUR",
            "refund": np.where(returned, amount, 0.0),
            "returned": pd.array(np.where(waiting, None, np.where(returned, "y", "n"))),
        }
    ).astype({"items": "Int64"})


def facts(frame: pd.DataFrame) -> dict[str, ColumnFacts]:
    """What inference counts of a frame's columns."""
    rows = duckdb.connect().from_df(frame)
    return {column.name: column for column in read_column_facts(rows)}


@contextmanager
def relation(frame: pd.DataFrame) -> Iterator[duckdb.DuckDBPyRelation]:
    """A frame as DuckDB has it."""
    connection = duckdb.connect()
    yield connection.from_df(frame)
    connection.close()


def inferred(
    folder: Path, source: str | Path, *, predict: str | Path | None = None, **wishes: Any
) -> InferredEnvironment:
    """What is inferred of a source.

    Args:
        folder: The project's folder.
        source: A file or an address.
        predict: A file of rows to predict.
        **wishes: Fields of `Wishes`.
    """
    with opened(
        str(source), folder, rows_to_predict=None if predict is None else str(predict)
    ) as rows:
        return infer_environment(rows, "shop", Wishes(**wishes))


def roles(environment: InferredEnvironment) -> Mapping[str, str]:
    """The role of each column."""
    return {decision.name: decision.role.value for decision in environment.decisions}
