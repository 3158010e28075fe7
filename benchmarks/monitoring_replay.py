"""What monitoring would have said of weeks that have been run, one after another, from a store.

Only monitoring is run again, and drift, which it judges: predictions, outcomes and models are those
of the store. So rules can be tuned on some weeks and shown on the others in a minute.

    kedro weekly backfill --from 2013-07-01 --to 2013-12-30
    python benchmarks/monitoring_replay.py [--env ENV] [--json FILE]

A week deserves a warning if its predictions lost to the trailing baseline, or if they missed the
level of what happened: by a shift of at least `MISS` standard deviations whose 98 % interval over
days leaves none out. The rules themselves are not asked.
"""

from __future__ import annotations

import argparse
import json
import warnings
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from weekwise.analysis.feature_drift import measure_drift
from weekwise.analysis.level_shift import level_shift
from weekwise.analysis.outcomes import LookBack
from weekwise.analysis.params import ExplorationParams, PerformanceParams
from weekwise.analysis.performance import WeekScore
from weekwise.analysis.selection import Selection
from weekwise.analysis.table import read_analysis_table
from weekwise.analysis.unseen import Unseen
from weekwise.paths import DataFolder
from weekwise.pipelines.model_monitoring import nodes
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.weekly_page import render_report
from weekwise.reports.weekly.weekly_report import (
    DataFigures,
    FeatureFigures,
    ModelFigures,
    WeeklyReport,
)
from weekwise.tasks import task_of
from weekwise.tasks.base import Task

PROJECT = Path(__file__).parents[1]
MISS = 0.2
SURE = 0.99


class Store:
    """What earlier runs of an environment have left.

    Attributes:
        catalog: The environment's catalog.
        params: Its parameters.
        data: Its data folder.
        weeks: Its complete weeks, in order.
        log_schema: The types of the monitoring log.
    """

    def __init__(self, env: str | None) -> None:
        """Open the store of an environment."""
        from kedro.framework.session import KedroSession
        from kedro.framework.startup import bootstrap_project

        from weekwise.configuration import load_configuration

        bootstrap_project(PROJECT)
        configuration = load_configuration(PROJECT / "conf", env)
        self.data = DataFolder((PROJECT / configuration["globals"]["data"]).resolve())
        self.weeks = self.data.weeks()
        as_of = {"as_of": self.weeks[-1].isoformat()}
        with KedroSession.create(PROJECT, env=env, runtime_params=as_of) as session:
            context = session.load_context()
            self.catalog, self.params = context.catalog, context.params
            described = context.config_loader["catalog"]["monitoring_log"]["schema"]
        self.log_schema = ibis.schema(described).to_pyarrow()

    def told(self, as_of: date) -> dict[str, Any]:
        """The figures of the report that the week's run wrote."""
        report = json.loads(self.data.week(as_of).weekly_report.read_text("utf-8"))
        figures: dict[str, Any] = report["figures"]
        return figures

    def selected(self, as_of: date) -> Selection:
        """The features that the week's model was given."""
        path = self.data.week(as_of).path / "selected_features.json"
        return Selection.model_validate_json(path.read_text("utf-8"))


def replay(store: Store, monitoring: MonitoringParams) -> Iterator[tuple[WeeklyReport, list[str]]]:
    """The report of each week, made anew, and why its look back deserves a warning."""
    contract = store.catalog.load("features_contract")
    predictions, features = store.catalog.load("predictions@all"), store.catalog.load("features")
    first_champion = store.catalog.load("first_champion")
    exploration: ExplorationParams = store.params["exploration"]
    log = store.log_schema.empty_table()
    for as_of in store.weeks:
        window = store.params["window"].model_copy(update={"as_of": as_of})
        told = store.told(as_of)
        logged = ibis.memtable(log)
        shared = contract, window, monitoring
        realized = nodes.join_outcomes(predictions, features, *shared)
        daily = nodes.count_outcomes(features, contract, window)
        past = nodes.score_past_weeks(realized, daily, logged, LookBack(), *shared)
        upcoming = pd.read_parquet(store.data.predictions(as_of))
        now = nodes.describe_predictions(predictions, upcoming, past, logged, *shared)
        gain = nodes.score_first_champion(
            predictions, features, logged, first_champion, contract, window
        )
        wanted = set(store.selected(as_of).selected)
        drift = measure_drift(
            read_analysis_table(features, contract, window, exploration), exploration
        )
        chosen = [part for part in drift if part.column in wanted]
        report = nodes.judge_week(
            past,
            now,
            ModelFigures.model_validate({**told["model"], "retraining": gain}),
            FeatureFigures(
                drift=tuple(sorted(chosen, key=lambda part: -(part.psi or 0.0))),
                unseen=Unseen.model_validate(told["features"]["unseen"]),
            ),
            DataFigures.model_validate(told["data"]),
            window,
            monitoring,
        )
        row = pa.Table.from_pandas(nodes.log_week(report), store.log_schema, preserve_index=False)
        log = pa.concat_tables([log, row])
        last = past.last
        judged = realized[realized["as_of"] == last.as_of] if last else realized
        yield report, deserved(judged, last, task_of(contract)) if last else []


