"""What each input adds to a prediction itself, where its SHAP values add up to a score."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from weekwise.features.read_values import Floats
from weekwise.tasks.base import Task
from weekwise.tasks.number_losses import loss_named
from weekwise.tasks.records import Settings

_POINTS = 64


@dataclass(frozen=True)
class Effects:
    """How the inputs of one row lead to its prediction.

    Attributes:
        start: What is predicted before any input counts.
        of_inputs: What each input adds, shape (inputs,). With `start` they add up to the
            prediction.
    """

    start: float
    of_inputs: Floats


def effects(task: Task, parts: Floats, settings: Settings) -> Effects:
    """Turn the SHAP values of one row into probability, or into the target's unit.

    All inputs are taken in at once, little by little, and each gets what its SHAP value changes on
    the way: the Aumann-Shapley value along that line, as in Sundararajan, Taly and Yan, "Axiomatic
    attribution for deep networks", ICML 2017. With one score each SHAP value is scaled alike, so
    that order and signs stay.

    Args:
        task: What is predicted.
        parts: What each input adds to each score, shape (inputs + 2,) or (scores, inputs + 2): the
            last two are what every row starts from.
        settings: The model's.
    """
    added = np.atleast_2d(parts)
    start, of_inputs = added[:, -2:].sum(axis=1), added[:, :-2]
    total = of_inputs.sum(axis=1)
    chosen = int((start + total).argmax())
    places, weights = _line()

    def predicted(way: Floats) -> Floats:
        scores = start + way[:, None] * total
        return task.of_scores(scores[:, 0] if parts.ndim == 1 else scores, settings)

    first, last = task.told(predicted(np.array([0.0, 1.0])), chosen)
    if settings.never_negative and total[0] and not loss_named(settings.loss).on_log_scale:
        # Where predictions end at zero there is a bend, which places on the line would miss.
        above_zero = np.clip((last - first) / total[0], 0.0, 1.0)
        return Effects(float(first), of_inputs[0] * above_zero)
    slopes = task.slopes(predicted(places), chosen, settings)
    return Effects(start=float(first), of_inputs=weights @ slopes @ of_inputs)


@cache
def _line() -> tuple[Floats, Floats]:
    """Places from 0 to 1 and their weights: Gauss and Legendre's."""
    places, weights = np.polynomial.legendre.leggauss(_POINTS)
    return (places + 1) / 2, weights / 2
