"""How good the probabilities of some classes are: loss, hits, and each class by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from weekwise.features.read_values import Floats
from weekwise.tasks.binary_metrics import calibration_error
from weekwise.tasks.records import ClassScore, Codes, Metrics

_EPSILON = 1e-15


def score(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> Metrics:
    """Every metric of some probabilities.

    Args:
        outcome: What happened, as places of classes, shape (n,).
        probabilities: Of each class, shape (n, k).

    Returns:
        `log_loss`, mean negative log-likelihood in nats, which is also the loss; `accuracy`, the
        share of rows whose most likely class is what happened; `macro_f1`, the mean of the F1
        scores of all classes that happened or were predicted; `calibration_error`, the expected
        calibration error of the most likely class (Guo, Pleiss, Sun and Weinberger, "On calibration
        of modern neural networks", ICML 2017, section 2). Without rows, none.
    """
    truth, forecast = pair(outcome, probabilities)
    if not truth.size:
        return Metrics(rows=0)
    from sklearn.metrics import f1_score

    chosen = forecast.argmax(axis=1)
    loss = float(log_losses(truth, forecast).mean())
    values = {
        "log_loss": loss,
        "accuracy": float((chosen == truth).mean()),
        "macro_f1": float(f1_score(truth, chosen, average="macro", zero_division=0.0)),
        "calibration_error": calibration_error(chosen == truth, forecast.max(axis=1)) or 0.0,
    }
    return Metrics(rows=truth.size, loss=loss, by_name=values)


def log_losses(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> Floats:
    """Negative log-likelihood of each row in nats, shape (n,), finite even at 0."""
    truth, forecast = pair(outcome, probabilities)
    happened = forecast[np.arange(truth.size), truth]
    losses: Floats = -np.log(happened.clip(_EPSILON, 1.0))
    return losses


def by_class(
    outcome: npt.ArrayLike, probabilities: npt.ArrayLike, labels: Sequence[str]
) -> tuple[ClassScore, ...]:
    """Each class by itself: its share, what was predicted of it, precision and recall.

    Args:
        outcome: What happened, as places of classes, shape (n,).
        probabilities: Of each class, shape (n, k).
        labels: What people call the classes, in their order.
    """
    truth, forecast = pair(outcome, probabilities)
    if not truth.size:
        return ()
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(truth, forecast.argmax(axis=1), labels=range(len(labels)))
    means = forecast.mean(axis=0)
    return tuple(
        ClassScore(
            label=label,
            rows=int(counts[place].sum()),
            share=float(counts[place].sum() / truth.size),
            mean_prediction=float(means[place]),
            precision=_ratio(counts[place, place], counts[:, place].sum()),
            recall=_ratio(counts[place, place], counts[place].sum()),
            predicted_as=tuple(int(count) for count in counts[place]),
        )
        for place, label in enumerate(labels)
    )


def pair(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> tuple[Codes, Floats]:
    """Outcomes as places of classes, shape (n,), and probabilities, shape (n, k).

    Raises:
        ValueError: If they do not match, or one is missing.
    """
    truth = np.asarray(outcome, dtype=np.float64)
    forecast = np.asarray(probabilities, dtype=np.float64)
    if truth.ndim != 1 or forecast.ndim != 2 or len(truth) != len(forecast):  # noqa: PLR2004
        raise ValueError(f"outcomes {truth.shape} and predictions {forecast.shape} do not match")
    if np.isnan(truth).any() or np.isnan(forecast).any():
        raise ValueError("outcomes and predictions must not be missing; leave such rows out")
    return truth.astype(np.int32), forecast


def _ratio(part: int, of: int) -> float | None:
    return float(part / of) if of else None
