"""How good probabilities are: loss, ranking, calibration."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from weekwise.features.read_values import Floats
from weekwise.tasks.calibration import CALIBRATION_BINS, pair, reliability_table
from weekwise.tasks.records import Metrics

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
    truth, forecast = pair(outcome, probability)
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
    truth, forecast = pair(outcome, probability)
    forecast = forecast.clip(_EPSILON, 1 - _EPSILON)
    losses: Floats = -np.log(np.where(truth == 1, forecast, 1 - forecast))
    return losses


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


def _areas(truth: Floats, forecast: Floats) -> dict[str, float]:
    if len(np.unique(truth)) < _BOTH_CLASSES:
        return {}
    from sklearn.metrics import average_precision_score, roc_auc_score

    return {
        "roc_auc": float(roc_auc_score(truth, forecast)),
        "pr_auc": float(average_precision_score(truth, forecast)),
    }
