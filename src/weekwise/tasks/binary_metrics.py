"""How good probabilities are: loss, ranking, calibration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.features.model_frame import Floats
from weekwise.tasks.base import Metrics

CALIBRATION_BINS = 10
_EPSILON = 1e-15
_BOTH_CLASSES = 2


def score(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> Metrics:
    """Every metric of some probabilities.

    Args:
        outcome: What happened, shape (n,), 0 or 1 (or booleans).
        probability: Of a positive outcome, shape (n,), 0 to 1.

    Returns:
        `log_loss`, mean negative log-likelihood in nats, which is also the loss; `roc_auc`, the
        chance that a positive row ranks above a negative one, and `pr_auc`, average precision, both
        only where there are both classes; `brier`, mean squared error; `calibration_error`,
        expected calibration error over equal-mass bins; `positive_rate`. Without rows, none.
    """
    truth, forecast = _pair(outcome, probability)
    if not len(truth):
        return Metrics(rows=0)
    loss = float(log_losses(truth, forecast).mean())
    values = {
        "positive_rate": float(truth.mean()),
        "log_loss": loss,
        **_areas(truth, forecast),
        "brier": float(np.square(forecast - truth).mean()),
        "calibration_error": calibration_error(truth, forecast) or 0.0,
    }
    return Metrics(rows=len(truth), loss=loss, by_name=values)


def log_losses(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> Floats:
    """Negative log-likelihood of each row in nats, shape (n,), finite even at 0 and 1."""
    truth, forecast = _pair(outcome, probability)
    forecast = forecast.clip(_EPSILON, 1 - _EPSILON)
    losses: Floats = -np.log(np.where(truth == 1, forecast, 1 - forecast))
    return losses


def reliability_table(
    outcome: npt.ArrayLike, probability: npt.ArrayLike, bins: int = CALIBRATION_BINS
) -> pd.DataFrame:
    """What was predicted and what happened, in bins of about equally many rows.

    Bins of equal mass rather than width: Nguyen and O'Connor, "Posterior calibration and
    exploratory analysis for natural language processing models", EMNLP 2015, section 3. Rows of
    the same probability share a bin, so that the order of rows plays no part.

    Args:
        outcome: What happened, shape (n,), 0 or 1.
        probability: Of a positive outcome, shape (n,), 0 to 1.
        bins: How many bins, at most.

    Returns:
        One row a bin, by rising probability: `rows`, `predicted` (mean probability),
        `realized` (share of positive outcomes), `lowest` and `highest` probability.
    """
    truth, forecast = _pair(outcome, probability)
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


def calibration_error(
    outcome: npt.ArrayLike, probability: npt.ArrayLike, bins: int = CALIBRATION_BINS
) -> float | None:
    """Expected calibration error: the mean gap between predicted and realized over the bins.

    Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
    AAAI 2015, over the equal-mass bins of `reliability_table`.

    Args:
        outcome: What happened, shape (n,), 0 or 1.
        probability: Of a positive outcome, shape (n,), 0 to 1.
        bins: How many bins, at most.

    Returns:
        From 0 to 1, or none with no rows.
    """
    table = reliability_table(outcome, probability, bins)
    if table.empty:
        return None
    gaps = (table["predicted"] - table["realized"]).abs()
    return float((gaps * table["rows"]).sum() / table["rows"].sum())


def _pair(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[Floats, Floats]:
    truth = np.asarray(outcome, dtype=np.float64)
    forecast = np.asarray(probability, dtype=np.float64)
    if truth.shape != forecast.shape or truth.ndim != 1:
        raise ValueError(f"outcomes {truth.shape} and probabilities {forecast.shape} do not match")
    if np.isnan(truth).any() or np.isnan(forecast).any():
        raise ValueError("outcomes and probabilities must not be missing; leave such rows out")
    return truth, forecast


def _areas(truth: Floats, forecast: Floats) -> dict[str, float]:
    if len(np.unique(truth)) < _BOTH_CLASSES:
        return {}
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "roc_auc": float(roc_auc_score(truth, forecast)),
        "pr_auc": float(average_precision_score(truth, forecast)),
    }
