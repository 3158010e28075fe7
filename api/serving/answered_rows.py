"""Rows that have been predicted, for those who look at them after their answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import numpy as np

from api.rows.batch_reader import CheckedBatch
from api.rows.columns import Array
from api.rows.row_warnings import Row
from api.serving.loaded_model import LoadedModel


@dataclass(frozen=True)
class AnsweredRows:
    """Rows of one request that have been predicted, as they came.

    Nobody changes them: they are looked at in other threads.

    Attributes:
        model: The model that predicted them.
        request_id: The request's id.
        rows: A single row as the model's reader gives it, or the valid rows of a batch.
        predictions: What the model predicted, one item a row.
        seconds: When, in seconds since 1970.
        chosen: Which rows of a batch are looked at, counted among the valid ones; none for all.
    """

    model: LoadedModel
    request_id: str
    rows: Row | CheckedBatch
    predictions: Sequence[Any]
    seconds: float = field(default_factory=time.time)
    chosen: Array | None = None

    def __len__(self) -> int:
        """How many rows are looked at."""
        return len(self.predictions if self.chosen is None else self.chosen)

    @property
    def day(self) -> date:
        """The day of the answer, in UTC."""
        return datetime.fromtimestamp(self.seconds, UTC).date()


class Follower(Protocol):
    """Whoever looks at rows after their answer."""

    def take(self, answered: AnsweredRows) -> None:
        """Take rows over, at once and without raising; called in the event loop's thread."""


@dataclass(frozen=True)
class AnsweredGroup:
    """Rows that one model answered on one day, as a table has them.

    Attributes:
        model: The model.
        day: The day, in UTC.
        seconds: When each was answered, in seconds since 1970, shape (n,).
        request_ids: The id of each row's request, length n.
        places: The place of each row in its request, length n.
        columns: Each input of the model by name, n values each: an array of a batch, or plain
            values, None where there is none.
        predictions: What the model predicted, length n.
    """

    model: LoadedModel
    day: date
    seconds: Array
    request_ids: Sequence[str]
    places: Sequence[int]
    columns: Mapping[str, Array | Sequence[Any]]
    predictions: Sequence[Any]

    def __len__(self) -> int:
        """How many rows it has."""
        return len(self.predictions)


def grouped(answered: Iterable[AnsweredRows]) -> list[AnsweredGroup]:
    """Answered rows as tables: single rows of one model and day together, each batch by itself.

    Args:
        answered: The rows.
    """
    singles: dict[tuple[int, date], list[AnsweredRows]] = {}
    groups = []
    for part in answered:
        if isinstance(part.rows, CheckedBatch):
            groups += [_of_batch(part, part.rows)] if len(part) else []
        else:
            singles.setdefault((id(part.model), part.day), []).append(part)
    return [*map(_of_singles, singles.values()), *groups]


def _of_batch(part: AnsweredRows, batch: CheckedBatch) -> AnsweredGroup:
    rows, chosen = len(part), part.chosen
    places, predictions, columns = batch.valid, part.predictions, batch.columns
    if chosen is not None:
        places = [places[row] for row in chosen]
        predictions = [predictions[row] for row in chosen]
        columns = {name: values[chosen] for name, values in columns.items()}
    return AnsweredGroup(
        model=part.model,
        day=part.day,
        seconds=np.full(rows, part.seconds),
        request_ids=[part.request_id] * rows,
        places=places,
        columns=columns,
        predictions=predictions,
    )


def _of_singles(parts: Sequence[AnsweredRows]) -> AnsweredGroup:
    model = parts[0].model
    rows: list[Any] = [part.rows for part in parts]
    return AnsweredGroup(
        model=model,
        day=parts[0].day,
        seconds=np.array([part.seconds for part in parts]),
        request_ids=[part.request_id for part in parts],
        places=[0] * len(parts),
        columns={name: [row[name] for row in rows] for name in model.reader.inputs},
        predictions=[part.predictions[0] for part in parts],
    )
