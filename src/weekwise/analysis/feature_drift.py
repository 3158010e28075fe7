"""The upcoming rows of every feature, and the last weeks, against history."""

from __future__ import annotations

import numpy as np

from weekwise.analysis.drift import CategoryReference, NumericReference
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.results import FeatureDrift
from weekwise.analysis.table import AnalysisTable


def measure(table: AnalysisTable, params: ExplorationParams) -> tuple[FeatureDrift, ...]:
    """Measure the drift of each feature.

    One week never looks like half a year: the season alone moves it. So the last weeks are
    measured against the same history, to show how far a week of each feature usually lies.
    """
    weeks = table.weeks_before(table.history)
    recent = [week for week in range(params.recent_weeks, 0, -1) if (weeks == week).any()]
    places = {week: np.flatnonzero(weeks == week) for week in recent}
    return tuple(_measure(table, name, places, params) for name in table.features)


def _measure(
    table: AnalysisTable, name: str, weeks: dict[int, np.ndarray], params: ExplorationParams
) -> FeatureDrift:
    limits = params.drift
    past = table.values(name, table.history)
    kind = NumericReference if table.is_numeric(name) else CategoryReference
    reference = kind.of(name, past, limits)
    return FeatureDrift(
        title=table.contract.columns[name].title,
        upcoming=reference.compare(table.values(name, table.upcoming), limits),
        weeks=tuple(table.week_start(week) for week in weeks),
        recent=tuple(reference.compare(past[places], limits).psi for places in weeks.values()),
    )
