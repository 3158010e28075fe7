"""What leaks are worth on the flights: published protocols, then the same learners without them.

The columns are those of tidymodels' case study of this data set, which predicts late arrivals from
the *actual* departure time and the time in the air, and tests on a random quarter of the rows:
https://www.tidymodels.org/start/recipes/. Neither time is known before the flight has left, or even
landed; and a random split tests on days whose other flights were trained on. Leak by leak is taken
away; the last protocols predict the seven days after an as-of date from all that came before, over
the ten weeks of `model_quality.py`. The target is Weekwise's own, over 15 minutes late, so that its
figures can stand beside; `--late-minutes 29` is that of the case study, half an hour or more.

    python benchmarks/leaks.py [--late-minutes 29]
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import expert_script
import model_quality

SEED, TESTED = 0, 0.25
CASE_STUDY = ["flight", "origin", "dest", "distance", "carrier", "weekday_name", "month_name"]
ACTUAL, SCHEDULED = ["dep_time", "air_time"], ["sched_dep_time"]
WEATHER = [*CASE_STUDY, *SCHEDULED, "day_of_year", *expert_script.WEATHER]
CATEGORIES = ["origin", "dest", "carrier", "weekday_name", "month_name"]

Split = Callable[[pd.DataFrame], list[tuple[pd.DataFrame, pd.DataFrame]]]
"""Pairs of rows to train on and rows to test on."""


@dataclass(frozen=True)
class Protocol:
    """How somebody measures a learner.

    Attributes:
        name: What people call it.
        columns: What the learner is given.
        split: What it is trained and tested on.
    """

    name: str
    columns: list[str]
    split: Split


def random_split(flights: pd.DataFrame) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """A random quarter is tested on, as if flights of one day had nothing in common."""
    tested = np.random.default_rng(SEED).random(len(flights)) < TESTED
    return [(flights[~tested], flights[tested])]


def as_of(flights: pd.DataFrame) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Ten weeks, each predicted from the days before."""
    weeks = model_quality.WEEKS["named"]
    return [expert_script.split(flights, pd.Timestamp(week)) for week in weeks]


PROTOCOLS = [
    Protocol(
        "as published: actual departure, air time; random", [*CASE_STUDY, *ACTUAL], random_split
    ),
    Protocol("actual departure, air time; as-of", [*CASE_STUDY, *ACTUAL], as_of),
    Protocol("schedule alone; random", [*CASE_STUDY, *SCHEDULED], random_split),
    Protocol("schedule alone; as-of", [*CASE_STUDY, *SCHEDULED], as_of),
    Protocol("schedule, day of year, weather; random", WEATHER, random_split),
    Protocol("schedule, day of year, weather; as-of", WEATHER, as_of),
]


def logistic(columns: list[str]) -> Any:
    """A logistic regression on indicators of categories and scaled numbers."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    categories = [name for name in columns if name in CATEGORIES]
    numbers = [name for name in columns if name not in CATEGORIES]
    return make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", min_frequency=20), categories),
            (make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ),
        LogisticRegression(max_iter=300),
    )


def boosting(columns: list[str]) -> Any:  # noqa: ARG001 - it takes any
    """Scikit-learn's histogram gradient boosting as it comes, but for trees that do not overfit."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=250,
        learning_rate=0.08,
        categorical_features="from_dtype",
        early_stopping=False,
        random_state=SEED,
    )


LEARNERS = {"logistic regression": logistic, "boosting": boosting}


def flights(late_minutes: int) -> pd.DataFrame:
    """Every flight of the year that arrived, with the columns of all protocols."""
    frame = expert_script.load_flights(expert_script.data_folder())
    frame = frame[frame["late"].notna() & frame["air_time"].notna()]
    typed = dict.fromkeys(CATEGORIES, "category")
    return frame.assign(
        late=frame["arr_delay"] > late_minutes,
        weekday_name=frame["date"].dt.day_name(),
        month_name=frame["date"].dt.month_name(),
    ).astype(typed)


def area(protocol: Protocol, learner: Callable[[list[str]], Any], rows: pd.DataFrame) -> float:
    """The ROC AUC of a learner under a protocol; over several weeks their mean."""
    from sklearn.metrics import roc_auc_score

    areas = []
    for train, test in protocol.split(rows):
        model = learner(protocol.columns).fit(train[protocol.columns], train["late"].astype(bool))
        predicted = model.predict_proba(test[protocol.columns])[:, 1]
        areas.append(roc_auc_score(test["late"].astype(bool), predicted))
    return float(np.mean(areas))


def main() -> None:
    """Print a row a protocol, and what Weekwise has on the same weeks, if it is measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    target = expert_script.LATE_MINUTES
    parser.add_argument("--late-minutes", type=int, default=target)
    late_minutes = parser.parse_args().late_minutes
    warnings.simplefilter("ignore")
    rows = flights(late_minutes)
    print(f"| {len(rows):,} flights, {rows['late'].mean():.1%} late | {' | '.join(LEARNERS)} |")
    print("|---" + "|---:" * len(LEARNERS) + "|")
    for protocol in PROTOCOLS:
        areas = [area(protocol, learner, rows) for learner in LEARNERS.values()]
        shown = " | ".join(f"{value:.3f}" for value in areas)
        print(f"| {protocol.name} | {shown} |", flush=True)
    if model_quality.FIGURES.exists() and late_minutes == target:
        kept = json.loads(model_quality.FIGURES.read_text())
        for name, weeks in kept.items():
            named = [weeks.get(str(week)) for week in model_quality.WEEKS["named"]]
            if all(named):
                print(f"| {name}; as-of | | {np.mean([week['auc'] for week in named]):.3f} |")


if __name__ == "__main__":
    main()
