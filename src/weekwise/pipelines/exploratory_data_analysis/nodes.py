"""The nodes of the exploratory analysis: from `features` to what is found, chosen and shown.

The measures themselves lie in the modules beside this one; a node names what it makes of them.
"""

from __future__ import annotations

from typing import Any

import ibis

from weekwise.analysis import association, correlation, selection, target
from weekwise.analysis import feature_drift as drifting
from weekwise.analysis import profile as summary
from weekwise.analysis.association import Association
from weekwise.analysis.correlation import Correlations
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import Profile
from weekwise.analysis.selection import Selection
from weekwise.analysis.table import AnalysisTable, read_analysis_table
from weekwise.analysis.target import TargetSummary
from weekwise.contract.model import Contract
from weekwise.features.window import Window
from weekwise.reports.exploration import data_findings as findings
from weekwise.reports.exploration import exploration_figures as figures
from weekwise.reports.exploration import exploration_page as report
from weekwise.reports.exploration.exploration import Exploration

SHOWN_PAIRS = 100


def read_features(features: ibis.Table, contract: Contract, window: Window) -> AnalysisTable:
    """Read the columns under table from the engine, once for all measures.

    Args:
        features: The model's own table.
        contract: What `features` is.
        window: The run's place in time.
    """
    return read_analysis_table(features, contract, window)


def summarize_columns(table: AnalysisTable, params: ExplorationParams) -> Profile:
    """Describe the rows, and each feature by itself: gaps, quantiles, distribution."""
    return summary.profile(table, params)


def summarize_target(table: AnalysisTable) -> TargetSummary:
    """Describe the target overall and over time.

    Raises:
        WeekwiseError: If the target is of a kind that cannot be explored yet.
    """
    return target.summarize(table)


def measure_associations(
    table: AnalysisTable, params: ExplorationParams
) -> tuple[Association, ...]:
    """Measure how each feature, alone, goes with the target.

    Raises:
        WeekwiseError: If the target is of a kind that cannot be explored yet.
    """
    return association.associate(table, params)


def correlate_features(table: AnalysisTable, params: ExplorationParams) -> Correlations:
    """Measure how features go with each other."""
    return correlation.correlate(table, params)


def measure_drift(table: AnalysisTable, params: ExplorationParams) -> tuple[FeatureDrift, ...]:
    """Measure how far the upcoming rows, and the last weeks, lie from history."""
    return drifting.measure(table, params)


def select_features(
    contract: Contract,
    profile: Profile,
    associations: tuple[Association, ...],
    correlations: Correlations,
    params: ExplorationParams,
) -> dict[str, Any]:
    """Choose the features to train on.

    Returns:
        `Selection` as plain data: `selected`, the features in the contract's order, and
        `dropped` and `kept`, lists of `feature` and `reason`.

    Raises:
        WeekwiseError: If the parameters name an unknown feature, or keep and drop the same one,
            or if no feature is left.
    """
    return selection.select(
        contract, profile.columns, associations, correlations, params
    ).model_dump(mode="json")


def collect_exploration(
    profile: Profile,
    target_summary: TargetSummary,
    associations: tuple[Association, ...],
    correlations: Correlations,
    drift: tuple[FeatureDrift, ...],
    selected_features: dict[str, Any],
    params: ExplorationParams,
) -> dict[str, Any]:
    """Gather all that was found, with what stands out.

    Returns:
        `Exploration` as plain data.
    """
    chosen = Selection.model_validate(selected_features)
    return Exploration(
        profile=profile,
        findings=findings.find(profile, target_summary, associations, drift, chosen, params),
        target=target_summary,
        associations=associations,
        correlations=correlations.strongest(SHOWN_PAIRS),
        drift=drift,
        selection=chosen,
        params=params,
    ).model_dump(mode="json")


def render_report(exploration: dict[str, Any], contract: Contract) -> str:
    """Write the report as one HTML page that opens with no network."""
    return report.render(Exploration.model_validate(exploration), contract)


def draw_target_rate(exploration: dict[str, Any]) -> figures.Figure:
    """Draw the target's rate by week."""
    return figures.target_rate(Exploration.model_validate(exploration))


def draw_missing(exploration: dict[str, Any]) -> figures.Figure:
    """Draw the share of missing values by feature."""
    return figures.missing(Exploration.model_validate(exploration))


def draw_distributions(exploration: dict[str, Any]) -> figures.Figure:
    """Draw the distribution of each feature in history and in the upcoming rows."""
    return figures.distributions(Exploration.model_validate(exploration))


def draw_associations(exploration: dict[str, Any]) -> figures.Figure:
    """Draw how each feature, alone, goes with the target."""
    return figures.associations(Exploration.model_validate(exploration))


def draw_correlation(exploration: dict[str, Any]) -> figures.Figure:
    """Draw how features go with each other."""
    return figures.correlation(Exploration.model_validate(exploration))


def draw_drift(exploration: dict[str, Any]) -> figures.Figure:
    """Draw the drift of the upcoming rows beside that of the last weeks."""
    return figures.drift(Exploration.model_validate(exploration))
