from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from weekwise.analysis.params import PerformanceParams
from weekwise.analysis.performance import (
    Baselines,
    ExpectedPerformance,
    calibration_bins,
    least_rows,
    score_week,
)
from weekwise.tasks.binary import Binary

AS_OF = date(2013, 7, 1)
TASK = Binary()
PARAMS = PerformanceParams(min_rows=20, min_days=3, resamples=200)
RATE = Baselines(history=(0.25,))
EXPECTED = ExpectedPerformance(loss=0.4, baseline_loss=0.5)


def a_week(outcome: list[float], probability: list[float] | float, days: int = 7) -> pd.DataFrame:
    """One week's predictions, their rows spread evenly over its days."""
    return pd.DataFrame(
        {
            "as_of": AS_OF,
            "cluster": [AS_OF + timedelta(days=n % days) for n in range(len(outcome))],
            "probability": probability,
            "model_version": "3",
            "outcome": outcome,
            "origin": ["EWR" if n % 2 else "JFK" for n in range(len(outcome))],
        }
    )


def quarter_late(rows: int = 140, hit: float = 0.8, miss: float = 0.1) -> pd.DataFrame:
    """A week in which one row of four is late, and is told from the others."""
    outcome = [float(n // 7 % 4 == 0) for n in range(rows)]
    return a_week(outcome, [hit if late else miss for late in outcome])


class TestScoreWeek:
    """What is said of one week."""

    def test_a_good_week(self) -> None:
        """A model that tells late rows from others keeps what was expected and has every figure."""
        week = score_week(quarter_late(), RATE, EXPECTED, PARAMS, TASK)

        assert week.judged
        assert not week.worse
        assert not week.useless
        assert (week.rows, week.rows_with_outcome, week.metrics["roc_auc"]) == (140, 140, 1.0)
        assert week.loss == pytest.approx(-0.25 * np.log(0.8) - 0.75 * np.log(0.9))
        assert week.baseline_loss == pytest.approx(0.5623, abs=1e-4)
        assert week.skill == pytest.approx(1 - week.loss / week.baseline_loss)
        assert week.expected_skill == pytest.approx(0.2)
        (shift,) = week.shifts
        assert (shift.predicted, shift.realized) == pytest.approx((0.275, 0.25))
        assert shift.too_high

    def test_a_week_worse_than_the_baseline(self) -> None:
        """A model that is surely wrong is worse, and worse than the baseline."""
        week = score_week(quarter_late(hit=0.05, miss=0.6), RATE, EXPECTED, PARAMS, TASK)

        assert week.worse
        assert week.useless

    @pytest.mark.parametrize(
        ("rows", "why"),
        [
            (quarter_late(rows=19), "too few rows"),
            (quarter_late().query("cluster < @AS_OF.replace(day=3)"), "too few days"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_too_few(self, rows: pd.DataFrame, why: str) -> None:
        """Too few outcomes, or of too few days, are scored but not judged."""
        week = score_week(rows.assign(probability=0.99), RATE, EXPECTED, PARAMS, TASK)

        assert week.loss is not None, why
        assert not week.judged
        assert not week.worse

    @pytest.mark.parametrize(
        ("trailing", "lost", "worse"), [(0.25, False, False), (0.02, True, True)]
    )
    def test_trailing_baseline(self, trailing: float, lost: bool, worse: bool) -> None:
        """A week that the last days alone predict better is lost, and worse if that is credible."""
        outcome = [float(n % 50 == 0) for n in range(700)]
        rows = a_week(outcome, 0.1)

        week = score_week(
            rows,
            Baselines(history=(0.25,), trailing=(trailing,)),
            ExpectedPerformance(loss=0.49, baseline_loss=0.5),
            PARAMS,
            TASK,
        )

        assert week.skill is not None
        assert week.skill > 0
        assert week.trailing_loss == pytest.approx(
            TASK.losses(np.array(outcome), np.full(700, trailing)).mean()
        )
        assert (week.lost_to_trailing, week.worse) == (lost, worse)

    def test_all_canceled(self) -> None:
        """A week without a single outcome has rows, and no figure."""
        week = score_week(a_week([np.nan] * 30, 0.2), RATE, EXPECTED, PARAMS, TASK)

        assert (week.rows, week.rows_with_outcome) == (30, 0)
        assert (week.loss, week.baseline_loss, week.metrics) == (None, None, {})
        assert (week.mean_prediction, week.mean_outcome) == (None, None)
        assert not week.judged

    @pytest.mark.parametrize("outcome", [0.0, 1.0])
    def test_a_single_class(self, outcome: float) -> None:
        """A week in which all ended alike has a log loss, but no area under a curve."""
        week = score_week(a_week([outcome] * 140, 0.3), RATE, EXPECTED, PARAMS, TASK)

        assert "roc_auc" not in week.metrics
        assert week.loss == pytest.approx(-np.log(0.3 if outcome else 0.7))
        assert week.judged

    def test_canceled_rows_do_not_count(self) -> None:
        """Rows without an outcome change the number of rows and nothing else."""
        rows = quarter_late()
        canceled = a_week([np.nan] * 14, 0.99)

        alone = score_week(rows, RATE, EXPECTED, PARAMS, TASK)
        both = score_week(pd.concat([rows, canceled]), RATE, EXPECTED, PARAMS, TASK)

        assert both == alone.model_copy(update={"rows": 154})
        assert both.outcome_share == pytest.approx(140 / 154)

    @pytest.mark.parametrize("base_rate", [0.0, 1.0])
    def test_history_of_a_single_class(self, base_rate: float) -> None:
        """A history in which all ended alike still makes a finite baseline."""
        week = score_week(quarter_late(), Baselines(history=(base_rate,)), EXPECTED, PARAMS, TASK)

        assert week.baseline_loss is not None
        assert np.isfinite(week.baseline_loss)

    def test_no_history(self) -> None:
        """Without a rate to compare with a week is scored but not judged."""
        week = score_week(quarter_late(), Baselines(), EXPECTED, PARAMS, TASK)

        assert week.loss is not None
        assert week.baseline_loss is None
        assert not week.judged


@pytest.mark.parametrize(
    ("expected", "skill"),
    [
        (ExpectedPerformance(), None),
        (ExpectedPerformance(loss=0.4), None),
        (EXPECTED, pytest.approx(0.2)),
    ],
)
def test_expected_skill(expected: ExpectedPerformance, skill: float | None) -> None:
    """Without both losses there is no expected skill."""
    assert expected.skill == skill


def test_calibration_bins() -> None:
    """Rows of like probability are told with how often the outcome came true among them."""
    bins = calibration_bins(quarter_late(), TASK)

    assert [part.realized for part in bins] == [0.0, 1.0]
    assert [part.predicted for part in bins] == pytest.approx([0.1, 0.8])
    assert sum(part.rows for part in bins) == 140


@pytest.mark.parametrize(
    ("predicted", "least"), [(10_000, 200), (400, 200), (100, 50), (30, 20), (5, 20)]
)
def test_least_rows(predicted: int, least: int) -> None:
    """A small table is judged on half of its rows, though never on fewer than 20."""
    assert least_rows(predicted, PerformanceParams()) == least


@pytest.mark.parametrize(
    "changes",
    [{"act_weeks": 5, "of_weeks": 4}, {"trend_weeks": 3}, {"calibration_weeks": 30}],
)
def test_wrong_params(changes: dict[str, int]) -> None:
    """Numbers of weeks that contradict each other are refused."""
    with pytest.raises(ValueError, match=r"over of_weeks|too short"):
        PerformanceParams(**changes)
