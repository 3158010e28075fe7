"""What two models' predictions of the same rows have in common: decisions, and how far apart."""

from __future__ import annotations

import numpy as np
import pytest

from loaded_models import loaded_delays, loaded_faults, loaded_trains


def test_yes_or_no() -> None:
    """A decision is yes from the threshold on; a difference is one of probabilities."""
    predictor = loaded_trains().predictor
    task, settings = predictor.task, predictor.settings
    predicted = np.array([0.0, settings.threshold, 1.0])

    decisions = task.decisions(predicted, settings)
    assert decisions is not None
    assert decisions.tolist() == [False, True, True]
    assert task.differences(predicted, predicted + 0.25).tolist() == pytest.approx([0.25] * 3)


def test_classes() -> None:
    """A decision is the most likely class; a difference is that of the class furthest apart."""
    predictor = loaded_faults().predictor
    task = predictor.task
    predicted = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.2, 0.6, 0.1]])
    other = np.array([[0.4, 0.5, 0.0, 0.1], [0.1, 0.1, 0.7, 0.1]])

    decisions = task.decisions(predicted, predictor.settings)
    assert decisions is not None
    assert decisions.tolist() == ["No fault", "Brake"]
    assert task.differences(predicted, other).tolist() == pytest.approx([0.4, 0.1])


def test_numbers() -> None:
    """A number decides nothing; a difference is one of numbers, not of their intervals."""
    predictor = loaded_delays().predictor
    task = predictor.task
    predicted, other = np.array([[10.0, 5.0, 20.0]]), np.array([[7.0, 0.0, 99.0]])

    assert task.decisions(predicted, predictor.settings) is None
    assert task.differences(predicted, other).tolist() == [3.0]
