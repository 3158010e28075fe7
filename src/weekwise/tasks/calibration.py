"""What was predicted beside what happened."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.features.read_values import Floats

CALIBRATION_BINS = 10


def reliability_table(
    outcome: npt.ArrayLike, predicted: npt.ArrayLike, bins: int = CALIBRATION_BINS
) -> pd.DataFrame:
    """What was predicted and what happened, in bins of about equally many rows.

    Bins of equal mass rather than width: Nguyen and O'Connor, "Posterior calibration and
    exploratory analysis for natural language processing models", EMNLP 2015, section 3. Rows of
    the same prediction share a bin, so that the order of rows plays no part.

    Args:
        outcome: What happened, shape (n,).
        predicted: What was predicted, shape (n,).
        bins: How many bins, at most.

    Returns:
        One row a bin, by rising prediction: `rows`, `predicted` (their mean prediction), `realized`
        (their mean outcome), `lowest` and `highest` prediction.
    """
    truth, forecast = pair(outcome, predicted)
    frame = pd.DataFrame({"predicted": forecast, "realized": truth})
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.quantile(forecast, inner) if len(forecast) else np.empty(0)
    binned = frame.groupby(np.searchsorted(edges, forecast, side="right"))
    return binned.agg(
        rows=("predicted", "size"),
        predicted=("predicted", "mean"),
        realized=("realized", "mean"),
        lowest=("predicted", "min"),
        highest=("predicted", "max"),
    ).reset_index(drop=True)


def pair(outcome: npt.ArrayLike, predicted: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Outcomes and predictions as arrays of one length, without missing values.

    Raises:
        ValueError: If they do not match, or one is missing.
    """
    truth = np.asarray(outcome, dtype=np.float64)
    forecast = np.asarray(predicted, dtype=np.float64)
    if truth.shape != forecast.shape or truth.ndim != 1:
        raise ValueError(f"outcomes {truth.shape} and predictions {forecast.shape} do not match")
    if np.isnan(truth).any() or np.isnan(forecast).any():
        raise ValueError("outcomes and predictions must not be missing; leave such rows out")
    return truth, forecast
