"""The target over past rows: its rate overall, over time, and in any group of rows.

What a target is summarized by depends on the task, and on nothing else: `RATES` holds one
function per task. A binary target's is the share of positives; another task is let in by adding
its function there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from weekwise.analysis.table import DAYS_PER_WEEK, AnalysisTable, Codes, Floats
from weekwise.contract.model import Contract, Frozen
from weekwise.contract.types import Task
from weekwise.errors import WeekwiseError

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# Days since 1970-01-01, which was a Thursday.
FIRST_WEEKDAY = 3
Z_95 = 1.959963984540054


class Rate(Frozen):
    """The target's rate in some rows, with its 95 % confidence interval.

    Attributes:
        label: Which rows.
        rows: How many there are.
        rate: The rate; None without rows.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    label: str
    rows: int
    rate: float | None
    low: float | None
    high: float | None


class TargetSummary(Frozen):
    """The target over past rows.

    Attributes:
        name: The target's name.
        title: Its title in the contract.
        task: What is predicted.
        overall: All past rows.
        by_week: Weeks counted back from `as_of`, the earliest first, each by its first day.
        by_weekday: Monday first.
        by_hour: Hours of the day that have rows; empty where the time column holds only dates.
    """

    name: str
    title: str
    task: Task
    overall: Rate
    by_week: tuple[Rate, ...]
    by_weekday: tuple[Rate, ...]
    by_hour: tuple[Rate, ...]


def summarize_target(table: AnalysisTable) -> TargetSummary:
    """Describe the target over the whole of history, by week, by weekday and by hour."""
    contract, past = table.contract, table.history
    column = contract.columns[str(contract.target)]
    weeks = table.weeks_before(past)
    last = int(weeks.max(initial=0))
    return TargetSummary(
        name=str(contract.target),
        title=column.title,
        task=task_of(contract),
        overall=rates(contract, np.zeros(past.rows, np.int32), ["all past rows"], past.target)[0],
        by_week=rates(
            contract,
            last - weeks,
            [table.week_start(week).isoformat() for week in range(last, 0, -1)],
            past.target,
        ),
        by_weekday=rates(
            contract,
            ((past.days + FIRST_WEEKDAY) % DAYS_PER_WEEK).astype(np.int32),
            WEEKDAYS,
            past.target,
        ),
        by_hour=_with_rows(
            rates(contract, past.hours, [f"{hour:02d}:00" for hour in range(24)], past.target)
            if past.hours is not None
            else ()
        ),
    )


def rates(
    contract: Contract, groups: Codes, labels: Sequence[str], target: Floats
) -> tuple[Rate, ...]:
    """The target's rate in each group of rows.

    Args:
        contract: What the table is; its task decides what a rate is.
        groups: The group of each row, as a place in `labels`; -1 belongs to none.
        labels: The groups' names.
        target: The target of each row.

    Raises:
        WeekwiseError: If the contract's target is of a kind that cannot be explored yet.
    """
    held = groups >= 0
    return RATES[task_of(contract)](groups[held], labels, target[held])


def task_of(contract: Contract) -> Task:
    """The contract's task, if it can be explored.

    Raises:
        WeekwiseError: If the contract's target is of a kind that cannot be explored yet.
    """
    if contract.task not in RATES:
        raise WeekwiseError(
            f"contract {contract.table} asks for {contract.task}, and exploration knows "
            f"{', '.join(RATES)} targets; make the target a boolean, or run the other pipelines "
            "by name"
        )
    return contract.task


def wilson(
    positives: npt.ArrayLike, rows: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """95 % confidence intervals of shares, good for few rows and for shares near 0 and 1.

    Wilson, *Probable Inference, the Law of Succession, and Statistical Inference* (1927); chosen
    over the normal interval after Brown, Cai and DasGupta (2001).

    Args:
        positives: Positive rows of each group.
        rows: Rows of each group, at least one.
    """
    n = np.asarray(rows, float)
    p = np.asarray(positives, float) / n
    middle = (p + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    reach = Z_95 * np.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2)) / (1 + Z_95**2 / n)
    return np.clip(middle - reach, 0.0, 1.0), np.clip(middle + reach, 0.0, 1.0)


def _binary(groups: Codes, labels: Sequence[str], target: Floats) -> tuple[Rate, ...]:
    rows = np.bincount(groups, minlength=len(labels))
    positives = np.bincount(groups, weights=target, minlength=len(labels))
    low, high = wilson(positives, np.maximum(rows, 1))
    return tuple(
        Rate(label=label, rows=int(n), rate=float(k / n), low=float(below), high=float(above))
        if n
        else Rate(label=label, rows=0, rate=None, low=None, high=None)
        for label, n, k, below, above in zip(labels, rows, positives, low, high, strict=True)
    )


def _with_rows(found: tuple[Rate, ...]) -> tuple[Rate, ...]:
    return tuple(rate for rate in found if rate.rows)


RATES: dict[Task, Callable[[Codes, Sequence[str], Floats], tuple[Rate, ...]]] = {
    Task.BINARY: _binary
}
