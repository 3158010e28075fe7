"""From a few raw rows to what CatBoost is given, without a frame.

CatBoost reads a list of values about ten times as fast as a frame of one row, and turns each number
itself into what `weekwise.features.model_frame` would have made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from weekwise.features.derived_columns import Row
from weekwise.features.model_frame import ModelInputs
from weekwise.features.read_values import text_of
from weekwise.features.time_features import calendar_values


class ListMaker:
    """Makes lists of rows for one model.

    Args:
        inputs: What the model takes.

    Attributes:
        categories: The places of the categories in a list.
    """

    def __init__(self, inputs: ModelInputs) -> None:
        self._features = inputs.features
        self._derived = inputs.derived
        self.categories = [inputs.features.index(name) for name in inputs.categories]
        self._time = inputs.contract.time if inputs.calendar else None
        self._zone = ZoneInfo(inputs.contract.timezone)
        self._calendar, self._country = inputs.calendar, inputs.country
        # With one key itemgetter gives the value itself and no tuple.
        self._get = itemgetter(*inputs.features) if len(inputs.features) > 1 else None

    def complete(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows with the derived columns that the model takes.

        Args:
            rows: Raw rows of the contract; a column left out counts as missing.
        """
        return self._derived.of_rows(rows)

    def lists(self, rows: Iterable[Row]) -> list[list[Any]]:
        """One list for each row, in the order of the inputs' names.

        Args:
            rows: What `complete` gave.
        """
        return [self._list(row) for row in rows]

    def _list(self, row: Row) -> list[Any]:
        values = self._values(row)
        for place in self.categories:
            if type(values[place]) is not str:
                values[place] = text_of(values[place])
        if self._time is not None:
            moment = row.get(self._time)
            if isinstance(moment, datetime) and moment.tzinfo is not None:
                moment = moment.astimezone(self._zone).replace(tzinfo=None)
            values += calendar_values(moment, self._calendar, country=self._country)
        return values

    def _values(self, row: Row) -> list[Any]:
        if self._get is not None:
            try:
                return list(self._get(row))
            except KeyError:
                pass
        return [row.get(name) for name in self._features]
