"""A week's predictions as a whole, beside those of the weeks before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from weekwise.analysis.drift import (
    Drift,
    DriftBin,
    DriftLevel,
    DriftLimits,
    categorical_drift,
    numeric_drift,
)
from weekwise.analysis.drift_measures import beyond
from weekwise.analysis.estimated_loss import EstimatedLoss, estimate_loss
from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats
from weekwise.tasks.base import Task


class ClassMean(Frozen):
    """What is predicted of one class.

    Attributes:
        label: What people call it.
        mean: Its mean probability.
        earlier_mean: The same of the earlier weeks' predictions, if there are any.
    """

    label: str
    mean: float
    earlier_mean: float | None = None


class UpcomingPredictions(Frozen):
    """This week's predictions as a whole.

    Attributes:
        rows: How many.
        model_version: The model that made them.
        mean: The mean prediction; None without rows.
        earlier_mean: The mean of the earlier weeks' predictions, if there are any.
        summary: The task's sentence about them; empty without rows.
        drift: Against those of the earlier weeks; None if there are none.
        histogram: Rows by prediction, this week's (`current`) and the earlier weeks'
            (`reference`).
        classes: The mean probability of each class, where a class is predicted.
        past_psi: The PSI of past weeks' predictions, each against those of the weeks before it.
        estimated: The loss that these predictions speak of; none where they do not.
    """

    rows: int
    model_version: str = ""
    mean: float | None = None
    earlier_mean: float | None = None
    summary: str = ""
    drift: Drift | None = None
    histogram: tuple[DriftBin, ...] = ()
    classes: tuple[ClassMean, ...] = ()
    past_psi: tuple[float, ...] = ()
    estimated: EstimatedLoss | None = None

    @property
    def unusual(self) -> bool:
        """Whether they drifted majorly, and further than those of any past week."""
        if self.drift is None or self.drift.psi is None or not self.past_psi:
            return False
        return self.drift.level is DriftLevel.MAJOR and beyond(self.drift.psi, self.past_psi)


def describe_upcoming(
    predictions: pd.DataFrame,
    earlier: pd.DataFrame,
    task: Task,
    limits: DriftLimits,
    *,
    past_psi: Sequence[float] = (),
    misses: Sequence[float] = (),
) -> UpcomingPredictions:
    """Describe a week's predictions.

    Args:
        predictions: The week's, at least one: the task's columns and `model_version`.
        earlier: Those of the weeks before: the task's columns.
        task: What is predicted.
        limits: What counts as drift.
        past_psi: The PSI of past weeks' predictions, each against those of the weeks before it.
        misses: How far past weeks' losses lay from their estimates, on a logarithmic scale.
    """
    stored_before, stored_now = task.stored(earlier), task.stored(predictions)
    before, now = task.level(stored_before), task.level(stored_now)
    return UpcomingPredictions(
        rows=now.size,
        model_version=", ".join(sorted(predictions["model_version"].unique())),
        mean=float(now.mean()),
        earlier_mean=float(before.mean()) if before.size else None,
        summary=task.summary(predictions),
        drift=_drift(task, stored_before, stored_now, limits) if before.size else None,
        histogram=_histogram(task, before, now),
        classes=_classes(task, stored_before, stored_now),
        past_psi=tuple(past_psi),
        estimated=estimate_loss(stored_now, task, misses),
    )


def _drift(task: Task, before: Floats, now: Floats, limits: DriftLimits) -> Drift:
    """How far the predicted classes, or else the levels, moved."""
    name = task.outputs[0].name
    earlier, current = task.categories(before), task.categories(now)
    if earlier is not None and current is not None:
        return categorical_drift(name, earlier, current, limits)
    return numeric_drift(name, task.level(before), task.level(now), limits)


def _classes(task: Task, before: Floats, now: Floats) -> tuple[ClassMean, ...]:
    earlier = task.class_means(before) if len(before) else {}
    return tuple(
        ClassMean(label=label, mean=mean, earlier_mean=earlier.get(label))
        for label, mean in task.class_means(now).items()
    )


def _histogram(task: Task, before: Floats, now: Floats) -> tuple[DriftBin, ...]:
    edges = task.level_edges(np.concatenate([before, now]))
    return tuple(
        DriftBin(label=f"{task.edge(low)} to {task.edge(high)}", reference=int(p), current=int(q))
        for low, high, p, q in zip(
            edges[:-1],
            edges[1:],
            np.histogram(before, edges)[0],
            np.histogram(now, edges)[0],
            strict=True,
        )
    )
