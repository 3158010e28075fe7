"""All that the exploratory analysis says: the shape of `exploration.json`."""

from __future__ import annotations

from weekwise.analysis.association import Association
from weekwise.analysis.correlation import Correlations
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.profile import Profile
from weekwise.analysis.selection import Selection
from weekwise.analysis.target import TargetSummary
from weekwise.contract.frozen import Frozen
from weekwise.reports.finding import Finding
from weekwise.tasks import TASKS
from weekwise.tasks.base import Task


class Exploration(Frozen):
    """All of it.

    Attributes:
        profile: The rows and columns of the table.
        findings: What is worth a person's time, the most severe first.
        target: The target over past rows.
        associations: Each feature with the target, in the contract's order.
        correlations: The features with each other.
        drift: The upcoming rows against their season and against history.
        selection: What is trained on.
        params: The settings it was all found with.
    """

    profile: Profile
    findings: tuple[Finding, ...]
    target: TargetSummary
    associations: tuple[Association, ...]
    correlations: Correlations
    drift: tuple[FeatureDrift, ...]
    selection: Selection
    params: ExplorationParams

    @property
    def task(self) -> Task:
        """What is predicted."""
        return TASKS[self.target.task]

    @property
    def titles(self) -> dict[str, str]:
        """What people call the features, by name."""
        return {column.name: column.title for column in self.profile.columns}

    @property
    def by_drift(self) -> tuple[FeatureDrift, ...]:
        """The drift of the features, the furthest first."""
        return tuple(sorted(self.drift, key=lambda feature: -(feature.psi or 0.0)))
