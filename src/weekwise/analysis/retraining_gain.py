"""What retraining has earned: the models that served, against the first one kept for ever."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from weekwise.analysis.bootstrap import resampled_sums
from weekwise.contract.frozen import Frozen

CONFIDENCE = 0.95
RESAMPLES = 1000
FEWEST_WEEKS = 8
"""Over fewer weeks nothing is said of whether retraining pays."""


class ServedAndFirst(Frozen):
    """One week's outcomes, scored by the model that served and by the first champion.

    Attributes:
        as_of: The run that predicted them.
        rows: Rows with an outcome that both could predict.
        served_version: The model that served.
        first_version: The first champion.
        served_loss: The mean loss of what was predicted.
        first_loss: The mean loss of what the first champion would have predicted.
    """

    as_of: date
    rows: int
    served_version: str
    first_version: str
    served_loss: float
    first_loss: float

    @property
    def gain(self) -> float:
        """By how much the first champion's loss is over that of the model that served."""
        return self.first_loss - self.served_loss


class RetrainingGain(Frozen):
    """What retraining has earned so far, over the weeks that both models could predict.

    Attributes:
        weeks: The weeks, the oldest first.
        served_loss: Mean loss of the models that served, over the rows of all weeks.
        first_loss: Mean loss of the first champion on the same rows.
        low: Lower end of the one-sided confidence interval of `first_loss - served_loss`, from a
            bootstrap over weeks.
        high: Upper end of it.
        why_not: Why the last week could not be compared; empty if it could, or none is over yet.
    """

    weeks: tuple[ServedAndFirst, ...] = ()
    served_loss: float | None = None
    first_loss: float | None = None
    low: float | None = None
    high: float | None = None
    why_not: str = ""

    @property
    def gain(self) -> float | None:
        """By how much retraining has lowered the loss; negative if it has raised it."""
        if self.first_loss is None or self.served_loss is None:
            return None
        return self.first_loss - self.served_loss

    @property
    def better_weeks(self) -> int:
        """In how many weeks the model that served did better."""
        return sum(week.gain > 0 for week in self.weeks)

    @property
    def retrained_weeks(self) -> int:
        """In how many weeks another model than the first one served."""
        return sum(week.served_version != week.first_version for week in self.weeks)

    @property
    def pays(self) -> bool | None:
        """Whether retraining credibly lowers the loss; none if there are too few weeks to tell."""
        if self.low is None or self.retrained_weeks < FEWEST_WEEKS:
            return None
        return self.low > 0

    @property
    def harms(self) -> bool:
        """Whether retraining credibly raises the loss."""
        return self.pays is False and self.high is not None and self.high < 0


def gain_over(weeks: Sequence[ServedAndFirst], why_not: str = "") -> RetrainingGain:
    """What retraining has earned over some weeks.

    Args:
        weeks: The weeks, in any order; of several with one date the last counts.
        why_not: Why the last week could not be compared.
    """
    ordered = sorted({week.as_of: week for week in weeks}.values(), key=lambda week: week.as_of)
    if not ordered:
        return RetrainingGain(why_not=why_not)
    rows = np.array([week.rows for week in ordered], np.float64)
    gains = np.array([week.gain for week in ordered])
    drawn = resampled_sums(np.column_stack([gains * rows, rows]), resamples=RESAMPLES, seed=0)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [1 - CONFIDENCE, CONFIDENCE]).tolist()
    served = [week.served_loss for week in ordered]
    first = [week.first_loss for week in ordered]
    return RetrainingGain(
        weeks=tuple(ordered),
        served_loss=float(np.average(served, weights=rows)),
        first_loss=float(np.average(first, weights=rows)),
        low=low,
        high=high,
        why_not=why_not,
    )
