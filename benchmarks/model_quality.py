"""Quality of what Weekwise serves, side by side with an expert's script and a trailing constant.

For each as-of date a run is made in an empty store, up to the stored predictions of its upcoming
week. These are held against what the flights then did, on exactly the rows that the others are
scored on. Nine other weeks lie between the ten named ones. Sides without weather are there because
observed weather stands in for a forecast. Two kinds run when they are named: without what follows
from the tail number, which is known late; and of 100,000 and 50,000 rows, which show what it costs
to train on a sample of a long history.

    python benchmarks/model_quality.py [--sides Weekwise,expert] [--weeks other]

Figures are kept in a file after each week, so that it may be stopped and started again. The whole
takes an hour or two.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import expert_script

PROJECT = Path(__file__).parents[1]
WEEKS = {
    "named": [date(2013, 4, 15) + number * timedelta(weeks=4) for number in range(10)],
    "other": [date(2013, 4, 29) + number * timedelta(weeks=4) for number in range(9)],
}
SEEDS = (0,)
"""Each learner is fitted once with each seed; a week's figure is their mean."""
TRAILING = pd.Timedelta(days=14)
"""On the named weeks no length of 7, 14, 28 or 56 days does better."""
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
    "coming_precip",
    "coming_visib",
    "coming_gust",
]
PIPELINES = [
    "data_wrangling",
    "exploratory_data_analysis",
    "model_training",
    "data_prediction",
]
KEY = ["scheduled_departure", "carrier", "flight", "origin"]
RESAMPLES, CONFIDENCE = 10_000, 0.9
FIGURES = PROJECT / "data" / "benchmarks" / "model_quality.json"

Measures = dict[str, float]
"""The mean log loss and the AUC of one week."""
Side = Callable[[date, int], np.ndarray]
"""Probabilities of an as-of date's upcoming flights that arrived, in order, fitted with a seed."""


@cache
def flights() -> pd.DataFrame:
    """Every flight of the year, as the expert's script has them."""
    return expert_script.load_flights(expert_script.data_folder())


def expert(variant: str) -> Side:
    """The script with the columns of one variant."""

    def predict(as_of: date, seed: int) -> np.ndarray:
        history, upcoming = expert_script.split(flights(), pd.Timestamp(as_of))
        columns = expert_script.VARIANTS[variant]
        return expert_script.predict(history, upcoming, columns, seed=seed)

    return predict


def trailing(as_of: date, seed: int) -> np.ndarray:  # noqa: ARG001 - it draws nothing
    """The share of late flights in the days before, the same for every flight."""
    history, upcoming = expert_script.split(flights(), pd.Timestamp(as_of))
    newest = history["date"] >= pd.Timestamp(as_of) - TRAILING
    return np.full(len(upcoming), history.loc[newest, "late"].astype(float).mean())


def weekwise(drop: list[str], **training: int) -> Side:
    """What a run stores as predictions; without some features, or with other settings."""

    def predict(as_of: date, seed: int) -> np.ndarray:
        stored = _stored_predictions(as_of, drop, {"fit": {"seed": seed}, **training})
        _, upcoming = expert_script.split(flights(), pd.Timestamp(as_of))
        asked = upcoming.rename(columns={"departure": "scheduled_departure"})[KEY]
        # The store's types of text and of times are its own.
        stored = stored.astype({name: asked[name].dtype for name in KEY})
        matched = asked.merge(stored, on=KEY, how="left", validate="one_to_one")
        return matched["probability"].to_numpy(float)

    return predict


def _stored_predictions(as_of: date, drop: list[str], training: dict[str, Any]) -> pd.DataFrame:
    """The predictions of a run in an empty store.

    Where the promotion gate refuses the first model, there is no older one to serve in its place:
    the refused model's predictions count, and a line says so.
    """
    from kedro.framework.session import KedroSession

    from weekwise.model.registry import Registry

    with tempfile.TemporaryDirectory() as data:
        os.environ["WEEKWISE_DATA_DIR"] = data
        params = {
            "as_of": as_of.isoformat(),
            "exploration": {"drop": drop},
            "training": training,
        }
        with KedroSession.create(PROJECT, runtime_params=params) as session:
            session.run(pipeline_names=PIPELINES, to_outputs=["predictions_file"])
            features = session.load_context().catalog.load("features")
        served = pd.read_parquet(next(Path(data).glob("*/07_model_output/predictions/*.parquet")))
        if len(served):
            return served
        print(f"{as_of}: the promotion gate refused the first model; it is scored all the same")
        rows = features.to_pyarrow().to_pandas()
        upcoming = rows[rows["late"].isna()]
        predictor = Registry("late_flights").versions.load("1")
        return upcoming[KEY].assign(probability=predictor.predict(upcoming))


SIDES: dict[str, Side] = {
    "trailing": trailing,
    "expert": expert("expert"),
    "expert with history": expert("history"),
    "Weekwise": weekwise([]),
    "expert without weather": expert("no weather"),
    "Weekwise without weather": weekwise(WEATHER),
}
BY_NAME: dict[str, Side] = {
    "Weekwise without tail numbers": weekwise(["plane_year", "seats"]),
    "Weekwise on 100000 rows": weekwise([], max_training_rows=100_000),
    "Weekwise on 50000 rows": weekwise([], max_training_rows=50_000),
}


