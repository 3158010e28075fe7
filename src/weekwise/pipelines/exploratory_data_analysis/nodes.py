"""What the exploratory analysis makes of its measures: one result, and its figures.

The measures themselves are functions of `weekwise.analysis`, and nodes as they are.
"""

from __future__ import annotations

from weekwise.analysis.association import Association
from weekwise.analysis.correlation import Correlations
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import Profile
from weekwise.analysis.selection import Selection
from weekwise.analysis.target import TargetSummary
from weekwise.contract.model import Contract
from weekwise.reports.charts import ChartFigure
from weekwise.reports.exploration import exploration_figures
from weekwise.reports.exploration.data_findings import find
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.exploration.exploration_figures import ExplorationFigures
from weekwise.reports.exploration.exploration_page import render_exploration

SHOWN_PAIRS = 100
FIGURES = ExplorationFigures._fields
"""The figures that `draw_exploration` gives, in its order."""


def collect_exploration(
    profile: Profile,
    target_summary: TargetSummary,
    associations: tuple[Association, ...],
    correlations: Correlations,
    drift: tuple[FeatureDrift, ...],
    selection: Selection,
    params: ExplorationParams,
) -> Exploration:
    """Gather all that was measured, with what stands out.

    Args:
        profile: The columns one by one.
        target_summary: The target overall and over time.
        associations: Each feature with the target.
        correlations: The features with each other; the strongest pairs are kept.
        drift: The upcoming rows against history.
        selection: The features to train on.
        params: The settings it was all measured with.
    """
    return Exploration(
        profile=profile,
        findings=find(profile, target_summary, associations, drift, selection, params.keep),
        target=target_summary,
        associations=associations,
        correlations=correlations.strongest(SHOWN_PAIRS),
        drift=drift,
        selection=selection,
        params=params,
    )


def draw_exploration(exploration: Exploration, features_contract: Contract) -> ExplorationFigures:
    """Draw what was measured.

    Args:
        exploration: What was measured.
        features_contract: What the table is; it gives values their labels.

    Returns:
        The figures, in the order of `FIGURES`.
    """
    return ExplorationFigures(
        target_rate=exploration_figures.target_rate(exploration),
        missing=exploration_figures.missing(exploration),
        distributions=exploration_figures.distributions(exploration, features_contract),
        associations=exploration_figures.associations(exploration),
        correlation=exploration_figures.correlation(exploration),
        drift=exploration_figures.drift(exploration),
    )


def write_exploration_page(
    exploration: Exploration, features_contract: Contract, *figures: ChartFigure
) -> str:
    """The exploration report as one HTML page.

    Args:
        exploration: What was measured.
        features_contract: What the table is; it gives values their labels.
        figures: The charts, in the order of `FIGURES`.
    """
    return render_exploration(exploration, features_contract, ExplorationFigures(*figures))
