"""What data wrangling reports of itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis

from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.features.conform import count_rows
from weekwise.features.week_hashes import WeekHashes, hashed_weeks
from weekwise.features.window import Window


class WranglingSummary(Frozen):
    """Rows in, rows out, and what became of the rest.

    Attributes:
        as_of: The run's as-of date.
        rows_in: Rows of each table of the feed, after the gate.
        duplicates_dropped: Rows that were exact copies of others.
        left_out: Rows that are not in the features, by reason.
        history_rows: Rows of features with an outcome.
        upcoming_rows: Rows of features to be predicted.
        history_start: First date of the history; none if it is empty or rows have no time.
        history_end: Last date of the history; none if it is empty or rows have no time.
        upcoming_end: The first date after the upcoming days; none where rows have no time.
        data_hash: SHA-256 of the features, of the hashes of their weeks, 64 hexadecimal digits.
    """

    as_of: date
    rows_in: dict[str, int]
    duplicates_dropped: int
    left_out: dict[str, int]
    history_rows: int
    upcoming_rows: int
    history_start: date | None
    history_end: date | None
    upcoming_end: date | None
    data_hash: str


def summarize_features(
    features: ibis.Table,
    contract: Contract,
    window: Window,
    *,
    rows_in: Mapping[str, int],
    duplicates_dropped: int,
    left_out: Mapping[str, int],
    known_hashes: WeekHashes,
) -> tuple[WranglingSummary, WeekHashes]:
    """Add to what wrangling knows of its input what can be read off its output.

    Args:
        features: The table that was built, ordered by its key.
        contract: Its contract.
        window: The run's place in time.
        rows_in: Rows of each table of the feed.
        duplicates_dropped: Rows that were exact copies of others.
        left_out: Rows that are not in `features`, by reason.
        known_hashes: What an earlier run found of the features' weeks.

    Returns:
        The summary, and the hashes of the features' weeks.
    """
    data_hash, hashes = hashed_weeks(features, contract, known_hashes)
    history = window.history(features, contract)
    span: dict[str, date | None] = {"first": None, "last": None}
    if contract.time is not None:
        time = history[contract.time].cast("date")
        span = history.agg(first=time.min(), last=time.max()).to_pyarrow().to_pylist()[0]
    summary = WranglingSummary(
        as_of=window.as_of,
        rows_in=dict(rows_in),
        duplicates_dropped=duplicates_dropped,
        left_out=dict(left_out),
        history_rows=count_rows(history),
        upcoming_rows=count_rows(window.upcoming(features, contract)),
        history_start=span["first"],
        history_end=span["last"],
        upcoming_end=None if contract.time is None else window.end,
        data_hash=data_hash,
    )
    return summary, hashes
