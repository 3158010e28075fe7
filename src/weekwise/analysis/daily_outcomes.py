"""Outcomes counted by day, and what they alone would have predicted."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from weekwise.analysis.performance import Baselines
from weekwise.tasks.base import Task
from weekwise.tasks.records import Baseline


def baselines_before(daily: pd.DataFrame, end: date, trailing_days: int, task: Task) -> Baselines:
    """What the outcomes before a date alone predict.

    Args:
        daily: One row a day: `day`, `rows`, and the task's sums over them. Rows without a time are
            all of one day, before every other.
        end: The first date that is not known yet.
        trailing_days: How many days before it make the trailing baseline.
        task: What is predicted.
    """
    before = daily[daily["day"] < end]
    last = before[before["day"] >= end - timedelta(days=trailing_days)]
    return Baselines(history=_baseline(before, task), trailing=_baseline(last, task))


def _baseline(days: pd.DataFrame, task: Task) -> Baseline | None:
    sums = {str(name): float(column.sum()) for name, column in days.drop(columns="day").items()}
    return task.baseline_of_sums(int(sums["rows"]), sums) if sums["rows"] else None
