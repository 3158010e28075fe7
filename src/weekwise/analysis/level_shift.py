"""By how much a week's predictions missed the level of what happened, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from weekwise.analysis.bootstrap import resampled_sums
from weekwise.analysis.params import PerformanceParams
from weekwise.contract.frozen import Frozen
from weekwise.tasks.level_parts import LevelPart


class LevelShift(Frozen):
    """The shift that would have made a week's predictions meet what happened.

    Attributes:
        label: The class it is of; empty where there is but one level.
        predicted: The mean prediction.
        realized: The mean of what happened.
        shift: What would have to be added to every prediction: log-odds, or the target's own unit.
            Positive where predictions were too low.
        low: Lower end of its interval.
        high: Upper end of its interval.
        effect: The shift in standard deviations.
        effect_low: The end of its interval that is nearest to no shift, in standard deviations; 0
            where the interval holds no shift.
    """

    label: str = ""
    predicted: float
    realized: float
    shift: float
    low: float
    high: float
    effect: float
    effect_low: float

    @property
    def credible(self) -> bool:
        """Whether the interval leaves no shift out."""
        return self.effect_low != 0

    @property
    def too_high(self) -> bool:
        """Whether predictions were too high."""
        return self.shift < 0


def level_shift(
    clusters: Sequence[object], part: LevelPart, params: PerformanceParams
) -> LevelShift:
    """A shift with its interval from a bootstrap over days.

    Each draw takes one Newton step from the estimate, which for so smooth a score is all that is
    needed: Davison and Hinkley, *Bootstrap Methods and Their Application*, 1997, section 7.2.

    Args:
        clusters: What each row is drawn with: its day, or itself.
        part: The shift, with what each row says of it.
        params: `confidence`, `resamples` and `seed`.
    """
    pairs = pd.DataFrame({"residual": part.residuals, "weight": part.weights})
    sums = pairs.groupby(np.asarray(clusters)).sum().to_numpy()
    drawn = resampled_sums(sums, resamples=params.resamples, seed=params.seed)
    steps = (drawn[:, 0] - part.shrinkage * part.shift) / (drawn[:, 1] + part.shrinkage)
    tails = [1 - params.confidence, params.confidence]
    low, high = np.quantile(part.shift + steps, tails).tolist()
    nearest = low if low > 0 else min(high, 0.0)
    return LevelShift(
        label=part.label,
        predicted=part.predicted,
        realized=part.realized,
        shift=part.shift,
        low=low,
        high=high,
        effect=part.shift / part.scale,
        effect_low=nearest / part.scale,
    )
