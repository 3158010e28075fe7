"""How the models of a run do on its holdout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.model import Frozen
from weekwise.features.model_frame import Floats
from weekwise.tasks.binary_metrics import Metrics, SliceMetrics


@dataclass(frozen=True)
class HoldoutScores:
    """The holdout's rows with what each model makes of them.

    Attributes:
        dates: Each row's date, shape (n,), datetime64.
        outcome: What happened, shape (n,), 0 or 1.
        slices: The features to slice by, shape (n, any).
        challenger: The challenger's probabilities, shape (n,); none if no model was trained.
        champion: The current champion's probabilities, shape (n,); none if there is none.
    """

    dates: npt.NDArray[np.datetime64]
    outcome: Floats
    slices: pd.DataFrame
    challenger: Floats | None
    champion: Floats | None


class ReliabilityBin(Frozen):
    """One bin of a reliability table.

    Attributes:
        rows: Rows in the bin.
        forecast: Their mean probability.
        observed: Share of them with a positive outcome.
        lowest: Their lowest probability.
        highest: Their highest probability.
    """

    rows: int
    forecast: float
    observed: float
    lowest: float
    highest: float


class ModelEvaluation(Frozen):
    """One model on the holdout.

    Attributes:
        metrics: Over all rows.
        slices: By value of the slicing features.
        reliability: What was forecast and what came, by bins of probability.
    """

    metrics: Metrics
    slices: tuple[SliceMetrics, ...]
    reliability: tuple[ReliabilityBin, ...]


class Evaluation(Frozen):
    """Every model of a run on its holdout.

    Attributes:
        as_of: The run's logical date.
        holdout_start: First date of the holdout.
        holdout_end: The first date after it.
        rows: Its rows.
        challenger: The newly trained model; none if no model was trained.
        champion: The champion before this run; none if there was none.
        baseline: The training history's positive rate as everybody's probability.
    """

    as_of: date
    holdout_start: date
    holdout_end: date
    rows: int
    challenger: ModelEvaluation | None
    champion: ModelEvaluation | None
    baseline: Metrics
