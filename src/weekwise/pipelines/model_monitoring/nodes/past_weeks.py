"""Earlier weeks' predictions and what happened since."""

from __future__ import annotations

from datetime import date
from typing import cast

import ibis
import numpy as np
import pandas as pd

from weekwise.analysis.daily_outcomes import baselines_before
from weekwise.analysis.outcomes import LookBack, news_of_outcomes
from weekwise.analysis.past_predictions import (
    cluster,
    matchable,
    over_weeks,
    recent,
    row_text,
    weeks_of,
    with_outcomes,
)
from weekwise.analysis.performance import (
    Baselines,
    ExpectedPerformance,
    calibration_bins,
    class_scores,
    score_week,
)
from weekwise.analysis.retraining_gain import RetrainingGain, ServedAndFirst, gain_over
from weekwise.analysis.worst_slices import worst_slices
from weekwise.contract.model import Contract
from weekwise.errors import ContractError
from weekwise.features.engines import frame_of
from weekwise.features.window import Window
from weekwise.model.compatibility import why_not
from weekwise.model.contenders import CurrentChampion
from weekwise.reports.weekly.monitoring_log import expected_by_week, first_champion_weeks
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.weekly_report import RealizedPerformance
from weekwise.tasks import task_of


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
    return frame_of(rows)


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
        What to note, and what cannot be compared or what has changed.
    """
    earlier = outcome_log.filter(outcome_log.as_of < ibis.literal(window.as_of)).order_by("as_of")
    realized = realized_predictions[["row", "outcome"]]
    task = task_of(features_contract)
    realized = realized.assign(outcome=task.outcome_texts(realized["outcome"].to_numpy(np.float64)))
    news, corrected = news_of_outcomes(realized, frame_of(earlier.drop("as_of")))
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
    return frame_of(by_day.order_by("day"))


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
    expected = expected_by_week(frame_of(earlier))
    grouped = realized_predictions.groupby("as_of", sort=True)
    weeks = [(cast("date", as_of), rows) for as_of, rows in grouped]
    if not weeks:
        return RealizedPerformance(look_back=look_back)
    task = task_of(features_contract)
    trailing_days = monitoring.performance.trailing_days

    def baselines(as_of: date) -> Baselines:
        end = window.model_copy(update={"as_of": as_of}).history_end(features_contract)
        return baselines_before(daily_outcomes, end, trailing_days, task)

    scores = [
        score_week(
            rows,
            baselines(as_of),
            expected.get(as_of, ExpectedPerformance()),
            monitoring.performance,
            task,
        )
        for as_of, rows in weeks
    ]
    as_of, last = weeks[-1]
    return RealizedPerformance(
        weeks=tuple(scores),
        calibration=calibration_bins(last, task),
        classes=class_scores(last, task),
        slices=worst_slices(last, baselines(as_of).history, monitoring.slices, task),
        look_back=look_back,
    )


def score_first_champion(
    predictions: ibis.Table,
    features: ibis.Table,
    monitoring_log: ibis.Table,
    first_champion: CurrentChampion,
    features_contract: Contract,
    window: Window,
) -> RetrainingGain:
    """What retraining has earned: each week's outcomes, scored by the first champion as well.

    Only the newest week whose outcomes are all due is scored; what was found of earlier ones is in
    the log.

    Args:
        predictions: All weeks' predictions.
        features: Rows of the feature table.
        monitoring_log: Earlier weeks' rows.
        first_champion: The first model that ever served, if it can still be had.
        features_contract: The features' contract.
        window: The run's place in time.
    """
    earlier = frame_of(monitoring_log.filter(monitoring_log.as_of < ibis.literal(window.as_of)))
    known = first_champion_weeks(earlier)
    champion = first_champion.champion
    over = over_weeks(predictions, features_contract, window)
    if champion is None or over is None:
        return gain_over(known)
    fault = why_not(champion.predictor, features_contract)
    if fault is not None:
        return gain_over(known, f"version {champion.version}, the first champion, cannot: {fault}")
    made = matchable(predictions.filter(predictions.as_of == over), features, features_contract)
    rows = frame_of(with_outcomes(made, features, features_contract, window))
    if rows.empty:
        return gain_over(known)
    task = task_of(features_contract)
    outcome = task.outcomes(rows[features_contract.target])
    first = task.aligned(champion.predictor.predict(rows), champion.predictor.task)
    week = ServedAndFirst(
        as_of=over,
        rows=len(rows),
        served_version=", ".join(sorted(rows["model_version"].unique())),
        first_version=champion.version,
        served_loss=float(task.losses(outcome, task.stored(rows)).mean()),
        first_loss=float(task.losses(outcome, first).mean()),
    )
    return gain_over([*known, week])


def _slice_columns(monitoring: MonitoringParams, contract: Contract) -> list[str]:
    for name in monitoring.slices.columns:
        if name not in contract.columns:
            raise ContractError(
                f"parameter monitoring.slices.columns names {name}, which is not a column of "
                f"{contract.table}; use some of: {', '.join(contract.features)}"
            )
    return list(monitoring.slices.columns)
