"""Quality of Weekwise's model over ten weeks, side by side with the plain script.

For each as-of date a run up to the registered model is made in an empty store, and the model's
predictions of the upcoming week are held against what the flights then did, on exactly the rows
that the plain script is scored on.
A third column leaves all weather out, since observed weather stands in for a forecast.

    python benchmarks/model_quality.py [--weeks 10]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import warnings
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from plain_script import data_folder, load

PROJECT = Path(__file__).parents[1]
FIRST = date(2013, 4, 1)
EVERY = timedelta(weeks=4)
WEATHER = [
    "temp",
    "dewp",
    "humid",
    "wind_dir",
    "wind_speed",
    "wind_gust",
    "precip",
    "pressure",
    "visib",
    "recent_precip",
    "recent_visib",
    "recent_humid",
    "recent_gust",
]
PIPELINES = ["data_wrangling", "exploratory_data_analysis", "model_training"]
KEY = ["scheduled_departure", "carrier", "flight", "origin"]


def plain_script(as_of: date) -> dict[str, float]:
    """Log loss and AUC of the plain script."""
    command = [sys.executable, "benchmarks/plain_script.py", "--as-of", as_of.isoformat()]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    measures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return measures


def weekwise(as_of: date, outcomes: pd.DataFrame, drop: list[str]) -> dict[str, float]:
    """Log loss and AUC of the model that a run registers, on its upcoming week.

    The model is scored whether the promotion gate would let it serve or not, as the script's is.

    Args:
        as_of: The run's logical date.
        outcomes: What every flight of the year did: the key and `late`.
        drop: Features to do without.
    """
    from kedro.framework.session import KedroSession

    from weekwise.model.registry import Registry

    with tempfile.TemporaryDirectory() as data:
        os.environ["WEEKWISE_DATA_DIR"] = data
        params = {"as_of": as_of.isoformat(), "exploration": {"drop": drop}}
        with KedroSession.create(PROJECT, runtime_params=params) as session:
            session.run(pipeline_names=PIPELINES)
            features = session.load_context().catalog.load("features").to_pyarrow().to_pandas()
        predictor = Registry("late_flights").load("1")
    upcoming = features[features["late"].isna()].drop(columns="late")
    known = upcoming.merge(outcomes, on=KEY, how="inner", validate="one_to_one")
    metrics = predictor.task.score(known["late"], predictor.predict(known)).by_name
    return {"log_loss": metrics["log_loss"], "auc": metrics["roc_auc"]}


def true_outcomes() -> pd.DataFrame:
    """The key of each flight of the year that arrived, and whether it was late."""
    frame = load(data_folder())
    clock = frame["sched_dep_time"]
    departure = (
        pd.to_datetime(frame[["year", "month", "day"]])
        + pd.to_timedelta(clock // 100, unit="h")
        + pd.to_timedelta(clock % 100, unit="m")
    )
    arrived = frame.assign(scheduled_departure=departure)[frame["arr_delay"].notna()]
    return arrived[[*KEY, "late"]]


def main() -> None:
    """Print a line a week, then the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weeks", type=int, default=10)
    weeks = parser.parse_args().weeks
    outcomes = true_outcomes()
    _bootstrap()

    rows = []
    print(
        "as of         log loss: plain  weekwise  no weather      AUC: plain  weekwise  no weather"
    )
    for number in range(weeks):
        as_of = FIRST + number * EVERY
        measures = [
            plain_script(as_of),
            weekwise(as_of, outcomes, []),
            weekwise(as_of, outcomes, WEATHER),
        ]
        rows.append(measures)
        print(f"{as_of}  {_columns(measures, 'log_loss')}  {_columns(measures, 'auc')}", flush=True)

    means = [
        {name: statistics.mean(row[place][name] for row in rows) for name in ("log_loss", "auc")}
        for place in range(3)
    ]
    better = sum(row[1]["log_loss"] < row[0]["log_loss"] for row in rows)
    print(f"mean        {_columns(means, 'log_loss')}  {_columns(means, 'auc')}")
    print(f"Weekwise has the better log loss in {better} of {len(rows)} weeks.")


def _columns(measures: list[dict[str, float]], name: str) -> str:
    return "".join(f"{measure[name]:12.4f}" for measure in measures)


def _bootstrap() -> None:
    """Make the project known to Kedro, and keep its runs quiet."""
    from kedro.framework.startup import bootstrap_project

    warnings.simplefilter("ignore")
    os.chdir(PROJECT)
    bootstrap_project(PROJECT)
    logging.disable(logging.WARNING)


if __name__ == "__main__":
    main()
