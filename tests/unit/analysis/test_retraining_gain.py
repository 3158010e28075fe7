from __future__ import annotations

from datetime import date, timedelta

import pytest

from weekwise.analysis.retraining_gain import RetrainingGain, ServedAndFirst, gain_over

FIRST = date(2013, 7, 1)


def week(
    number: int, served: float, first: float, rows: int = 100, version: str = "2"
) -> ServedAndFirst:
    """The n-th week."""
    return ServedAndFirst(
        as_of=FIRST + timedelta(weeks=number),
        rows=rows,
        served_version=version,
        first_version="1",
        served_loss=served,
        first_loss=first,
    )


def test_weeks_weigh_by_their_rows() -> None:
    """Losses are means over rows, not over weeks; of a week noted twice the last counts."""
    gain = gain_over([week(1, 0.3, 0.9), week(0, 0.4, 0.5, rows=300), week(1, 0.4, 0.3)])

    assert [each.as_of for each in gain.weeks] == [FIRST, FIRST + timedelta(weeks=1)]
    assert gain.served_loss == pytest.approx(0.4)
    assert gain.first_loss == pytest.approx((300 * 0.5 + 100 * 0.3) / 400)
    assert gain.gain == pytest.approx(0.05)
    assert gain.better_weeks == 1


@pytest.mark.parametrize(
    ("gains", "pays", "harms"),
    [
        ([0.01] * 7, None, False),
        ([0.01] * 8, True, False),
        ([0.01, -0.01] * 6, False, False),
        ([-0.01] * 8, False, True),
    ],
)
def test_pays(gains: list[float], pays: bool | None, harms: bool) -> None:
    """Whether retraining pays is said after some weeks, and only if it is credible."""
    gain = gain_over([week(n, 0.4, 0.4 + each) for n, each in enumerate(gains)])

    assert (gain.pays, gain.harms) == (pays, harms)


def test_the_first_champion_still_serves() -> None:
    """Weeks that the first champion served itself say nothing of retraining."""
    gain = gain_over([week(n, 0.4, 0.4, version="1") for n in range(12)])

    assert (gain.retrained_weeks, gain.pays) == (0, None)


def test_no_week_is_over() -> None:
    """Without a week there is nothing to say but why."""
    assert gain_over([], "no model") == RetrainingGain(why_not="no model")
