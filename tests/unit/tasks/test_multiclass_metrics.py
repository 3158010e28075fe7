from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score

from weekwise.tasks.class_probabilities import off_zero
from weekwise.tasks.multiclass_metrics import by_class, log_losses, score
from weekwise.tasks.records import Metrics

CLASSES = 4


@st.composite
def judged(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """What happened, and the probabilities of four classes; not every class need happen."""
    rows = draw(st.integers(1, 30))
    outcome = draw(arrays(np.int64, rows, elements=st.integers(0, CLASSES - 1)))
    drawn = draw(arrays(np.float64, (rows, CLASSES), elements=st.floats(0, 1)))
    return outcome.astype(float), off_zero(drawn)


@given(judged())
def test_agrees_with_scikit_learn(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """Every metric is what scikit-learn computes, and the loss is the log loss."""
    outcome, predicted = pair
    chosen = predicted.argmax(axis=1)

    metrics = score(outcome, predicted)

    expected = log_loss(outcome, predicted, labels=range(CLASSES))
    assert metrics.loss == metrics.by_name["log_loss"] == pytest.approx(expected)
    assert log_losses(outcome, predicted).mean() == pytest.approx(expected)
    assert metrics.by_name["accuracy"] == pytest.approx(accuracy_score(outcome, chosen))
    assert metrics.by_name["macro_f1"] == pytest.approx(
        f1_score(outcome, chosen, average="macro", zero_division=0.0)
    )


@given(judged())
def test_each_class_by_itself(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """The classes share the rows; precision and recall are scikit-learn's where they exist."""
    outcome, predicted = pair
    chosen = predicted.argmax(axis=1)

    scores = by_class(outcome, predicted, list("abcd"))

    assert [part.label for part in scores] == list("abcd")
    assert sum(part.rows for part in scores) == len(outcome)
    assert sum(part.share for part in scores) == pytest.approx(1.0)
    assert sum(part.mean_prediction for part in scores) == pytest.approx(1.0)
    for place, part in enumerate(scores):
        assert sum(part.predicted_as) == part.rows
        arguments = {"labels": [place], "average": None, "zero_division": np.nan}
        (precision,) = precision_score(outcome, chosen, **arguments)
        (recall,) = recall_score(outcome, chosen, **arguments)
        expected = [None if np.isnan(value) else value for value in (precision, recall)]
        assert [part.precision, part.recall] == pytest.approx(expected)


def test_confidence_is_held_against_hits() -> None:
    """A model that is sure and right half the time is off by half."""
    predicted = off_zero(np.array([[1.0, 0.0], [1.0, 0.0]]))

    metrics = score([0.0, 1.0], predicted)

    assert metrics.by_name["calibration_error"] == pytest.approx(0.5, abs=1e-5)


def test_without_rows() -> None:
    """No rows have no metrics and no classes."""
    none = np.empty((0, 3))

    assert score([], none) == Metrics(rows=0)
    assert by_class([], none, list("abc")) == ()


@pytest.mark.parametrize(
    ("outcome", "predicted", "message"),
    [
        ([0.0], [[0.5, 0.5]] * 2, "do not match"),
        ([0.0], [0.5], "do not match"),
        ([np.nan], [[0.5, 0.5]], "must not be missing"),
    ],
)
def test_what_does_not_match_is_refused(outcome: list, predicted: list, message: str) -> None:
    """Rows that do not match, or have no outcome, are no rows to judge."""
    with pytest.raises(ValueError, match=message):
        score(outcome, predicted)
