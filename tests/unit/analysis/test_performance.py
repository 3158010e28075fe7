from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.analysis.params import SliceParams
from weekwise.analysis.performance import (
    ExpectedPerformance,
    PerformanceParams,
    Skill,
    calibration_bins,
    is_worse,
    score_week,
    skill_of,
    worst_slices,
)
from weekwise.tasks.binary import Binary

AS_OF = date(2013, 7, 1)
TASK = Binary()
PARAMS = PerformanceParams(min_rows=20, min_days=3, resamples=200)
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
        week = score_week(quarter_late(), (0.25,), EXPECTED, PARAMS, TASK)

        assert week.judged
        assert not week.worse
        assert not week.useless
        assert (week.rows, week.rows_with_outcome, week.metrics["roc_auc"]) == (140, 140, 1.0)
        assert week.loss == pytest.approx(-0.25 * np.log(0.8) - 0.75 * np.log(0.9))
        assert week.baseline_loss == pytest.approx(0.5623, abs=1e-4)
        assert week.skill == pytest.approx(1 - week.loss / week.baseline_loss)
        assert week.expected_skill == pytest.approx(0.2)
        assert week.calibration_gap == pytest.approx(0.275 - 0.25)

    def test_a_week_worse_than_the_baseline(self) -> None:
        """A model that is surely wrong is worse, and worse than the baseline."""
        week = score_week(quarter_late(hit=0.05, miss=0.6), (0.25,), EXPECTED, PARAMS, TASK)

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
        week = score_week(rows.assign(probability=0.99), (0.25,), EXPECTED, PARAMS, TASK)

        assert week.loss is not None, why
        assert not week.judged
        assert not week.worse

    def test_all_canceled(self) -> None:
        """A week without a single outcome has rows, and no figure."""
        week = score_week(a_week([np.nan] * 30, 0.2), (0.25,), EXPECTED, PARAMS, TASK)

        assert (week.rows, week.rows_with_outcome) == (30, 0)
        assert (week.loss, week.baseline_loss, week.metrics) == (None, None, {})
        assert (week.mean_prediction, week.mean_outcome) == (None, None)
        assert not week.judged

    @pytest.mark.parametrize("outcome", [0.0, 1.0])
    def test_a_single_class(self, outcome: float) -> None:
        """A week in which all ended alike has a log loss, but no area under a curve."""
        week = score_week(a_week([outcome] * 140, 0.3), (0.25,), EXPECTED, PARAMS, TASK)

        assert "roc_auc" not in week.metrics
        assert week.loss == pytest.approx(-np.log(0.3 if outcome else 0.7))
        assert week.judged

    def test_canceled_rows_do_not_count(self) -> None:
        """Rows without an outcome change the number of rows and nothing else."""
        rows = quarter_late()
        canceled = a_week([np.nan] * 14, 0.99)

        alone = score_week(rows, (0.25,), EXPECTED, PARAMS, TASK)
        both = score_week(pd.concat([rows, canceled]), (0.25,), EXPECTED, PARAMS, TASK)

        assert both == alone.model_copy(update={"rows": 154})
        assert both.outcome_share == pytest.approx(140 / 154)

    @pytest.mark.parametrize("base_rate", [0.0, 1.0])
    def test_history_of_a_single_class(self, base_rate: float) -> None:
        """A history in which all ended alike still makes a finite baseline."""
        week = score_week(quarter_late(), (base_rate,), EXPECTED, PARAMS, TASK)

        assert week.baseline_loss is not None
        assert np.isfinite(week.baseline_loss)

    def test_no_history(self) -> None:
        """Without a rate to compare with a week is scored but not judged."""
        week = score_week(quarter_late(), None, EXPECTED, PARAMS, TASK)

        assert week.loss is not None
        assert week.baseline_loss is None
        assert not week.judged


