"""The upcoming rows of every feature, and the last weeks, against history."""

from __future__ import annotations

import numpy as np

from weekwise.features.drift import CategoryReference, NumericReference
from weekwise.pipelines.exploratory_data_analysis.params import ExplorationParams
from weekwise.pipelines.exploratory_data_analysis.results import FeatureDrift
from weekwise.pipelines.exploratory_data_analysis.study import Study


def measure(study: Study, params: ExplorationParams) -> tuple[FeatureDrift, ...]:
    """Measure the drift of each feature.

    One week never looks like half a year: weather and season alone move it. So the last weeks are
    measured against the same history, to show how far a week of each feature usually lies.
    """
    weeks = study.weeks_before(study.history)
    recent = [week for week in range(params.recent_weeks, 0, -1) if (weeks == week).any()]
    places = {week: np.flatnonzero(weeks == week) for week in recent}
    return tuple(_measure(study, name, places, params) for name in study.features)


def _measure(
    study: Study, name: str, weeks: dict[int, np.ndarray], params: ExplorationParams
) -> FeatureDrift:
    limits = params.drift
    past = study.values(name, study.history)
    kind = NumericReference if study.is_numeric(name) else CategoryReference
    reference = kind.of(name, past, limits)
    return FeatureDrift(
        title=study.contract.columns[name].title,
        upcoming=reference.compare(study.values(name, study.upcoming), limits),
        weeks=tuple(study.week_start(week) for week in weeks),
        recent=tuple(reference.compare(past[places], limits).psi for places in weeks.values()),
    )
