"""From earlier predictions and their outcomes to the week's status and report. Every node is pure.

A rerun of an old week must say what it said then: whatever tables hold of weeks on or after the
as-of date is left out before anything else is done with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import cast

import ibis
import numpy as np
import pandas as pd

from weekwise.analysis.outcomes import LookBack, news_of_outcomes
from weekwise.analysis.past_predictions import cluster, matchable, recent, row_text, weeks_of
from weekwise.analysis.performance import (
    ExpectedPerformance,
    calibration_bins,
    class_scores,
    score_week,
    worst_slices,
)
from weekwise.analysis.selection import Selection
from weekwise.analysis.unseen import Unseen, find_unseen
from weekwise.analysis.upcoming import UpcomingPredictions, describe_upcoming
from weekwise.contract.derive import ROW_ID, categorical
from weekwise.contract.model import Contract
from weekwise.errors import ContractError
from weekwise.features.window import Window
from weekwise.model.contenders import CurrentChampion
from weekwise.model.evaluation import Evaluation
from weekwise.model.verdict import Verdict
from weekwise.quality.gate_result import GateResult
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.weekly import read
from weekwise.reports.weekly.monitoring_log import expected_by_week, log_row
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.rules import judge
from weekwise.reports.weekly.weekly_page import render_report
from weekwise.reports.weekly.weekly_report import (
    DataFigures,
    FeatureFigures,
    Figures,
    ModelFigures,
    RealizedPerformance,
    WeeklyReport,
)
from weekwise.reports.wrangling_summary import WranglingSummary
from weekwise.tasks import task_of
from weekwise.tasks.base import Task
from weekwise.tasks.records import Baseline


def join_outcomes(
    predictions: ibis.Table,
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
    monitoring: MonitoringParams,
) -> pd.DataFrame:
    """Earlier predictions whose outcome is due, each with its outcome if that is known.

    Args:
        predictions: All weeks' predictions: `as_of`, the contract's key, the task's columns,
            `model_version`.
        features: Rows of the feature table; past ones without an outcome are not in it.
        features_contract: Its contract.
        window: The run's place in time.
        monitoring: How many weeks to judge, and by which columns they are sliced.

    Returns:
        One row a prediction, ordered by week and key: `as_of`, `row` (the key as text), `cluster`
        (the day, or without a time the row), the task's columns, `model_version`, `outcome` (a
        number or missing) and the slices' columns, which are missing where the outcome is. Weeks
        whose predictions lack a column of the key or of the task are left out.
    """
    task = task_of(features_contract)
    made = matchable(
        recent(predictions, monitoring.performance.trend_weeks, window),
        features,
        features_contract,
    )
    known = window.history(features, features_contract).mutate(
        outcome=task.outcome(ibis._[features_contract.target])
    )
    slices = _slice_columns(monitoring, features_contract)
    shown = [name for name in slices if name not in features_contract.key]
    joined = made.left_join(
        known.select(*features_contract.key, *shown, "outcome"), list(features_contract.key)
    )
    due = window.due(joined, features_contract).order_by("as_of", *features_contract.key)
    rows = due.mutate(
        cluster=cluster(due, features_contract), row=row_text(due, features_contract)
    ).select("as_of", "row", "cluster", *task.output_names, "model_version", "outcome", *slices)
    return _frame(rows)


def note_outcomes(
    realized_predictions: pd.DataFrame,
    predictions: ibis.Table,
    features: ibis.Table,
    outcome_log: ibis.Table,
    features_contract: Contract,
    window: Window,
    monitoring: MonitoringParams,
) -> tuple[pd.DataFrame, LookBack]:
    """Outcomes that this run is the first to know, or that have changed since.

    Args:
        realized_predictions: Earlier predictions with their outcomes.
        predictions: All weeks' predictions.
        features: Rows of the feature table.
        outcome_log: What earlier runs noted: `as_of`, `row`, and `outcome` as text.
        features_contract: The features' contract.
        window: The run's place in time.
        monitoring: How many weeks are judged.

    Returns:
        What to note, and what looking back cannot see or what has changed.
    """
    earlier = outcome_log.filter(outcome_log.as_of < ibis.literal(window.as_of)).order_by("as_of")
    realized = realized_predictions[["row", "outcome"]]
    task = task_of(features_contract)
    realized = realized.assign(outcome=task.outcome_texts(realized["outcome"].to_numpy(np.float64)))
    news, corrected = news_of_outcomes(realized, _frame(earlier.drop("as_of")))
    made = recent(predictions, monitoring.performance.trend_weeks, window)
    unmatched = weeks_of(made) - weeks_of(matchable(made, features, features_contract))
    news.insert(0, "as_of", window.as_of)
    return news, LookBack(unmatched=tuple(sorted(unmatched)), corrected=corrected)


def count_outcomes(
    features: ibis.Table, features_contract: Contract, window: Window
) -> pd.DataFrame:
    """What happened, by day, for what history alone would have predicted.

    Args:
        features: Rows of the feature table.
        features_contract: Its contract.
        window: The run's place in time.

    Returns:
        One row a day of history, in order: `day`, `rows`, and the task's sums over them. Without a
        time all rows are of one day, before every other.
    """
    history = window.history(features, features_contract)
    sums = task_of(features_contract).sums(history[features_contract.target])
    time = features_contract.time
    day = ibis.literal(date.min) if time is None else history[time].cast("date")
    by_day = history.group_by(day=day).agg(rows=history.count(), **sums)
    return _frame(by_day.order_by("day"))


def score_past_weeks(
    realized_predictions: pd.DataFrame,
    daily_outcomes: pd.DataFrame,
    monitoring_log: ibis.Table,
    look_back: LookBack,
    features_contract: Contract,
    window: Window,
    monitoring: MonitoringParams,
) -> RealizedPerformance:
    """How each earlier week's predictions did, against what the holdout expected of them.

    Args:
        realized_predictions: Earlier predictions with their outcomes.
        daily_outcomes: Outcomes by day, for what a week's history alone would have predicted.
        monitoring_log: Earlier weeks' rows; each keeps the expected made for its upcoming days.
        look_back: What cannot be seen, and what has changed.
        features_contract: What the rows are.
        window: The run's place in time.
        monitoring: The limits.
    """
    earlier = monitoring_log.filter(monitoring_log.as_of < ibis.literal(window.as_of))
    expected = expected_by_week(_frame(earlier))
    grouped = realized_predictions.groupby("as_of", sort=True)
    weeks = [(cast("date", as_of), rows) for as_of, rows in grouped]
    if not weeks:
        return RealizedPerformance(look_back=look_back)
    task = task_of(features_contract)

    def made(as_of: date) -> Window:
        return window.model_copy(update={"as_of": as_of})

    scores = [
        score_week(
            rows,
            _baseline_before(daily_outcomes, made(as_of).history_end(features_contract), task),
            expected.get(as_of, ExpectedPerformance()),
            monitoring.performance,
            task,
        )
        for as_of, rows in weeks
    ]
    as_of, last = weeks[-1]
    baseline = _baseline_before(daily_outcomes, made(as_of).history_end(features_contract), task)
    return RealizedPerformance(
        weeks=tuple(scores),
        calibration=calibration_bins(last, task),
        classes=class_scores(last, task),
        slices=worst_slices(last, baseline, monitoring.slices, task),
        look_back=look_back,
    )


def describe_predictions(
    predictions: ibis.Table,
    predictions_file: pd.DataFrame,
    features_contract: Contract,
    window: Window,
    monitoring: MonitoringParams,
) -> UpcomingPredictions:
    """This week's predictions as a whole, and how they differ from the last weeks'.

    Args:
        predictions: All weeks' predictions; earlier ones are what this week's are compared with.
        predictions_file: This week's: `as_of`, the task's columns, `model_version`.
        features_contract: What the rows are.
        window: The run's place in time.
        monitoring: How many weeks to compare with, and what counts as drift.

    Raises:
        AsOfError: If this week's predictions are another week's.
    """
    if predictions_file.empty:
        return UpcomingPredictions(rows=0)
    task = task_of(features_contract)
    read.check_as_of("predictions_file", predictions_file["as_of"].iloc[0], window)
    earlier = recent(predictions, monitoring.reference_weeks, window)
    # Other columns were stored while the target was of another type.
    earlier = earlier.select(*task.output_names).drop_null(task.output_names)
    return describe_upcoming(predictions_file, _frame(earlier), task, monitoring.predictions_drift)


def find_unseen_categories(
    features: ibis.Table,
    features_contract: Contract,
    selected_features: Selection,
    window: Window,
) -> Unseen:
    """Categories that the upcoming rows have and history does not.

    Args:
        features: Rows of the feature table.
        features_contract: Its contract.
        selected_features: The features that the model is given.
        window: The run's place in time.
    """
    selected = set(selected_features.selected)
    return find_unseen(
        window.upcoming(features, features_contract),
        window.history(features, features_contract),
        [name for name in categorical(features_contract) if name in selected],
    )


def describe_features(
    exploration: Exploration,
    selected_features: Selection,
    unseen_categories: Unseen,
    window: Window,
) -> FeatureFigures:
    """The upcoming rows' features beside history's.

    Args:
        exploration: What exploration found.
        selected_features: The features that the model is given.
        unseen_categories: Categories of the upcoming rows that history does not know.
        window: The run's place in time.

    Raises:
        AsOfError: If the exploration is another week's.
    """
    read.check_as_of("exploration", exploration.profile.as_of, window)
    return FeatureFigures(
        drift=read.drift_of(exploration, selected_features), unseen=unseen_categories
    )


def describe_model(
    verdict: Verdict,
    evaluation: Evaluation,
    champion: CurrentChampion,
    features_contract: Contract,
    window: Window,
) -> ModelFigures:
    """The promotion gate's decision, and what the holdout expected of the model in service.

    Args:
        verdict: The decision.
        evaluation: The holdout's figures of challenger, champion and baseline.
        champion: The model that the verdict asks for, if there is one.
        features_contract: What it has to predict.
        window: The run's place in time.

    Raises:
        AsOfError: If either is another week's.
    """
    read.check_as_of("verdict", verdict.as_of, window)
    read.check_as_of("evaluation", evaluation.as_of, window)
    return ModelFigures(
        task=verdict.task,
        verdict=read.verdict_of(verdict),
        expected=read.expected_of(verdict, evaluation),
        no_model=read.no_model(champion, features_contract),
        fitted=read.fitted_again(champion),
    )


def describe_data(
    wrangling_summary: WranglingSummary,
    gate_results: Mapping[str, Callable[[], GateResult]],
    features_contract: Contract,
    window: Window,
) -> DataFigures:
    """Rows in and out, and what the data gate said of them.

    Args:
        wrangling_summary: What data wrangling reports of itself.
        gate_results: For each table a loader of what the data gate said of it.
        features_contract: What the features are.
        window: The run's place in time.

    Raises:
        AsOfError: If the summary is another week's.
    """
    read.check_as_of("wrangling_summary", wrangling_summary.as_of, window)
    results = [load() for _, load in sorted(gate_results.items())]
    return read.data_of(wrangling_summary, results, has_key=ROW_ID not in features_contract.key)


def judge_week(
    realized_performance: RealizedPerformance,
    upcoming_predictions: UpcomingPredictions,
    model_figures: ModelFigures,
    feature_figures: FeatureFigures,
    data_figures: DataFigures,
    window: Window,
    monitoring: MonitoringParams,
) -> WeeklyReport:
    """Give the week its status, with the reasons and what to do next.

    Args:
        realized_performance: How earlier predictions did.
        upcoming_predictions: This week's predictions as a whole.
        model_figures: The model that made them.
        feature_figures: The upcoming rows' features.
        data_figures: What the run was made of.
        window: The run's place in time.
        monitoring: The limits.
    """
    return judge(
        Figures(
            as_of=window.as_of,
            end=data_figures.upcoming_end,
            performance=realized_performance,
            predictions=upcoming_predictions,
            model=model_figures,
            features=feature_figures,
            data=data_figures,
        ),
        monitoring,
    )


def log_week(judged_week: WeeklyReport) -> pd.DataFrame:
    """The week's row of the monitoring log.

    A row is written once, at its own week: it keeps what is expected of the upcoming days, which
    the next weeks hold their outcomes against, and what was found of the days before. So it is a
    function of what that week knew, and running the week again replaces that row only.

    Args:
        judged_week: The week's report.

    Returns:
        One row. What is expected is under `upcoming_*`; the last judged week is that of
        `realized_as_of`, whose figures are missing where there were no outcomes yet.
    """
    return log_row(judged_week)


def draw_report(
    judged_week: WeeklyReport, verdict: Verdict, monitoring_week: pd.DataFrame
) -> tuple[str, Verdict, WeeklyReport]:
    """The weekly report for people and for programs, and the release of the model it tells of.

    Kedro saves a node's outputs in their order: the page, then the release, so that no champion is
    in service that no report explains. The JSON file tells others that the week is complete. So it
    comes last, and after the monitoring log.

    Args:
        judged_week: The week's report.
        verdict: What the promotion gate decided; saving it as a release carries it out.
        monitoring_week: The week's row of the monitoring log, for the order's sake only.

    Returns:
        The page, the verdict, and the report itself.
    """
    del monitoring_week
    return render_report(judged_week), verdict, judged_week


def _slice_columns(monitoring: MonitoringParams, contract: Contract) -> list[str]:
    for name in monitoring.slices.columns:
        if name not in contract.columns:
            raise ContractError(
                f"parameter monitoring.slices.columns names {name}, which is not a column of "
                f"{contract.table}; use some of: {', '.join(contract.features)}"
            )
    return list(monitoring.slices.columns)


def _baseline_before(daily: pd.DataFrame, end: date, task: Task) -> Baseline | None:
    """What the history before some date predicts by itself."""
    before = daily[daily["day"] < end].drop(columns="day")
    sums = {str(name): float(column.sum()) for name, column in before.items()}
    return task.baseline_of_sums(int(sums["rows"]), sums) if sums["rows"] else None


def _frame(table: ibis.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame
