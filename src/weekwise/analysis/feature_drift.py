"""The upcoming rows of every feature, and the last weeks, against history."""

from __future__ import annotations

from datetime import date

import numpy as np
from pydantic import computed_field

from weekwise.analysis.drift import CategoryReference, Drift, DriftLevel, NumericReference
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.table import AnalysisTable
from weekwise.contract.frozen import FrozenWithComputed


class FeatureDrift(FrozenWithComputed):
    """The upcoming rows of one feature, and some past weeks, against its history.

    What follows from the attributes, such as `psi` and `unusual`, stands in its JSON too.

    Attributes:
        title: The feature's title in the contract.
        upcoming: The drift of the upcoming rows.
        weeks: First days of the past weeks, the earliest first.
        recent: PSI of each of those weeks; None where a week has no rows.
    """

    title: str
    upcoming: Drift
    weeks: tuple[date, ...]
    recent: tuple[float | None, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def column(self) -> str:
        """The feature."""
        return self.upcoming.column

    @computed_field  # type: ignore[prop-decorator]
    @property
    def psi(self) -> float | None:
        """Population stability index of the upcoming rows; None where a sample is empty."""
        return self.upcoming.psi

    @computed_field  # type: ignore[prop-decorator]
    @property
    def level(self) -> DriftLevel:
        """What that PSI amounts to."""
        return self.upcoming.level

    @computed_field  # type: ignore[prop-decorator]
    @property
    def direction(self) -> str:
        """Which way the feature moved, in words."""
        return str(self.upcoming.direction)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def usual(self) -> float | None:
        """The largest PSI of the past weeks: what a week of this feature may look like."""
        return max((psi for psi in self.recent if psi is not None), default=None)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unusual(self) -> bool:
        """Whether the drift is major, and further than any of the past weeks went.

        A season drifts from the rest of its year, and says nothing of the feed.
        """
        if self.psi is None or self.level is not DriftLevel.MAJOR:
            return False
        return self.usual is None or self.psi > self.usual


def measure_drift(table: AnalysisTable, params: ExplorationParams) -> tuple[FeatureDrift, ...]:
    """Measure the drift of each feature.

    One week never looks like half a year: the season alone moves it. So the last weeks are
    measured against the same history, to show how far a week of each feature usually lies.
    """
    weeks = table.weeks_before(table.history)  # without a time all are 0, and none is recent
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
