"""How good probabilities are: loss, ranking, calibration; overall and by slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.model import Frozen
from weekwise.features.model_frame import Floats, text_of

CALIBRATION_BINS = 10
_EPSILON = 1e-15
_BOTH_CLASSES = 2


class Metrics(Frozen):
    """How good some probabilities are; none where a figure has no meaning for the rows.

    Attributes:
        rows: Rows counted.
        positive_rate: Share of positive outcomes.
        log_loss: Mean negative log-likelihood in nats, the primary figure; lower is better.
        roc_auc: Chance that a positive row ranks above a negative one; none without both classes.
        pr_auc: Average precision; none without both classes.
        brier: Mean squared error of the probabilities; lower is better.
        calibration_error: Expected calibration error over equal-mass bins; lower is better.
    """

    rows: int
    positive_rate: float | None = None
    log_loss: float | None = None
    roc_auc: float | None = None
    pr_auc: float | None = None
    brier: float | None = None
    calibration_error: float | None = None


class SliceMetrics(Frozen):
    """How good the probabilities of one slice are.

    Attributes:
        column: What the rows were sliced by.
        value: The slice's value of it, as text.
        metrics: The figures of its rows.
    """

    column: str
    value: str
    metrics: Metrics


def score(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> Metrics:
    """Every figure of some probabilities.

    Args:
        outcome: What happened, shape (n,), 0 or 1 (or booleans).
        probability: Of a positive outcome, shape (n,), 0 to 1.

    Returns:
        The figures. With no rows all but `rows` are none; with one class both AUCs are.
    """
    truth, forecast = _pair(outcome, probability)
    if not len(truth):
        return Metrics(rows=0)
    roc_auc, pr_auc = _areas(truth, forecast)
    return Metrics(
        rows=len(truth),
        positive_rate=float(truth.mean()),
        log_loss=float(log_losses(truth, forecast).mean()),
        roc_auc=roc_auc,
        pr_auc=pr_auc,
        brier=float(np.square(forecast - truth).mean()),
        calibration_error=calibration_error(truth, forecast),
    )


def baseline_metrics(outcome: npt.ArrayLike, rate: float) -> Metrics:
    """Every figure of the baseline that gives each row the same probability.

    Args:
        outcome: What happened, shape (n,), 0 or 1.
        rate: The probability, such as the positive rate of the training rows.
    """
    return score(outcome, np.full(len(np.asarray(outcome)), rate))


def log_losses(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> Floats:
    """Negative log-likelihood of each row in nats, shape (n,), finite even at 0 and 1."""
    truth, forecast = _pair(outcome, probability)
    forecast = forecast.clip(_EPSILON, 1 - _EPSILON)
    losses: Floats = -np.log(np.where(truth == 1, forecast, 1 - forecast))
    return losses


def reliability_table(
    outcome: npt.ArrayLike, probability: npt.ArrayLike, bins: int = CALIBRATION_BINS
) -> pd.DataFrame:
    """What was forecast and what came, in bins of about equally many rows.

    Bins of equal mass rather than width: Nguyen and O'Connor, "Posterior calibration and
    exploratory analysis for natural language processing models", EMNLP 2015, section 3. Rows of
    the same probability share a bin, so that the order of rows plays no part.

    Args:
        outcome: What happened, shape (n,), 0 or 1.
        probability: Of a positive outcome, shape (n,), 0 to 1.
        bins: How many bins, at most.

    Returns:
        One row a bin, by rising probability: `rows`, `forecast` (mean probability), `observed`
        (share of positive outcomes), `lowest` and `highest` probability.
    """
    truth, forecast = _pair(outcome, probability)
    frame = pd.DataFrame({"forecast": forecast, "observed": truth})
    inner = np.linspace(0, 1, bins + 1)[1:-1]
    edges = np.quantile(forecast, inner) if len(forecast) else np.empty(0)
    binned = frame.groupby(np.searchsorted(edges, forecast, side="right"))
    return binned.agg(
        rows=("forecast", "size"),
        forecast=("forecast", "mean"),
        observed=("observed", "mean"),
        lowest=("forecast", "min"),
        highest=("forecast", "max"),
    ).reset_index(drop=True)


def calibration_error(
    outcome: npt.ArrayLike, probability: npt.ArrayLike, bins: int = CALIBRATION_BINS
) -> float | None:
    """Expected calibration error: the mean gap between forecast and observed over the bins.

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
    gaps = (table["forecast"] - table["observed"]).abs()
    return float((gaps * table["rows"]).sum() / table["rows"].sum())


def slice_metrics(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    outcome: str,
    probability: str = "probability",
    min_rows: int = 500,
) -> list[SliceMetrics]:
    """The figures of each value of some columns.

    Args:
        frame: One row a prediction, with the columns named.
        columns: What to slice by; missing values are a slice of their own.
        outcome: The column of outcomes, 0 or 1.
        probability: The column of probabilities.
        min_rows: Slices with fewer rows are left out: their figures are noise.

    Returns:
        By column, then by value.
    """
    return [
        SliceMetrics(column=name, value=value, metrics=score(rows[outcome], rows[probability]))
        for name in columns
        for value, rows in frame.groupby(slice_values(frame[name]), sort=True)
        if len(rows) >= min_rows
    ]


def slice_values(column: pd.Series[Any]) -> pd.Series[str]:
    """The slice that each row is in, as text, shape (n,)."""
    codes, distinct = pd.factorize(column)
    texts = np.array([*(text_of(value) for value in distinct), text_of(None)], dtype=object)
    return pd.Series(texts[codes], index=column.index, name=column.name)


def _pair(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[Floats, Floats]:
    truth = np.asarray(outcome, dtype=np.float64)
    forecast = np.asarray(probability, dtype=np.float64)
    if truth.shape != forecast.shape or truth.ndim != 1:
        raise ValueError(f"outcomes {truth.shape} and probabilities {forecast.shape} do not match")
    if np.isnan(truth).any() or np.isnan(forecast).any():
        raise ValueError("outcomes and probabilities must not be missing; leave such rows out")
    return truth, forecast


def _areas(truth: Floats, forecast: Floats) -> tuple[float | None, float | None]:
    if len(np.unique(truth)) < _BOTH_CLASSES:
        return None, None
    from sklearn.metrics import average_precision_score, roc_auc_score

    return (
        float(roc_auc_score(truth, forecast)),
        float(average_precision_score(truth, forecast)),
    )
