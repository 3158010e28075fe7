from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    mean_absolute_error,
    mean_poisson_deviance,
    mean_squared_error,
    r2_score,
)

from weekwise.tasks.records import Metrics, Settings
from weekwise.tasks.regression import LEVEL, Regression

TASK = Regression()
NUMBERS = st.floats(-1e6, 1e6)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40)


def predicted(values: list[float], width: float = math.nan) -> np.ndarray:
    """Predictions with an interval that reaches so far to both sides."""
    middle = np.array(values, dtype=float)
    return np.column_stack([middle, middle - width, middle + width])


@given(PAIRS)
def test_agrees_with_scikit_learn(pairs: list[tuple[float, float]]) -> None:
    """Every metric is what scikit-learn computes, and the loss is the squared error."""
    outcome, forecast = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    metrics = TASK.score(outcome, predicted(forecast))

    squared = mean_squared_error(outcome, forecast)
    assert metrics.loss == pytest.approx(squared)
    assert metrics.by_name["rmse"] == pytest.approx(math.sqrt(squared))
    assert metrics.by_name["mae"] == pytest.approx(mean_absolute_error(outcome, forecast))
    if np.var(outcome) > 1e-6:
        assert metrics.by_name["r2"] == pytest.approx(r2_score(outcome, forecast))
    assert TASK.losses(outcome, predicted(forecast)).mean() == pytest.approx(metrics.loss)


POSITIVE = st.floats(1e-3, 1e6)


# scikit-learn's own deviance is minus infinity for an outcome as small as 1e-310.
@given(st.lists(st.tuples(st.just(0.0) | POSITIVE, POSITIVE), min_size=1, max_size=40))
def test_the_deviance_is_that_of_outcomes_never_negative(pairs: list[tuple[float, float]]) -> None:
    """Where no outcome is negative and each prediction positive, there is a Poisson deviance."""
    outcome, forecast = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    deviance = TASK.score(outcome, predicted(forecast)).by_name["poisson_deviance"]

    expected = mean_poisson_deviance(outcome, forecast)
    assert deviance == pytest.approx(expected, rel=1e-6, abs=1e-6)
    below = TASK.score([*outcome, -1.0], predicted([*forecast, 1.0])).by_name
    without = TASK.score(outcome, predicted([*forecast[:-1], 0.0])).by_name
    assert "poisson_deviance" not in {*below, *without}


def test_intervals_of_counts_widen_with_the_prediction() -> None:
    """On the log scale the interval follows the spread of a count, and ends at 0."""
    settings = Settings(threshold=0.5, errors=(-1.5, 2.0), loss="Poisson")

    made = TASK.of_scores(np.log([1.0, 100.0]), settings)

    assert made == pytest.approx(np.array([[1.0, 0.0, 3.0], [100.0, 85.0, 120.0]]))


def test_coverage_is_of_known_intervals_alone() -> None:
    """Outcomes on the interval's ends are inside; without intervals there is no coverage."""
    outcome = [0.0, 1.0, 2.0, 9.0]

    known = TASK.score(outcome, predicted([1.0] * 4, width=1.0))

    assert known.by_name["coverage"] == 0.75
    assert "coverage" not in TASK.score(outcome, predicted([1.0] * 4)).by_name


def test_without_rows_or_variance() -> None:
    """No rows have no metrics; outcomes that are all the same have no explained variance."""
    assert TASK.score([], np.empty((0, 3))) == Metrics(rows=0)
    assert "r2" not in TASK.score([2.0, 2.0], predicted([1.0, 3.0])).by_name
    assert TASK.fault(np.array([2.0, 2.0])) == "all have the same outcome"
    assert TASK.fault(np.array([2.0, 2.5])) is None


@pytest.mark.parametrize("rows", [1, 2, 19, 200])
def test_the_interval_holds_nine_of_ten(rows: int) -> None:
    """The errors of some rows make an interval that holds as many of others, or all if few."""
    rng = np.random.default_rng(rows)
    middle = np.zeros(rows)
    errors = TASK.errors(
        rng.gamma(2.0, size=rows), lambda: predicted(middle.tolist()), Settings(threshold=0.5)
    )
    assert errors is not None
    low, high = errors

    assert low <= high
    if rows == 200:
        fresh = rng.gamma(2.0, size=20_000)
        assert ((low <= fresh) & (fresh <= high)).mean() == pytest.approx(LEVEL, abs=0.06)


def test_stored_predictions_come_back() -> None:
    """What is stored of predictions is what was predicted, interval and all."""
    made = predicted([1.5, -2.0], width=0.5)

    frame = pd.DataFrame(TASK.output_frame(made, Settings(threshold=0.5)))

    assert list(frame.columns) == ["prediction", "low", "high"]
    assert np.array_equal(TASK.stored(frame), made)
    assert TASK.settings_frame(Settings(threshold=0.5), 2) == {}


def test_an_answer_without_an_interval_is_valid_json() -> None:
    """Ends that are not known are null, not NaN; a prediction that is not finite is invalid."""
    answer = TASK.answer([1.0, math.nan, math.nan], Settings(threshold=0.5))

    assert answer == {"prediction": 1.0, "low": None, "high": None}
    assert TASK.answer_model.model_validate(answer)
    assert not TASK.valid([math.inf, 0.0, 1.0])


def test_the_level_is_missed_by_the_mean_error() -> None:
    """The shift that would have met the mean is the mean error, in units and in deviations."""
    outcome = np.array([8.0, 12.0])
    predicted = np.array([[11.0, 5.0, 17.0], [12.0, 6.0, 18.0]])

    (part,) = TASK.level_parts(outcome, predicted)

    assert (part.predicted, part.realized, part.shift) == (11.5, 10.0, -1.5)
    assert part.scale == 2.0
    assert TASK.show_shift(part.shift) == "1.5"


def test_an_interval_speaks_of_the_squared_error() -> None:
    """A width of 2 times 1.645 deviations of one unit stands for a squared error of one."""
    reach = 1.6448536269514722
    predicted = np.array([[3.0, 3 - reach, 3 + reach], [3.0, 3 - 2 * reach, 3 + 2 * reach]])

    losses = TASK.estimated_losses(predicted)

    assert losses is not None
    assert losses == pytest.approx([1.0, 4.0])
    assert TASK.estimated_losses(np.array([[3.0, math.nan, math.nan]])) is None


def test_the_summary_says_where_predictions_lie() -> None:
    """The sentence of a week names its middle and where eight of ten predictions lie."""
    frame = pd.DataFrame(TASK.output_frame(predicted(list(range(101))), Settings(threshold=0.5)))

    assert TASK.summary(frame) == (
        "Half of the 101 rows are predicted at most 50, and eight of ten from 10 to 90."
    )
