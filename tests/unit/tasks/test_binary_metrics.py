from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from weekwise.tasks.binary_metrics import calibration_error, log_losses, reliability_table, score
from weekwise.tasks.records import Metrics

PROBABILITIES = st.floats(0.001, 0.999)
SCORED = st.lists(st.tuples(st.booleans(), PROBABILITIES), min_size=1, max_size=50)


@given(SCORED)
def test_agrees_with_scikit_learn(pairs: list[tuple[bool, float]]) -> None:
    """Every metric is what scikit-learn computes."""
    outcome = np.array([pair[0] for pair in pairs], dtype=float)
    probability = np.array([pair[1] for pair in pairs])

    metrics = score(outcome, probability)

    assert metrics.rows == len(pairs)
    expected = sklearn_log_loss(outcome, probability, labels=[0, 1])
    assert metrics.loss == pytest.approx(expected)
    assert metrics.by_name["brier"] == pytest.approx(
        brier_score_loss(outcome, probability, pos_label=1)
    )
    if outcome.min() < outcome.max():
        assert metrics.by_name["roc_auc"] == pytest.approx(roc_auc_score(outcome, probability))
        assert metrics.by_name["pr_auc"] == pytest.approx(
            average_precision_score(outcome, probability)
        )


@given(SCORED, st.integers(1, 12))
def test_bins_hold_every_row_in_order(pairs: list[tuple[bool, float]], bins: int) -> None:
    """Bins share out all rows by rising probability and keep the overall rates."""
    outcome = [pair[0] for pair in pairs]
    probability = [pair[1] for pair in pairs]

    table = reliability_table(outcome, probability, bins)

    assert len(table) <= bins
    assert table["rows"].sum() == len(pairs)
    assert (table["lowest"].iloc[1:].to_numpy() > table["highest"].iloc[:-1].to_numpy()).all()
    assert np.average(table["realized"], weights=table["rows"]) == pytest.approx(np.mean(outcome))
    assert np.average(table["predicted"], weights=table["rows"]) == pytest.approx(
        np.mean(probability)
    )


@given(SCORED)
def test_the_order_of_rows_plays_no_part(pairs: list[tuple[bool, float]]) -> None:
    """Rows in reverse have the same calibration error, ties and all."""
    outcome = [pair[0] for pair in pairs]
    probability = [round(pair[1], 1) for pair in pairs]

    forwards = calibration_error(outcome, probability)

    assert calibration_error(outcome[::-1], probability[::-1]) == pytest.approx(forwards)


def test_calibration_error_by_hand() -> None:
    """Two bins with gaps of 0.1 and 0.3 over as many rows give 0.2."""
    outcome = [0, 0, 1, 1]
    probability = [0.1, 0.1, 0.7, 0.7]

    assert calibration_error(outcome, probability, bins=2) == pytest.approx(0.2)


def test_a_constant_forecast_falls_in_one_bin() -> None:
    """The baseline's calibration error is its gap to the rate that came."""
    metrics = score([0, 0, 0, 1], [0.5] * 4)

    assert metrics.by_name["calibration_error"] == pytest.approx(0.25)
    assert metrics.loss == pytest.approx(math.log(2))
    assert metrics.by_name["roc_auc"] == 0.5


def test_certainty_that_was_wrong_is_finite() -> None:
    """Probabilities of 0 and 1 have finite losses."""
    assert np.isfinite(log_losses([1, 0], [0.0, 1.0])).all()


@pytest.mark.parametrize("outcome", [[], [1, 1], [0]])
def test_metrics_without_meaning_are_left_out(outcome: list[int]) -> None:
    """Without rows, or with one class, what has no meaning is left out, and never NaN."""
    metrics = score(outcome, [0.5] * len(outcome))

    assert metrics.rows == len(outcome)
    assert "roc_auc" not in metrics.by_name
    assert "pr_auc" not in metrics.by_name
    if not outcome:
        assert metrics == Metrics(rows=0)


@pytest.mark.parametrize(
    ("outcome", "probability", "message"),
    [([1, 0], [0.5], "do not match"), ([1, None], [0.5, 0.5], "must not be missing")],
)
def test_unusable_rows_are_refused(outcome: list, probability: list, message: str) -> None:
    """Rows of different lengths or with missing values are an error, not a wrong figure."""
    with pytest.raises(ValueError, match=message):
        score(outcome, probability)
