"""The calendar of weekly runs: which as-of dates there are, and which come next."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

from pydantic import Field, model_validator

from weekwise.contract.frozen import Frozen
from weekwise.errors import AsOfError, EndOfFeed

EASTERNMOST = timezone(timedelta(hours=14))
"""Where a day begins first (Pacific/Kiritimati)."""


class Calendar(Frozen):
    """When the feed begins and ends, and how runs follow one another.

    Attributes:
        start: The feed's first date; none if that is not known, or if its rows have no time.
        end: The feed's last date; none for a feed that goes on.
        first_as_of: The as-of date of the first run in an empty store. None means that every run
            is of the day it is made on.
        step_days: Days from one run to the next.
        min_history_days: The fewest days of feed before an as-of date.
    """

    start: date | None = None
    end: date | None = None
    first_as_of: date | None = None
    step_days: int = Field(default=7, ge=1)
    min_history_days: int = Field(default=56, ge=1)

    @model_validator(mode="after")
    def _first_run_is_inside(self) -> Calendar:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}; swap or fix them")
        if self.first_as_of is not None:
            self.check(self.first_as_of)
        return self

    @property
    def earliest(self) -> date:
        """The earliest as-of date that has enough history."""
        if self.start is None:
            return date.min
        return self.start + timedelta(days=self.min_history_days)

    @property
    def valid_range(self) -> str:
        """The as-of dates a run takes, for people."""
        if self.start is None:
            return f"any date up to {self.end}" if self.end else "any date"
        return f"{self.earliest} to {self.end}" if self.end else f"{self.earliest} or later"

    def check(self, as_of: date) -> date:
        """Give back `as_of` if a run can be made for it.

        Raises:
            AsOfError: If it is outside the feed.
        """
        if as_of < self.earliest or (self.end is not None and as_of > self.end):
            raise AsOfError(f"as_of {as_of} is outside the data; choose a date: {self.valid_range}")
        return as_of

    def parse(self, text: object) -> date:
        """Read an as-of date that a person typed.

        Args:
            text: A date as YYYY-MM-DD, or a date.

        Raises:
            AsOfError: If it is no such date, or outside the feed.
        """
        try:
            as_of = date.fromisoformat(str(text))
        except ValueError:
            raise AsOfError(
                f"as_of {str(text)!r} is not a date; write it as YYYY-MM-DD: {self.valid_range}"
            ) from None
        return self.check(as_of)

    def after(self, last: date | None, *, today: date | None = None) -> date:
        """The as-of date that follows the last one run, if it has come; without a first one, today.

        Args:
            last: The as-of date of the last complete run, if there is one.
            today: The date of whoever runs it; left out, what the clock says.

        Raises:
            EndOfFeed: If the feed holds no further week, or the next one has not begun.
            AsOfError: If the last run is of a later day than today.
        """
        following = self.following(last, today=today)
        # A machine's zone is not the feed's: a week has come once it has begun anywhere.
        if last is not None and following > (today or datetime.now(EASTERNMOST).date()):
            raise EndOfFeed(
                f"Nothing to run yet: the week of {last} is done, and the next begins on "
                f"{following}. Nothing was changed. To run any week: "
                "kedro run --params as_of=YYYY-MM-DD"
            )
        return following

    def following(self, last: date | None, *, today: date | None = None) -> date:
        """The same, whether it has come or not.

        Args:
            last: The as-of date of the last complete run, if there is one.
            today: The date of whoever runs it; left out, what the clock says.

        Raises:
            EndOfFeed: If the feed holds no further week.
            AsOfError: If the last run is of a later day than today.
        """
        if self.first_as_of is None:
            here = today or date.today()  # noqa: DTZ011 - the day of whoever runs it
            if last is not None and last > here:
                raise AsOfError(
                    f"the clock says {here}, and the run of {last} is done already: the clock was "
                    "set back, or that run was made ahead of its day. Nothing was changed. Set the "
                    f"clock, or name the date: kedro run --params as_of={here}"
                )
            return here
        if last is None:
            return self.first_as_of
        following = last + timedelta(days=self.step_days)
        if self.end is not None and following > self.end:
            raise EndOfFeed(
                f"Nothing to run: the data ends on {self.end} and the week of {last} is done. "
                "Nothing was changed. To run a week again: kedro run --params as_of=YYYY-MM-DD"
            )
        return following
