"""Typed parameters of data wrangling."""

from __future__ import annotations

from pydantic import Field

from weekwise.contract.frozen import Frozen


class WranglingParams(Frozen):
    """How the features are made.

    Attributes:
        late_after_minutes: A flight is late when it arrives more than this many minutes after its
            scheduled arrival.
        weather_hours: Hours of weather that rolling weather features cover: those up to and
            including the departure's, and as many from it on.
    """

    late_after_minutes: int = Field(default=15, ge=0)
    weather_hours: int = Field(default=6, ge=1)
