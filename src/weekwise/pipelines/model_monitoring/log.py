"""The monitoring log: one row a week, with what is promised and what was found."""

from __future__ import annotations

from datetime import date

import pandas as pd

from weekwise.pipelines.model_monitoring.figures import WeeklyReport
from weekwise.pipelines.model_monitoring.look_back import Promise

PROMISED_COLUMNS = ["upcoming_promised_log_loss", "upcoming_promised_baseline_log_loss"]
LOOK_BACK_FIGURES = [
    "promised_log_loss",
    "promised_skill",
    "log_loss",
    "baseline_log_loss",
    "skill",
    "skill_low",
    "skill_high",
    "auc",
    "brier",
    "calibration_error",
    "mean_probability",
    "realized_rate",
]
LOOK_BACK_COLUMNS = ["model_version", *LOOK_BACK_FIGURES]


def log_row(report: WeeklyReport) -> pd.DataFrame:
    """A week's row of the log.

    Args:
        report: The week.

    Returns:
        One row; numbers that are not known are missing.
    """
    figures = report.figures
    last = figures.look_back.last
    row = {
        "as_of": figures.as_of,
        "upcoming_model_version": figures.predictions.model_version,
        "upcoming_rows": figures.predictions.rows,
        "upcoming_promised_log_loss": figures.model.promise.log_loss,
        "upcoming_promised_baseline_log_loss": figures.model.promise.baseline_log_loss,
        "look_back_as_of": last.as_of if last else None,
        **{name: getattr(last, name) if last else None for name in LOOK_BACK_COLUMNS},
        "rows": last.rows if last else 0,
        "rows_with_outcome": last.rows_with_outcome if last else 0,
        "drifted": report.drifted,
        "worse": report.worse,
        "status": str(report.status),
        "reason": report.headline,
    }
    return pd.DataFrame([row]).astype(
        dict.fromkeys(PROMISED_COLUMNS + LOOK_BACK_FIGURES, "float64")
    )


def promises_of(log: pd.DataFrame) -> dict[date, Promise]:
    """What was promised of each week's predictions, by their as-of date.

    Args:
        log: Rows of the log.
    """
    return {
        row["as_of"]: Promise(
            log_loss=_known(row["upcoming_promised_log_loss"]),
            baseline_log_loss=_known(row["upcoming_promised_baseline_log_loss"]),
        )
        for row in log.to_dict("records")
    }


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
