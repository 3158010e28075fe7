"""The upcoming rows and their predictions beside those of the weeks before."""

from __future__ import annotations

import ibis
import pandas as pd

from weekwise.analysis.estimated_loss import misses_of
from weekwise.analysis.past_predictions import of_target, recent
from weekwise.analysis.selection import Selection
from weekwise.analysis.unseen import Unseen, find_unseen
from weekwise.analysis.upcoming import UpcomingPredictions, describe_upcoming
from weekwise.contract.derive import categorical
from weekwise.contract.model import Contract
from weekwise.features.engines import frame_of
from weekwise.features.window import Window
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.weekly import read
from weekwise.reports.weekly.monitoring_log import past_psi
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.weekly_report import FeatureFigures, RealizedPerformance
from weekwise.tasks import task_of


def describe_predictions(
    predictions: ibis.Table,
    predictions_file: pd.DataFrame,
    realized_performance: RealizedPerformance,
    monitoring_log: ibis.Table,
    features_contract: Contract,
    window: Window,
    monitoring: MonitoringParams,
) -> UpcomingPredictions:
    """This week's predictions as a whole, and how they differ from the last weeks'.

    Args:
        predictions: All weeks' predictions; earlier ones are what this week's are compared with.
        predictions_file: This week's: `as_of`, the task's columns, `model_version`.
        realized_performance: Earlier weeks, which show how far an estimated loss may be off.
        monitoring_log: Earlier weeks' rows, with how far their predictions lay from those before.
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
    earlier = of_target(earlier, features_contract)
    earlier = earlier.select(*task.output_names).drop_null(task.output_names)
    log = monitoring_log.filter(monitoring_log.as_of < ibis.literal(window.as_of))
    return describe_upcoming(
        predictions_file,
        frame_of(earlier),
        task,
        monitoring.predictions_drift,
        past_psi=past_psi(frame_of(log)),
        misses=misses_of(realized_performance.estimates),
    )


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
