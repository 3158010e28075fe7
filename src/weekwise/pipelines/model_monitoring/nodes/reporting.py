"""The week's status, its row of the log, and its report."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from weekwise.analysis.retraining_gain import RetrainingGain
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.contract.derive import ROW_ID
from weekwise.contract.model import Contract
from weekwise.features.window import Window
from weekwise.model.contenders import CurrentChampion
from weekwise.model.evaluation import Evaluation
from weekwise.model.search import Search
from weekwise.model.shadow_scores import compared
from weekwise.model.verdict import Verdict
from weekwise.quality.gate_result import GateResult
from weekwise.reports.weekly import read
from weekwise.reports.weekly.monitoring_log import log_row
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


def describe_model(
    verdict: Verdict,
    evaluation: Evaluation,
    champion: CurrentChampion,
    retraining_gain: RetrainingGain,
    features_contract: Contract,
    window: Window,
    search: Search,
) -> ModelFigures:
    """The promotion gate's decision, and what the holdout expected of the model in service.

    Args:
        verdict: The decision.
        evaluation: The holdout's figures of challenger, champion and baseline.
        champion: The model that the verdict asks for, if there is one.
        retraining_gain: What retraining has earned so far.
        features_contract: What it has to predict.
        window: The run's place in time.
        search: The search that chose some of the settings, if one did.

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
        retraining=retraining_gain,
        search=search if search.leaderboard else None,
    )


def describe_data(
    wrangling_summary: WranglingSummary,
    gate_results: Mapping[str, Callable[[], GateResult]],
    shadow_days: pd.DataFrame,
    features_contract: Contract,
    window: Window,
) -> DataFigures:
    """Rows in and out, what the data gate said of them, and what the service kept of its shadow.

    Args:
        wrangling_summary: What data wrangling reports of itself.
        gate_results: For each table a loader of what the data gate said of it.
        shadow_days: What the service has kept of its shadow, by day; those from the run's date on
            do not count.
        features_contract: What the features are.
        window: The run's place in time.

    Raises:
        AsOfError: If the summary is another week's.
    """
    read.check_as_of("wrangling_summary", wrangling_summary.as_of, window)
    results = [load() for _, load in sorted(gate_results.items())]
    figures = read.data_of(wrangling_summary, results, has_key=ROW_ID not in features_contract.key)
    return figures.model_copy(update={"shadows": compared(shadow_days, window.as_of)})


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
