"""The report's sections that compare: upcoming rows with history, and features with each other."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from weekwise.analysis.drift import DriftLevel
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.reports.charts import Bar, ChartFigure, bars, sparkline
from weekwise.reports.exploration.exploration import Exploration
from weekwise.reports.html.blocks import Heading, badge, details, figure, table
from weekwise.reports.html.markup import join
from weekwise.reports.html.page import Section
from weekwise.wording import fixed

STRONGEST_PAIRS = 15
MOST_UNUSUAL = 3


def drift_section(exploration: Exploration, chart: ChartFigure) -> Section:
    """Every feature's upcoming rows against its season.

    Args:
        exploration: What was measured.
        chart: Its drift, as bars.
    """
    ranked = exploration.by_drift
    rows = [
        [
            feature.title,
            fixed(feature.psi),
            fixed(feature.upcoming.psi),
            join([sparkline([*feature.recent, feature.psi], title=_trend(feature))]),
            _level(feature),
            feature.direction,
        ]
        for feature in ranked
    ]
    headings: list[str | Heading] = [
        "Feature",
        Heading("PSI", "number"),
        Heading("Against all of history", "number"),
        "Past weeks",
        "Level",
        "Largest move",
    ]
    lead = (
        "How far the upcoming rows lie from their season: the weeks right before, and those around "
        "the same week of earlier years. Any week differs from others: what counts is whether it "
        "differs more than past weeks did from theirs."
    )
    if not exploration.profile.upcoming_rows:
        lead = "There are no upcoming rows to compare with history."
    parts = [
        table("Population stability index, the largest first", headings, rows),
        *_unusual_features(ranked),
        details("The same as bars", chart.block),
    ]
    return Section("Drift", parts, lead=lead)


def _trend(feature: FeatureDrift) -> str:
    recent = ", ".join(fixed(psi) for psi in feature.recent)
    return f"PSI of past weeks: {recent}; upcoming: {fixed(feature.psi)}"


def _level(feature: FeatureDrift) -> Markup:
    level = "steady" if feature.level is DriftLevel.NONE else feature.level.value
    if feature.unusual:
        return badge(f"{level}, unusual", tone="warn")
    return badge(f"{level}, as usual" if feature.judged.drifted else level)


def _unusual_features(ranked: Sequence[FeatureDrift]) -> list[Markup]:
    """The bins of the features that moved unusually."""
    unusual = [feature for feature in ranked if feature.unusual][:MOST_UNUSUAL]
    return [figure(_bins(feature)) for feature in unusual]


def _bins(feature: FeatureDrift) -> Markup:
    drift = feature.upcoming
    rows = [
        Bar(
            drift_bin.label,
            drift_bin.reference / max(1, drift.reference_rows),
            second=drift_bin.current / max(1, drift.current_rows),
        )
        for drift_bin in drift.bins
    ]
    title = f"{feature.title}: share of rows by bin, history in blue, upcoming in orange"
    return bars(rows, title=title, names=("Bin", "History"))


def correlation_section(exploration: Exploration, chart: ChartFigure) -> Section:
    """The features with each other.

    Args:
        exploration: What was measured.
        chart: Its correlations, as a square.
    """
    titles = exploration.titles
    rows = [
        [titles[pair.first], titles[pair.second], pair.measure, fixed(pair.value)]
        for pair in exploration.correlations.pairs[:STRONGEST_PAIRS]
    ]
    headings: list[str | Heading] = [
        "Feature",
        "Feature",
        "Measure",
        Heading("Strength", "number"),
    ]
    pairs = table("The strongest pairs", headings, rows)
    return Section("Features with each other", [chart.block, pairs])
