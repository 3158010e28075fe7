"""How far the upcoming rows of every feature lie from their season, and whether that is usual.

A week of one season never looks like the rest of the year, and the days of one week are alike. So
two questions are kept apart. Against all of history: what has the model learned from, and how
unlike is what it predicts now? That is told. Against the same season: has anything happened that
does not happen every week? Only that may warn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import computed_field

from weekwise.analysis.drift import (
    CategoryReference,
    Drift,
    DriftLevel,
    NumericReference,
    Reference,
    psi,
)
from weekwise.analysis.drift_measures import DriftLimits, beyond
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.season import season_weeks
from weekwise.analysis.table import AnalysisTable
from weekwise.contract.frozen import FrozenWithComputed


class FeatureDrift(FrozenWithComputed):
    """The upcoming rows of one feature, and past weeks, against their seasons.

    What follows from the attributes, such as `psi` and `unusual`, stands in its JSON too.

    Attributes:
        title: The feature's title in the contract.
        upcoming: The drift of the upcoming rows against all of history.
        season: The same against their season: the weeks before, and those of the same season in
            earlier years. None where rows have no time, or there is no such week.
        weeks: First days of the past weeks, the earliest first.
        recent: PSI of each of those weeks against its own season; None where it cannot be measured.
    """

    title: str
    upcoming: Drift
    season: Drift | None = None
    weeks: tuple[date, ...]
    recent: tuple[float | None, ...]

    @property
    def judged(self) -> Drift:
        """The drift that is judged: against the season, where there is one."""
        return self.season or self.upcoming

    @computed_field  # type: ignore[prop-decorator]
    @property
    def column(self) -> str:
        """The feature."""
        return self.upcoming.column

    @computed_field  # type: ignore[prop-decorator]
    @property
    def psi(self) -> float | None:
        """Population stability index of the upcoming rows; None where a sample is empty."""
        return self.judged.psi

    @computed_field  # type: ignore[prop-decorator]
    @property
    def level(self) -> DriftLevel:
        """What that PSI amounts to."""
        return self.judged.level

    @computed_field  # type: ignore[prop-decorator]
    @property
    def direction(self) -> str:
        """Which way the feature moved, in words."""
        return str(self.judged.direction)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def usual(self) -> float | None:
        """The largest PSI of the past weeks: what a week of this feature may look like."""
        return max(self._known, default=None)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unusual(self) -> bool:
        """Whether the drift is major, and further than any of the past weeks went."""
        if self.psi is None or self.level is not DriftLevel.MAJOR:
            return False
        return not self._known or beyond(self.psi, self._known)

    @property
    def _known(self) -> list[float]:
        return [psi for psi in self.recent if psi is not None]


def measure_drift(table: AnalysisTable, params: ExplorationParams) -> tuple[FeatureDrift, ...]:
    """Measure the drift of each feature.

    Args:
        table: History and the upcoming rows.
        params: How many weeks make a season, how many past ones are measured, and what is drift.
    """
    weeks = table.weeks_before(table.history)
    return tuple(_measure(table, name, weeks, params) for name in table.features)


def _measure(
    table: AnalysisTable, name: str, weeks: npt.NDArray[np.int32], params: ExplorationParams
) -> FeatureDrift:
    limits = params.drift
    past, coming = table.values(name, table.history), table.values(name, table.upcoming)
    reference: Reference
    if table.is_numeric(name):
        reference = NumericReference.of(name, past, limits)
    else:
        reference = CategoryReference.of(name, past, limits)
    upcoming = reference.compare(coming, limits)
    title = table.contract.columns[name].title
    if not table.is_timed or not table.history.rows:
        return FeatureDrift(title=title, upcoming=upcoming, weeks=(), recent=())
    by_week = _counts_by_week(reference, past, weeks)
    last = len(by_week) - 1
    season = np.isin(weeks, season_weeks(0, last, params.season_weeks))
    recent = [
        week for week in range(min(params.recent_weeks, last - 1), 0, -1) if by_week[week].any()
    ]
    return FeatureDrift(
        title=title,
        upcoming=upcoming,
        season=_within(reference, past, season).compare(coming, limits) if season.any() else None,
        weeks=tuple(table.week_start(week) for week in recent),
        recent=tuple(_psi_of(week, by_week, params.season_weeks, limits) for week in recent),
    )


def _counts_by_week(
    reference: Reference, past: Any, weeks: npt.NDArray[np.int32]
) -> npt.NDArray[np.int64]:
    """Rows of history by week before its end, from week 0 on, and by bin."""
    width, height = len(reference.labels), int(weeks.max()) + 1
    places = reference.places(past)
    cells = weeks.astype(np.int64) * width + places
    return np.bincount(cells, minlength=width * height).reshape(height, width)


def _psi_of(
    week: int, by_week: npt.NDArray[np.int64], season: int, limits: DriftLimits
) -> float | None:
    """The PSI of a past week against its own season; none where either has too few rows."""
    others = by_week[season_weeks(week, len(by_week) - 1, season)].sum(axis=0)
    if min(others.sum(), by_week[week].sum()) < limits.min_rows:
        return None
    return psi(others, by_week[week])


def _within(reference: Reference, past: Any, season: npt.NDArray[np.bool_]) -> Reference:
    """The same bins, with the rows of a season for all of history."""
    counts = np.bincount(reference.places(past)[season], minlength=len(reference.labels))
    if isinstance(reference, CategoryReference):
        return replace(reference, counts=counts)
    numbers = np.asarray(past, np.float64)[season]
    finite = numbers[np.isfinite(numbers)]
    mean = float(finite.mean()) if finite.size else np.nan
    deviation = float(finite.std()) if finite.size else 0.0
    return replace(reference, counts=counts, mean=mean, deviation=deviation)
