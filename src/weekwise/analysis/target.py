"""The target over past rows: its mean overall and over time."""

from __future__ import annotations

import numpy as np

from weekwise.analysis.table import DAYS_PER_WEEK, AnalysisTable
from weekwise.contract.frozen import Frozen
from weekwise.contract.type_facts import TaskName
from weekwise.tasks import task_of
from weekwise.tasks.records import GroupMean

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Days since 1970-01-01, which was a Thursday.
FIRST_WEEKDAY = 3


class TargetSummary(Frozen):
    """The target over past rows.

    Attributes:
        name: The target's name.
        title: Its title in the contract.
        task: What is predicted.
        fault: Why no model can learn from the past rows, if none can.
        overall: All past rows.
        by_week: Weeks counted back from history's end, the earliest first, each by its first day;
            empty where rows have no time.
        by_weekday: Monday first; empty where rows have no time.
        by_hour: Hours of the day that have rows; empty where rows have no time of day.
    """

    name: str
    title: str
    task: TaskName
    fault: str | None
    overall: GroupMean
    by_week: tuple[GroupMean, ...]
    by_weekday: tuple[GroupMean, ...]
    by_hour: tuple[GroupMean, ...]

    @property
    def mean_title(self) -> str:
        """What the means are of: for classes the most frequent one."""
        return f"{self.title}: {self.overall.mean_of}" if self.overall.mean_of else self.title


def summarize_target(table: AnalysisTable) -> TargetSummary:
    """Describe the target over the whole of history, by week, by weekday and by hour."""
    contract, past = table.contract, table.history
    task = task_of(contract)
    column = contract.columns[str(contract.target)]
    weeks = table.weeks_before(past)
    last = int(weeks.max(initial=0))
    return TargetSummary(
        name=str(contract.target),
        title=column.title,
        task=task.name,
        fault=task.fault(past.target) if past.rows else None,
        overall=task.group_means(np.zeros(past.rows, np.int32), ["all past rows"], past.target)[0],
        by_week=()
        if past.days is None
        else task.group_means(
            last - weeks,
            [table.week_start(week).isoformat() for week in range(last, 0, -1)],
            past.target,
        ),
        by_weekday=()
        if past.days is None
        else task.group_means(
            ((past.days + FIRST_WEEKDAY) % DAYS_PER_WEEK).astype(np.int32),
            WEEKDAYS,
            past.target,
        ),
        by_hour=_with_rows(
            task.group_means(past.hours, [f"{hour:02d}:00" for hour in range(24)], past.target)
            if past.hours is not None
            else ()
        ),
    )


def _with_rows(groups: tuple[GroupMean, ...]) -> tuple[GroupMean, ...]:
    return tuple(group for group in groups if group.rows)
