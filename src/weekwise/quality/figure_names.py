"""What is measured of a table as a whole, over its weeks."""

from __future__ import annotations

from enum import StrEnum


class FigureName(StrEnum):
    """A number of a table as of the run's date."""

    AGE = "days since the newest row"
    AHEAD = "rows dated far ahead"
    SHIFT = "hours the times of day have moved"
    ROWS = "rows in the last week"
    OUTCOMES = "share of the last due week with an outcome"

    @property
    def parameter(self) -> str:
        """The name under which Great Expectations gets its limits, before `_min` and `_max`."""
        return self.name.lower()


FRESHNESS = (FigureName.AGE, FigureName.AHEAD, FigureName.SHIFT)
VOLUME = (FigureName.ROWS, FigureName.OUTCOMES)