def deserved(rows: pd.DataFrame, score: WeekScore, task: Task) -> list[str]:
    """Why a week deserves a warning, whatever the rules say.

    Args:
        rows: Its predictions with their outcomes.
        score: What was found of them.
        task: What is predicted.
    """
    if not score.judged:
        return []
    reasons = ["lost to the trailing baseline"] if score.lost_to_trailing else []
    known = rows[rows["outcome"].notna()]
    sure = PerformanceParams(confidence=SURE)
    for part in task.level_parts(known["outcome"].to_numpy(float), task.stored(known)):
        shift = level_shift(known["cluster"].to_list(), part, sure)
        if shift.credible and abs(shift.effect) >= MISS:
            reasons.append(f"missed the level{' of ' * bool(part.label)}{part.label}")
    return reasons


def line(report: WeeklyReport, reasons: list[str]) -> str:
    """A week in one line."""
    last, task = report.figures.performance.last, report.figures.task
    judged = "" if last is None else f"{last.as_of}"
    figures = " " * 42
    if last is not None and last.judged:
        shift = max(last.shifts, key=lambda part: abs(part.effect_low))
        figures = (
            f"{task.show(last.mean_prediction):>7} {task.show(last.mean_outcome):>7} "
            f"{shift.shift:+6.2f} {last.loss:8.4f} {last.trailing_loss or 0:8.4f}"
        )
    return f"{report.as_of}  {judged:10}  {figures}  {report.status:4}  {'; '.join(reasons)}"


def summary(weeks: list[tuple[WeeklyReport, list[str]]]) -> str:
    """How many weeks that deserve a warning have one, and how many others."""
    warned = [(str(report.status) != "OK", bool(reasons)) for report, reasons in weeks]
    heard = sum(status and due for status, due in warned)
    others = sum(status and not due for status, due in warned)
    due = sum(due for _, due in warned)
    return f"{heard} of {due} that deserve it; {others} of {len(weeks) - due} others"


def main() -> None:
    """Print each week, and how well warnings and deserts agree in each half of the weeks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", help="Kedro's environment")
    parser.add_argument("--pages", type=Path, help="a folder for the reports that are made anew")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    store = Store(options.env)
    monitoring = store.params["monitoring"]
    print("as of       judged      predicted  came  shift     loss trailing  status  deserved for")
    weeks: list[tuple[WeeklyReport, list[str]]] = []
    for report, reasons in replay(store, monitoring):
        weeks.append((report, reasons))
        print(line(report, reasons), flush=True)
        for finding in report.findings:
            if str(finding.status) != "OK":
                print(f"    {finding.status} {finding.topic}: {finding.reason}")
        if options.pages:
            options.pages.mkdir(parents=True, exist_ok=True)
            (options.pages / f"{report.as_of}.html").write_text(render_report(report), "utf-8")
            text = report.model_dump_json(indent=1)
            (options.pages / f"{report.as_of}.json").write_text(text, "utf-8")
    print(f"odd weeks, tuned on: {summary(weeks[::2])}")
    print(f"even weeks, held back: {summary(weeks[1::2])}")
    print(f"all {len(weeks)} weeks: {summary(weeks)}")


if __name__ == "__main__":
    main()
