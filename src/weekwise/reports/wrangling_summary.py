"""What data wrangling reports of itself."""

from __future__ import annotations

from datetime import date

from weekwise.contract.model import Frozen


class WranglingSummary(Frozen):
    """Rows in, rows out, and what became of the rest.

    Attributes:
        as_of: The run's as-of date.
        rows_in: Rows of each table of the feed, after the gate.
        duplicates_dropped: Flights that were exact copies of others.
        canceled: Past flights without a departure; they are not in the features.
        diverted: Past flights that left but have no arrival delay; they are not in the features.
        history_rows: Rows of features with an outcome.
        upcoming_rows: Rows of features to be predicted.
        history_start: First date of the history; none if it is empty.
        history_end: Last date of the history; none if it is empty.
        data_hash: SHA-256 of the features, 64 hexadecimal digits.
    """

    as_of: date
    rows_in: dict[str, int]
    duplicates_dropped: int
    canceled: int
    diverted: int
    history_rows: int
    upcoming_rows: int
    history_start: date | None
    history_end: date | None
    data_hash: str
