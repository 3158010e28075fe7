"""Categories that upcoming rows have and history does not."""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from weekwise.contract.frozen import Frozen
from weekwise.features.conform import count_rows


class UnseenCategory(Frozen):
    """A category of the upcoming rows that history does not know.

    Attributes:
        column: The feature.
        value: The category.
        rows: Upcoming rows that have it.
    """

    column: str
    value: str
    rows: int


class Unseen(Frozen):
    """All that the upcoming rows have and history does not.

    Attributes:
        upcoming_rows: Upcoming rows.
        rows: Those of them with at least one unseen category.
        categories: The categories, those with the most rows first.
    """

    upcoming_rows: int
    rows: int = 0
    categories: tuple[UnseenCategory, ...] = ()

    @property
    def share(self) -> float:
        """The share of the upcoming rows with at least one unseen category."""
        return self.rows / self.upcoming_rows if self.upcoming_rows else 0.0


def find_unseen(upcoming: ibis.Table, history: ibis.Table, columns: Sequence[str]) -> Unseen:
    """Find the categories of some columns that only the upcoming rows have.

    Args:
        upcoming: Rows to be predicted.
        history: Past rows.
        columns: The columns to look at, all of text.
    """
    unseen = [category for name in columns for category in _unseen(upcoming, history, name)]
    has_it = [upcoming[category.column].cast("string") == category.value for category in unseen]
    return Unseen(
        upcoming_rows=count_rows(upcoming),
        rows=count_rows(upcoming.filter(ibis.or_(*has_it))) if unseen else 0,
        categories=tuple(sorted(unseen, key=lambda part: (-part.rows, part.column, part.value))),
    )


def _unseen(upcoming: ibis.Table, history: ibis.Table, column: str) -> list[UnseenCategory]:
    rows = upcoming.drop_null(column).group_by(column).agg(rows=ibis._.count())
    new = rows.anti_join(history.select(column).distinct(), column).to_pyarrow().to_pandas()
    return [
        UnseenCategory(column=column, value=str(value), rows=int(count))
        for value, count in zip(new[column], new["rows"], strict=True)
    ]
