"""What the reports find: one shape for all of them."""

from __future__ import annotations

from enum import StrEnum

from weekwise.contract.frozen import Frozen


class Status(StrEnum):
    """What a finding, or a week, asks of its operator, from nothing to something at once."""

    OK = "OK"
    WARN = "WARN"
    ACT = "ACT"

    @property
    def rank(self) -> int:
        """How severe it is; the most severe finding makes a week's status."""
        return list(Status).index(self)


class Finding(Frozen):
    """One fact worth a person's time, in either report.

    Attributes:
        status: How severe it is.
        topic: What it is about, in a few words.
        reason: The fact, with its figures, short enough for a headline.
        next_step: What to do about it; empty if nothing.
    """

    status: Status
    topic: str
    reason: str
    next_step: str = ""