class TestSkillByDay:
    """The bootstrap over days."""

    def test_one_bad_day_widens_the_interval(self) -> None:
        """When one day is lost and six are won, the interval reaches far to both sides."""
        days = np.repeat(np.arange(7), 50)
        even = np.full(350, 0.4)
        uneven = np.where(days == 6, 1.6, 0.2)
        constant = np.full(350, 0.5)

        steady = skill_of(days.tolist(), even, constant, PARAMS)
        stormy = skill_of(days.tolist(), uneven, constant, PARAMS)

        assert steady.value == pytest.approx(stormy.value) == pytest.approx(0.2)
        assert steady.low == pytest.approx(steady.high) == pytest.approx(0.2)
        assert stormy.low < 0
        assert stormy.high > 0.2

    @given(st.integers(0, 2**32), st.floats(0.01, 0.99), st.integers(2, 9))
    def test_interval(self, seed: int, rate: float, days: int) -> None:
        """A skill lies within its interval's reach, and equal input gives equal output."""
        draw = np.random.default_rng(seed)
        outcome = (draw.random(60) < 0.3).astype(float)
        losses = draw.random(60)
        constant = TASK.losses(outcome, TASK.baseline_predictions((rate,), 60))
        where = [n % days for n in range(60)]

        skill = skill_of(where, losses, constant, PARAMS)

        assert skill.low <= skill.high
        assert skill == skill_of(where, losses, constant, PARAMS)
        assert skill.value == pytest.approx(1 - losses.sum() / constant.sum())


@pytest.mark.parametrize(
    ("skill", "expected", "worse"),
    [
        (None, 0.2, False),
        (Skill(value=0.2, low=0.1, high=0.3), 0.2, False),
        (Skill(value=0.05, low=0.0, high=0.11), 0.2, False),
        (Skill(value=0.05, low=0.0, high=0.09), 0.2, True),
        (Skill(value=-0.1, low=-0.2, high=0.01), None, False),
        (Skill(value=-0.1, low=-0.2, high=-0.01), None, True),
        (Skill(value=0.01, low=0.0, high=0.02), -0.3, False),
    ],
)
def test_is_worse(skill: Skill | None, expected: float | None, worse: bool) -> None:
    """A week is worse only if its whole interval is under half of what was expected."""
    assert is_worse(skill, expected, PARAMS) is worse


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


class TestWorstSlices:
    """Which slices are named."""

    PARAMS = SliceParams(columns=("origin",), min_rows=10)

    def test_order(self) -> None:
        """The slice that gains least on the baseline comes first, not the one hardest hit."""
        rows = pd.concat([quarter_late(hit=0.9, miss=0.05), quarter_late(hit=0.9, miss=0.7)])
        rows["origin"] = ["EWR"] * 140 + ["JFK"] * 140

        first, second = worst_slices(rows, (0.25,), self.PARAMS, TASK)

        assert (first.value, second.value) == ("JFK", "EWR")
        assert first.excess > 0 > second.excess
        assert (first.rows, first.mean_outcome) == (140, 0.25)

    def test_small_slices(self) -> None:
        """A slice with too few outcomes is not named."""
        rows = quarter_late()
        rows.loc[rows.index[:5], "origin"] = "LGA"

        values = {part.value for part in worst_slices(rows, (0.25,), self.PARAMS, TASK)}

        assert values == {"EWR", "JFK"}

    @pytest.mark.parametrize(
        ("rows", "rate"), [(quarter_late(), None), (a_week([np.nan] * 30, 0.5), (0.25,))]
    )
    def test_nothing_to_rank(self, rows: pd.DataFrame, rate: tuple[float] | None) -> None:
        """Without outcomes, or a rate to compare with, there are no worst slices."""
        assert worst_slices(rows, rate, self.PARAMS, TASK) == ()


@pytest.mark.parametrize(
    "changes",
    [{"act_weeks": 5, "of_weeks": 4}, {"trend_weeks": 3}, {"calibration_weeks": 30}],
)
def test_wrong_params(changes: dict[str, int]) -> None:
    """Numbers of weeks that contradict each other are refused."""
    with pytest.raises(ValueError, match=r"over of_weeks|too short"):
        PerformanceParams(**changes)
