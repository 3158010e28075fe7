"""A quiet week's figures, and how to change some of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from report_parts import gate_result
from weekwise.analysis.performance import ExpectedPerformance, WeekScore
from weekwise.analysis.unseen import Unseen
from weekwise.analysis.upcoming import UpcomingPredictions
from weekwise.contract.type_facts import TaskName
from weekwise.model.verdict import Decision
from weekwise.reports.weekly.weekly_report import (
    DataFigures,
    FeatureFigures,
    Figures,
    ModelFigures,
    RealizedPerformance,
    VerdictFigures,
)

AS_OF = date(2013, 8, 5)


def week_score(as_of: date, **changes: Any) -> WeekScore:
    """The score of a week that went as expected, save what is changed."""
    values = {
        "as_of": as_of,
        "model_version": "7",
        "rows": 6500,
        "rows_with_outcome": 6400,
        "expected_loss": 0.45,
        "expected_skill": 0.1,
        "loss": 0.46,
        "baseline_loss": 0.51,
        "skill": 0.098,
        "skill_low": 0.05,
        "skill_high": 0.15,
        "metrics": {"roc_auc": 0.7, "brier": 0.15, "calibration_error": 0.03},
        "mean_prediction": 0.21,
        "mean_outcome": 0.2,
    }
    return WeekScore(**{**values, **changes})


def week_figures(as_of: date = AS_OF, **changes: Any) -> Figures:
    """The figures of a week with nothing to remark on, save what is changed."""
    parts: dict[str, Any] = {
        "as_of": as_of,
        "end": as_of + timedelta(days=7),
        "performance": RealizedPerformance(),
        "predictions": UpcomingPredictions(
            rows=6600, model_version="8", mean=0.22, summary="400 of 6,600 rows are yes."
        ),
        "model": ModelFigures(
            task=TaskName.BINARY,
            verdict=VerdictFigures(
                decision=Decision.PROMOTED,
                headline="Version 8 replaces version 7.",
                reasons=("Judged on 11,000 rows.",),
            ),
            expected=ExpectedPerformance(loss=0.45, baseline_loss=0.5),
        ),
        "features": FeatureFigures(drift=(), unseen=Unseen(upcoming_rows=6600)),
        "data": DataFigures(
            data_hash="0123456789abcdef",
            rows_in={"flights": 200_000, "weather": 15_000},
            duplicates_dropped=0,
            left_out={"canceled": 4000, "diverted": 600},
            history_rows=190_000,
            upcoming_rows=6600,
            history_end=AS_OF - timedelta(days=1),
            upcoming_end=AS_OF + timedelta(days=7),
            gate=(gate_result("flights", 200_000),),
        ),
    }
    return Figures(**{**parts, **changes})


@pytest.fixture
def score_of() -> Callable[..., WeekScore]:
    """Makes the score of a week that lies some weeks back and went as expected."""

    def make(weeks_ago: int = 1, **changes: Any) -> WeekScore:
        return week_score(AS_OF - timedelta(weeks=weeks_ago), **changes)

    return make


@pytest.fixture
def figures_of() -> Callable[..., Figures]:
    """Makes the figures of a week with nothing to remark on, save what is changed."""
    return week_figures
