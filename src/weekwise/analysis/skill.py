"""Skill: the share of a baseline's loss that a model saves on the same rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from weekwise.analysis.bootstrap import resampled_sums
from weekwise.analysis.params import PerformanceParams
from weekwise.contract.frozen import Frozen
from weekwise.features.read_values import Floats


class Skill(Frozen):
    """The share of the baseline's loss that a model saves on the same rows.

    One is perfect, zero is no better than the baseline, less is worse (a skill score:
    Wilks, *Statistical Methods in the Atmospheric Sciences*, 2011, section 8.1.4).

    Attributes:
        value: The skill.
        low: The lower end of its one-sided confidence interval.
        high: The upper end of its one-sided confidence interval.
    """

    value: float
    low: float
    high: float


def skill_of(
    clusters: Sequence[object], losses: Floats, baseline: Floats, params: PerformanceParams
) -> Skill:
    """A model's skill, with an interval from a bootstrap over days.

    Whole days are drawn, since the rows of one day share what happened on it; rows without a time
    are drawn one by one. Model and baseline are compared on the same draw.

    Args:
        clusters: What each row is drawn with: its day, or itself.
        losses: The model's loss of each row.
        baseline: The baseline's loss of each row.
        params: `confidence`, `resamples` and `seed`.
    """
    pairs = pd.DataFrame({"model": losses, "baseline": baseline})
    sums = pairs.groupby(np.asarray(clusters)).sum().to_numpy()
    drawn = resampled_sums(sums, resamples=params.resamples, seed=params.seed)
    low, high = np.quantile(
        1 - drawn[:, 0] / drawn[:, 1], [1 - params.confidence, params.confidence]
    )
    model, constant = sums.sum(axis=0)
    return Skill(value=1 - model / constant, low=low, high=high)


def is_worse(skill: Skill | None, expected: float | None, params: PerformanceParams) -> bool:
    """Whether a week's skill is credibly under what must be kept of the expected.

    Args:
        skill: The week's skill; None where there is too little to judge.
        expected: The skill on the holdout. Where it is unknown or negative the model must at
            least not be worse than the baseline.
        params: `kept_skill` says how much of the expected must be kept.
    """
    if skill is None:
        return False
    return skill.high < params.kept_skill * max(0.0, expected or 0.0)
