"""The monitoring log: one row a week, with what is expected and what was found."""

from __future__ import annotations

import json
from collections.abc import Hashable
from datetime import date
from typing import Any

import pandas as pd

from weekwise.analysis.estimated_loss import EstimatedLoss
from weekwise.analysis.performance import ExpectedPerformance
from weekwise.analysis.retraining_gain import ServedAndFirst
from weekwise.reports.weekly.weekly_report import WeeklyReport

UPCOMING_FIGURES = [
    "upcoming_expected_loss",
    "upcoming_expected_baseline_loss",
    "upcoming_estimated_loss",
    "upcoming_estimated_low",
    "upcoming_estimated_high",
    "upcoming_psi",
]
REALIZED_FIGURES = [
    "expected_loss",
    "expected_skill",
    "loss",
    "baseline_loss",
    "trailing_loss",
    "skill",
    "skill_low",
    "skill_high",
    "mean_prediction",
    "mean_outcome",
]
REALIZED_COLUMNS = ["model_version", *REALIZED_FIGURES]


def log_row(report: WeeklyReport) -> pd.DataFrame:
    """A week's row of the log.

    Args:
        report: The week.

    Returns:
        One row; numbers that are not known are missing.
    """
    figures = report.figures
    last, now = figures.performance.last, figures.predictions
    estimated, compared = now.estimated, figures.model.retraining.weeks
    row = {
        "as_of": figures.as_of,
        "upcoming_model_version": now.model_version,
        "upcoming_rows": now.rows,
        "upcoming_expected_loss": figures.model.expected.loss,
        "upcoming_expected_baseline_loss": figures.model.expected.baseline_loss,
        "upcoming_estimated_loss": estimated.loss if estimated else None,
        "upcoming_estimated_low": estimated.low if estimated else None,
        "upcoming_estimated_high": estimated.high if estimated else None,
        "upcoming_psi": now.drift.psi if now.drift else None,
        "realized_as_of": last.as_of if last else None,
        **{name: getattr(last, name) if last else None for name in REALIZED_COLUMNS},
        "metrics": json.dumps(last.metrics) if last and last.metrics else None,
        "shifts": json.dumps([shift.model_dump() for shift in last.shifts])
        if last and last.shifts
        else None,
        "first_champion_week": compared[-1].model_dump_json() if compared else None,
        "rows": last.rows if last else 0,
        "rows_with_outcome": last.rows_with_outcome if last else 0,
        "drifted": report.drifted,
        "worse": report.worse,
        "status": str(report.status),
        "reason": report.headline,
    }
    return pd.DataFrame([row]).astype(dict.fromkeys(UPCOMING_FIGURES + REALIZED_FIGURES, "float64"))


def expected_by_week(log: pd.DataFrame) -> dict[date, ExpectedPerformance]:
    """What was expected of each week's predictions, by their as-of date.

    Args:
        log: Rows of the log.
    """
    return {
        row["as_of"]: ExpectedPerformance(
            loss=_known(row["upcoming_expected_loss"]),
            baseline_loss=_known(row["upcoming_expected_baseline_loss"]),
            estimated=_estimated(row),
        )
        for row in log.to_dict("records")
    }


def past_psi(log: pd.DataFrame) -> list[float]:
    """How far each week's predictions lay from those of the weeks before, where that is known.

    Args:
        log: Rows of the log.
    """
    psi: list[float] = log.sort_values("as_of")["upcoming_psi"].dropna().tolist()
    return psi


def first_champion_weeks(log: pd.DataFrame) -> list[ServedAndFirst]:
    """Weeks whose outcomes were scored by the first champion as well, as they were noted.

    Args:
        log: Rows of the log.
    """
    noted = log.sort_values("as_of")["first_champion_week"].dropna()
    return [ServedAndFirst.model_validate_json(text) for text in noted]


def _estimated(row: dict[Hashable, Any]) -> EstimatedLoss | None:
    loss = _known(row["upcoming_estimated_loss"])
    if loss is None:
        return None
    low, high = _known(row["upcoming_estimated_low"]), _known(row["upcoming_estimated_high"])
    return EstimatedLoss(loss=loss, low=low, high=high)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
