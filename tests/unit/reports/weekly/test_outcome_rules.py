from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from weekwise.analysis.level_shift import LevelShift
from weekwise.analysis.performance import WeekScore
from weekwise.analysis.retraining_gain import ServedAndFirst, gain_over
from weekwise.reports.finding import Status
from weekwise.reports.weekly.outcome_rules import retraining_findings
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.rules import judge
from weekwise.reports.weekly.weekly_report import Figures, RealizedPerformance

PARAMS = MonitoringParams()
WORSE = {"worse": True, "skill": 0.01, "skill_low": -0.01, "skill_high": 0.03}
USELESS = {"worse": True, "skill": -0.1, "skill_low": -0.2, "skill_high": -0.01}
LOST = {"trailing_loss": 0.44}
UNJUDGED = {"skill": None, "skill_low": None, "skill_high": None}

FigureMaker = Callable[..., Figures]
ScoreMaker = Callable[..., WeekScore]


def shifted(shift: float, near: float, label: str = "") -> dict[str, Any]:
    """A week whose level was missed by so many log-odds, the nearest end of the interval `near`."""
    missed = LevelShift(
        label=label,
        predicted=0.2,
        realized=0.2 + shift / 10,
        shift=shift,
        low=min(near, shift),
        high=max(near, shift),
        effect=shift / 1.81,
        effect_low=near / 1.81,
    )
    return {"shifts": (missed,)}


TOO_HIGH, TOO_LOW = shifted(-0.5, -0.1), shifted(0.5, 0.1)
MAYBE_HIGH = shifted(-0.5, 0.0)


@pytest.mark.parametrize(
    ("weeks", "status", "says"),
    [
        ([], "OK", "no outcomes to compare with yet"),
        ([{}], "OK", "the predictions of 29 July held up (skill 9.8%, expected 10.0%)"),
        ([WORSE], "WARN", "worse than the holdout expected (skill 1.0% instead of 10.0%)"),
        ([WORSE, {}], "OK", "held up"),
        ([WORSE, {}, {}, {}, WORSE], "WARN", "the predictions of 29 July were worse"),
        ([WORSE, {}, WORSE], "ACT", "2 of the last 3 weeks were worse"),
        ([WORSE, WORSE, {}], "OK", "held up"),
        ([WORSE, UNJUDGED, WORSE], "ACT", "2 of the last 2 weeks were worse"),
        ([USELESS], "ACT", "worse than the baseline (log loss 0.460 against 0.510)"),
        (
            [LOST],
            "WARN",
            "29 July were worse than the positive rate of the 28 days before (log loss 0.460 aga",
        ),
        ([{**LOST, "worse": True}], "WARN", "were credibly worse than the positive rate"),
        ([LOST, {}], "OK", "held up"),
        ([UNJUDGED], "OK", "too few outcomes yet to judge the predictions of 29 July"),
        ([{**UNJUDGED, **LOST}], "OK", "too few outcomes yet"),
        ([{**UNJUDGED, "rows_with_outcome": 0}], "WARN", "only 0 of the 6,500 rows"),
        ([{"rows_with_outcome": 5000}], "WARN", "only 5,000 of the 6,500 rows"),
        ([TOO_HIGH], "OK", "held up"),
        (
            [TOO_HIGH] * 2,
            "WARN",
            "too high 2 weeks running (20.0% predicted, 15.0% came; 20.0% predicted, 15.0% came; ",
        ),
        ([TOO_LOW] * 3, "WARN", "too low 3 weeks running"),
        ([TOO_HIGH, TOO_LOW], "OK", "held up"),
        ([TOO_HIGH, MAYBE_HIGH], "OK", "held up"),
        ([MAYBE_HIGH, TOO_HIGH], "OK", "held up"),
        ([TOO_HIGH, UNJUDGED, TOO_HIGH], "WARN", "too high 2 weeks running"),
        ([shifted(-0.9, -0.8)], "WARN", "too high (20.0% predicted, 11.0% came; last by 0.90"),
        ([shifted(0.9, 0.8, "Slow")], "WARN", "predictions of Slow were too low (20.0% predicted"),
        ([shifted(0.5, 0.1, "Slow"), shifted(0.5, 0.1, "Fast")], "OK", "held up"),
        ([shifted(-0.13, -0.1)] * 2, "OK", "held up"),
    ],
)
def test_outcomes(
    weeks: list[dict[str, Any]],
    status: str,
    says: str,
    figures_of: FigureMaker,
    score_of: ScoreMaker,
) -> None:
    """Outcomes warn where a constant did better or the level was missed, and ask to act if bad."""
    scores = tuple(score_of(len(weeks) - n, **changes) for n, changes in enumerate(weeks))

    report = judge(figures_of(performance=RealizedPerformance(weeks=scores)), PARAMS)

    assert report.status == status
    assert report.headline.startswith(f"{status}: ")
    assert says in report.headline


@pytest.mark.parametrize(
    ("weeks", "gain", "says"),
    [
        (7, 0.01, None),
        (8, 0.01, "retraining has paid over 8 weeks (log loss 0.4500, against 0.4600 of version 1"),
        (8, 0.0, "retraining has not credibly paid over 8 weeks"),
        (8, -0.01, "retraining has made predictions worse over 8 weeks"),
    ],
)
def test_retraining(weeks: int, gain: float, says: str | None, figures_of: FigureMaker) -> None:
    """After some weeks it is told whether retraining pays, which by itself is no reason to act."""
    compared = [
        ServedAndFirst(
            as_of=date(2013, 7, 1) + timedelta(weeks=n),
            rows=100,
            served_version="2",
            first_version="1",
            served_loss=0.45,
            first_loss=0.45 + gain,
        )
        for n in range(weeks)
    ]
    figures = figures_of()
    model = figures.model.model_copy(update={"retraining": gain_over(compared)})

    findings = list(retraining_findings(figures.model_copy(update={"model": model})))

    assert [finding.status for finding in findings] == [Status.OK] * bool(says)
    assert all(str(says) in finding.reason for finding in findings)
