from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from report_parts import feature_drift, gate_result
from weekwise.analysis.drift import Direction, Drift, DriftLevel
from weekwise.analysis.feature_drift import FeatureDrift
from weekwise.analysis.performance import WeekScore
from weekwise.analysis.unseen import Unseen, UnseenCategory
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.model.verdict import Decision
from weekwise.reports.finding import Status
from weekwise.reports.weekly.params import MonitoringParams
from weekwise.reports.weekly.rules import judge
from weekwise.reports.weekly.weekly_report import (
    FeatureFigures,
    Figures,
    RealizedPerformance,
    VerdictFigures,
)

PARAMS = MonitoringParams()
USELESS = {"worse": True, "skill": -0.1, "skill_low": -0.2, "skill_high": -0.01}

FigureMaker = Callable[..., Figures]
ScoreMaker = Callable[..., WeekScore]


def drifted(psi: float, usual: float | None, count: int = 1) -> tuple[FeatureDrift, ...]:
    """Some features with this drift, among ten in all."""
    far = feature_drift("temp", "Heat", psi, usual=usual, level=DriftLevel.MAJOR)
    near = feature_drift("seats", "Seats", 0.01, usual=0.02)
    return (far,) * count + (near,) * (10 - count)


def predicted(level: DriftLevel, past: tuple[float, ...] = (0.3,) * 19) -> UpcomingPredictions:
    """Predictions with this drift."""
    moved = Direction(measure="mean", way="down", effect=-0.5)
    drift = Drift(
        column="probability",
        psi=0.6,
        js_distance=0.3,
        bins=(),
        direction=moved,
        reference_rows=9000,
        current_rows=6600,
        level=level,
    )
    return UpcomingPredictions(rows=6600, drift=drift, past_psi=past)


def unseen(rows: int) -> Unseen:
    """So many of 6,600 rows with a new destination."""
    new = UnseenCategory(column="dest", value="JAC", rows=rows)
    return Unseen(upcoming_rows=6600, rows=rows, categories=(new,))


@pytest.mark.parametrize(
    ("where", "change", "status", "says"),
    [
        ("data.gate", (gate_result(),), "OK", "no outcomes to compare with yet"),
        ("data.gate", (gate_result(quarantined=10),), "OK", "no outcomes to compare with yet"),
        (
            "data.gate",
            (gate_result(quarantined=11),),
            "WARN",
            "11 of 10,000 rows of weather went to",
        ),
        ("data.gate", (gate_result(failures=1),), "WARN", "weather, dest: expected known values"),
        ("data.gate", (gate_result(failures=3),), "WARN", "got JAC, and 2 more"),
        ("data.upcoming_rows", 6601, "ACT", "6,600 of 6,601 upcoming rows have a prediction"),
        ("data.upcoming_rows", 0, "WARN", "no rows to predict for 5 to 11 August"),
        ("features.drift", drifted(0.9, 0.04, count=3), "OK", ""),
        ("features.drift", drifted(0.9, 0.04, count=4), "WARN", "4 of 10 features have drifted"),
        ("features.drift", drifted(0.9, 1.5, count=9), "OK", ""),
        ("features.drift", drifted(0.9, None, count=9), "WARN", "9 of 10 features"),
        ("features.drift", (), "OK", ""),
        ("features.unseen", unseen(66), "OK", ""),
        ("features.unseen", unseen(67), "WARN", "67 upcoming rows (1.0%) have a category"),
        ("predictions", predicted(DriftLevel.MODERATE), "OK", ""),
        ("predictions", predicted(DriftLevel.MAJOR), "WARN", "(mean down 0.50 sd)"),
        ("predictions", predicted(DriftLevel.TOO_FEW_ROWS), "OK", ""),
        ("predictions", predicted(DriftLevel.MAJOR, past=(0.7, *(0.3,) * 18)), "OK", ""),
        ("predictions", predicted(DriftLevel.MAJOR, past=(0.3, 0.3)), "OK", ""),
        ("predictions", predicted(DriftLevel.MAJOR, past=()), "OK", ""),
    ],
)
def test_week(where: str, change: Any, status: str, says: str, figures_of: FigureMaker) -> None:
    """Each thing that may be wrong with a week has its own status, reason and next step."""
    figures = figures_of()
    part, _, field = where.partition(".")
    changed = getattr(figures, part).model_copy(update={field: change}) if field else change

    report = judge(figures.model_copy(update={part: changed}), PARAMS)

    assert report.status == status
    assert says in report.headline
    assert bool(report.next_steps) == (status != "OK")
    assert report.drifted == ("drift" in where or where == "predictions") * (status == "WARN")


@pytest.mark.parametrize(
    ("decision", "failing", "status"),
    [
        (Decision.FIRST, (), "OK"),
        (Decision.PROMOTED, (), "OK"),
        (Decision.KEPT, (), "OK"),
        (Decision.NOT_RETRAINED, (), "OK"),
        (Decision.KEPT, ("carrier UA",), "WARN"),
        (Decision.REJECTED, (), "ACT"),
    ],
)
def test_verdict(
    decision: Decision, failing: tuple[str, ...], status: str, figures_of: FigureMaker
) -> None:
    """A challenger that loses is no news; one that fails a slice, or has no rival and fails, is."""
    figures = figures_of()
    verdict = VerdictFigures(decision=decision, headline="", failing_slices=failing)
    model = figures.model.model_copy(update={"verdict": verdict})

    report = judge(figures.model_copy(update={"model": model}), PARAMS)

    assert report.status == status
    assert all(name in report.headline for name in failing)


def test_gravest_first(figures_of: FigureMaker, score_of: ScoreMaker) -> None:
    """The gravest findings make the status and the headline, and all are kept in order."""
    figures = figures_of(performance=RealizedPerformance(weeks=(score_of(**USELESS),)))
    data = figures.data.model_copy(update={"gate": (gate_result(quarantined=500),)})

    report = judge(figures.model_copy(update={"data": data}), PARAMS)

    assert [finding.status for finding in report.findings] == [Status.ACT, Status.WARN]
    assert report.headline.startswith("ACT: the predictions of 29 July were worse than the")
    assert "quarantine" not in report.headline
    assert len(report.next_steps) == 2
    assert report.worse


def test_long_headline(figures_of: FigureMaker) -> None:
    """A headline names two reasons and counts the others."""
    figures = figures_of(
        features=FeatureFigures(drift=drifted(0.9, None, count=9), unseen=unseen(600))
    )
    data = figures.data.model_copy(update={"gate": (gate_result(quarantined=500, failures=1),)})

    report = judge(figures.model_copy(update={"data": data}), PARAMS)

    assert report.headline.count(";") == 2
    assert report.headline.endswith("; and 2 more")
    assert len(report.findings) == 5


def test_next_steps_are_told_once(figures_of: FigureMaker) -> None:
    """Two findings with the same remedy ask for it once."""
    figures = figures_of()
    results = (gate_result(failures=1), gate_result("flights", 5, failures=1))
    data = figures.data.model_copy(update={"gate": results})

    report = judge(figures.model_copy(update={"data": data}), PARAMS)

    assert len(report.findings) == 3
    assert report.next_steps == ("Add JAC.",)
