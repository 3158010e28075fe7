"""The monitoring log: one row a week, with what is expected and what was found."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd

from weekwise.analysis.performance import ExpectedPerformance
from weekwise.reports.weekly.weekly_report import WeeklyReport

EXPECTED_COLUMNS = ["upcoming_expected_loss", "upcoming_expected_baseline_loss"]
REALIZED_FIGURES = [
    "expected_loss",
    "expected_skill",
    "loss",
    "baseline_loss",
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
    last = figures.performance.last
    row = {
        "as_of": figures.as_of,
        "upcoming_model_version": figures.predictions.model_version,
        "upcoming_rows": figures.predictions.rows,
        "upcoming_expected_loss": figures.model.expected.loss,
        "upcoming_expected_baseline_loss": figures.model.expected.baseline_loss,
        "realized_as_of": last.as_of if last else None,
        **{name: getattr(last, name) if last else None for name in REALIZED_COLUMNS},
        "metrics": json.dumps(last.metrics) if last and last.metrics else None,
        "rows": last.rows if last else 0,
        "rows_with_outcome": last.rows_with_outcome if last else 0,
        "drifted": report.drifted,
        "worse": report.worse,
        "status": str(report.status),
        "reason": report.headline,
    }
    return pd.DataFrame([row]).astype(dict.fromkeys(EXPECTED_COLUMNS + REALIZED_FIGURES, "float64"))


def expected_by_week(log: pd.DataFrame) -> dict[date, ExpectedPerformance]:
    """What was expected of each week's predictions, by their as-of date.

    Args:
        log: Rows of the log.
    """
    return {
        row["as_of"]: ExpectedPerformance(
            loss=_known(row["upcoming_expected_loss"]),
            baseline_loss=_known(row["upcoming_expected_baseline_loss"]),
        )
        for row in log.to_dict("records")
    }


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
