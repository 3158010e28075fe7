"""Aggregates over other rows, as a column of a contract declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field, field_validator, model_validator

from weekwise.contract.frozen import Frozen

_DAYS = re.compile(r"([1-9]\d{0,4})d")
_WITHIN = re.compile(r"([1-9]\d{0,4})([hd])")
TODAY = "today"
"""A `within` that reaches from a day's first hour to the row's own."""


class AggregateFunction(StrEnum):
    """What is made of the other rows."""

    MEAN = "mean"
    COUNT = "count"
    DAYS_SINCE_LAST = "days_since_last"


class Aggregate(Frozen):
    """A number that other rows of the table give a row.

    It is made from one of two sets of rows. The rows of the past are those whose target was known
    at the run that predicts the row, whatever became known later. The rows `within` an hour or a
    day are those at the row's own time, which a schedule has before anything happens; only `count`
    looks at them, and nothing but their number is used.

    Attributes:
        function: `mean` of the target (for yes or no its rate), `count` of rows, or
            `days_since_last`: from the last row of the past to this row, in days.
        by: The columns whose values rows must share; empty for all rows.
        value: For a target of classes: the one whose rate `mean` is.
        window: How far back the past reaches from the last known day, such as `28d`; left out, all
            of it.
        smoothing: For `mean`: how many rows with the mean of all rows are added to those of the
            row's own key.
        within: For `count`: rows of the same clock hour (`1h`) or day (`1d`), of that one and those
            before it (`3h`, `7d`), or of the same day up to the row's own hour (`today`); the row
            itself counts too.
    """

    function: AggregateFunction
    by: tuple[str, ...] = ()
    value: str | int | None = None
    window: str | None = None
    smoothing: int = Field(default=0, ge=0)
    within: str | None = None

    @field_validator("window")
    @classmethod
    def _window_is_days(cls, text: str | None) -> str | None:
        if text is not None and not _DAYS.fullmatch(text):
            raise ValueError(
                f"window {text!r} is no number of days; write it as 28d, or leave it out for all "
                "of the past"
            )
        return text

    @field_validator("within")
    @classmethod
    def _within_is_hours_or_days(cls, text: str | None) -> str | None:
        if text is not None and text != TODAY and not _WITHIN.fullmatch(text):
            raise ValueError(
                f"within {text!r} is no number of hours or days; write it as 1h, 3h, 1d or {TODAY}"
            )
        return text

    @model_validator(mode="after")
    def _parts_fit(self) -> Aggregate:
        function = self.function
        if self.within is not None and function is AggregateFunction.MEAN:
            raise ValueError(
                "mean within an hour or a day would take targets that are not known when the row "
                "is predicted; use window instead of within"
            )
        if self.within is not None and function is not AggregateFunction.COUNT:
            raise ValueError(f"within is for count, and the function is {function}; leave it out")
        if self.within is not None and self.window is not None:
            raise ValueError("window looks at the past and within at the row's own time; keep one")
        if self.window is not None and function is AggregateFunction.DAYS_SINCE_LAST:
            raise ValueError("days_since_last looks at all of the past; leave window out")
        if function is not AggregateFunction.MEAN and (self.smoothing or self.value is not None):
            raise ValueError(
                f"smoothing and value are for mean, and the function is {function}; leave them out"
            )
        if len(set(self.by)) < len(self.by):
            raise ValueError(f"by names a column twice: {', '.join(self.by)}; name each once")
        return self

    @property
    def days(self) -> int | None:
        """How many days of the past count; none for all of it."""
        return None if self.window is None else int(self.window.removesuffix("d"))

    @property
    def reach(self) -> tuple[int, bool]:
        """How many buckets `within` reaches over, the row's own included, and whether of hours.

        `today` has no fixed number: it is given as 0 hours.
        """
        if self.within == TODAY:
            return 0, True
        match = _WITHIN.fullmatch(str(self.within))
        assert match is not None  # noqa: S101 - checked by the validator
        return int(match[1]), match[2] == "h"

    @property
    def takes_time(self) -> bool:
        """Whether a row's own time decides its value."""
        return self.within is not None or self.function is AggregateFunction.DAYS_SINCE_LAST


def aggregate_names(columns: Mapping[str, Any]) -> list[str]:
    """Names of the columns that are aggregates, in the table's order."""
    return [name for name, column in columns.items() if column.aggregate is not None]


def in_words(aggregate: Aggregate, target: str | None) -> str:
    """What an aggregate is, for people: `Mean of returned by region, over all days …`.

    Args:
        aggregate: The aggregate.
        target: The table's target.
    """
    return "".join(_words(aggregate, target))


def _words(aggregate: Aggregate, target: str | None) -> Iterator[str]:
    of_value = "" if aggregate.value is None else f" = {aggregate.value}"
    yield {
        AggregateFunction.MEAN: f"Mean of {target}{of_value}",
        AggregateFunction.COUNT: "Number of rows",
        AggregateFunction.DAYS_SINCE_LAST: "Days since the last row",
    }[aggregate.function]
    if aggregate.by:
        yield f" by {', '.join(aggregate.by)}"
    if aggregate.within is not None:
        yield f" within {_reach_in_words(aggregate)}"
        return
    days = "all days" if aggregate.days is None else f"the last {aggregate.days} days"
    yield f", over {days} whose outcomes were known"
    if aggregate.smoothing:
        yield f", with {aggregate.smoothing} rows of the overall mean"


def _reach_in_words(aggregate: Aggregate) -> str:
    if aggregate.within == TODAY:
        return "the day up to the row's hour"
    size, hours = aggregate.reach
    unit = "clock hour" if hours else "day"
    return f"the same {unit}" if size == 1 else f"{size} {unit}s up to the row's own"