def measure(side: Side, as_of: date) -> Measures:
    """One side on the week after an as-of date."""
    from sklearn.metrics import log_loss, roc_auc_score

    _, upcoming = expert_script.split(flights(), pd.Timestamp(as_of))
    truth = upcoming["late"].astype(int)
    scores = []
    for seed in SEEDS:
        made = side(as_of, seed)
        scores.append((log_loss(truth, made), roc_auc_score(truth, made), made.mean()))
    loss, auc, level = np.mean(scores, axis=0).tolist()
    return {"log_loss": loss, "auc": auc, "level": level, "late": float(truth.mean())}


def interval(values: np.ndarray) -> tuple[float, float]:
    """The percentile bootstrap interval of a mean over weeks."""
    drawn = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values[drawn].mean(axis=1), [tail, 1 - tail])
    return float(low), float(high)


def tables(kept: dict[str, dict[str, Measures]], sides: list[str]) -> str:
    """The figures as Markdown: every week that all sides have, then the means with intervals."""
    lines = []
    for group, weeks in WEEKS.items():
        done = [str(week) for week in weeks if all(str(week) in kept[name] for name in sides)]
        if not done:
            continue
        lines += [f"| {group} weeks | {' | '.join(sides)} |", "|---" + "|---:" * len(sides) + "|"]
        for week in done:
            losses = [kept[name][week]["log_loss"] for name in sides]
            cells = [f"**{x:.4f}**" if x == min(losses) else f"{x:.4f}" for x in losses]
            lines.append(f"| {week} | {' | '.join(cells)} |")
        lines += [*_means(kept, sides, done), ""]
    return "\n".join(lines)


def _means(kept: dict[str, dict[str, Measures]], sides: list[str], weeks: list[str]) -> list[str]:
    """Each side's mean, its interval, and what Weekwise is ahead by."""
    loss = {name: np.array([kept[name][week]["log_loss"] for week in weeks]) for name in sides}
    auc = [np.mean([kept[name][week]["auc"] for week in weeks]) for name in sides]
    rows = {
        "mean log loss": [f"{loss[name].mean():.4f}" for name in sides],
        f"{CONFIDENCE:.0%} interval": [_shown(interval(loss[name]), "") for name in sides],
        "mean ROC AUC": [f"{value:.4f}" for value in auc],
    }
    ours = loss.get("Weekwise")
    if ours is not None:
        ahead = [None if name == "Weekwise" else loss[name] - ours for name in sides]
        better = [None if by is None else int((by > 0).sum()) for by in ahead]
        rows["Weekwise is ahead by"] = ["" if by is None else f"{by.mean():+.4f}" for by in ahead]
        rows["its interval"] = ["" if by is None else _shown(interval(by), "+") for by in ahead]
        rows["weeks Weekwise wins"] = ["" if n is None else f"{n} of {len(weeks)}" for n in better]
    return [f"| {title} | {' | '.join(cells)} |" for title, cells in rows.items()]


def _shown(ends: tuple[float, float], sign: str) -> str:
    return f"{ends[0]:{sign}.4f} to {ends[1]:{sign}.4f}"


def main() -> None:
    """Measure what is not measured yet, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sides", default=",".join(SIDES), help="by default all", type=_sides)
    parser.add_argument("--weeks", choices=WEEKS, help="by default both groups")
    parser.add_argument("--again", action="store_true", help="measure again what is measured")
    parser.add_argument("--figures", type=Path, default=FIGURES, help="where figures are kept")
    options = parser.parse_args()
    _quiet()
    kept = json.loads(options.figures.read_text()) if options.figures.exists() else {}
    groups = [options.weeks] if options.weeks else list(WEEKS)
    for name in options.sides:
        measured = kept.setdefault(name, {})
        for week in (week for group in groups for week in WEEKS[group]):
            if str(week) not in measured or options.again:
                measured[str(week)] = measure((SIDES | BY_NAME)[name], week)
                options.figures.parent.mkdir(parents=True, exist_ok=True)
                options.figures.write_text(json.dumps(kept, indent=1))
                print(f"{name} {week}: {measured[str(week)]['log_loss']:.4f}", flush=True)
    print(tables(kept, options.sides))


def _sides(text: str) -> list[str]:
    sides = SIDES | BY_NAME
    unknown = [name for name in text.split(",") if name not in sides]
    if unknown:
        raise argparse.ArgumentTypeError(f"no side {unknown[0]}; the sides are {', '.join(sides)}")
    return text.split(",")


def _quiet() -> None:
    """Make the project known to Kedro, and keep its runs quiet."""
    from kedro.framework.startup import bootstrap_project

    warnings.simplefilter("ignore")
    os.chdir(PROJECT)
    bootstrap_project(PROJECT)
    logging.disable(logging.WARNING)


if __name__ == "__main__":
    main()
