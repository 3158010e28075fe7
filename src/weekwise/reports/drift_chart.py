"""The drift of features as bars, the same in both reports."""

from __future__ import annotations

from collections.abc import Sequence

from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.reports.charts import Bar, ChartFigure, bars, bars_height
from weekwise.wording import fixed


def drift_figure(drift: Sequence[FeatureDrift]) -> ChartFigure:
    """The PSI of the upcoming rows against their season, above the largest of the past weeks.

    Args:
        drift: The features, in the order to show them in.
    """
    rows = [
        Bar(
            feature.title,
            feature.psi,
            second=feature.usual,
            tone="warn" if feature.unusual else "accent",
        )
        for feature in drift
    ]
    chart = bars(
        rows,
        title="PSI of the upcoming rows against their season; below it, the largest of past weeks",
        show=lambda psi: fixed(psi, 3),
        names=("Feature", "PSI"),
    )
    return ChartFigure("Drift of the upcoming rows", chart, bars_height(len(rows)))
