from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.analysis.params import PerformanceParams
from weekwise.analysis.skill import Skill, is_worse, skill_of
from weekwise.tasks.binary import Binary

TASK = Binary()
PARAMS = PerformanceParams(resamples=200)


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
