"""Aggregates that a row does not bring, looked up in a table that travels with the model.

The table holds what the model's own run knew: one value a key. Nothing here needs the rows
themselves or their engine, so that the service and MLflow's pyfunc look up alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field

from weekwise.contract.aggregate import Aggregate
from weekwise.contract.column import Column
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.features.derived_columns import DerivedColumns, Row
from weekwise.features.read_values import read, text_of, time_column

SECONDS_A_DAY, SECONDS_AN_HOUR = 86_400, 3_600

Key = tuple[str, ...]
"""The values of an aggregate's keys as text; for one `within` an hour or a day, that comes last."""


class AggregateTable(Frozen):
    """What is known of one aggregate, as of the model's run.

    Attributes:
        values: The value of each key: for `days_since_last` the last time, in seconds since 1970.
        otherwise: The value of every other key; none if there is none.
    """

    values: tuple[tuple[Key, float], ...]
    otherwise: float | None


class AggregateTables(Frozen):
    """All aggregates that a model takes.

    Attributes:
        as_of: The run that they are of.
        tables: Each aggregate's table by its column's name.
    """

    as_of: date
    tables: Mapping[str, AggregateTable] = Field(default_factory=dict)


class AggregateLookup(Frozen):
    """Gives rows of a contract the aggregates that they lack.

    Attributes:
        contract: What the rows are.
        known: The aggregates as of the model's run.
    """

    model_config = ConfigDict(ignored_types=(cached_property,))

    contract: Contract
    known: AggregateTables

    def in_rows(self, rows: Sequence[Row]) -> list[Row]:
        """Rows with their aggregates; what a row brings stays as it is.

        Args:
            rows: Raw rows of the contract, each value of its column's own Python type; a column
                left out counts as missing.
        """
        return [
            {**row, **found} if found else row
            for row, found in zip(rows, map(self._found, self._with_derived(rows)), strict=True)
        ]

    def in_frame(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The same for a frame; its aggregates become float64.

        Args:
            rows: Raw rows of the contract, shape (n, any); an aggregate's column may be absent.
        """
        lacking = {
            name: rows[name].isna().to_numpy() if name in rows else np.ones(len(rows), dtype=bool)
            for name in self.known.tables
        }
        wanted = [name for name, missing in lacking.items() if missing.any()]
        if not wanted:
            return rows
        derived = self._derived.of_frame(rows)
        moments = self._moments(rows, wanted)
        filled = {}
        for name in wanted:
            keys = self._keys_of_frame(name, rows, derived)
            given = rows[name] if name in rows else pd.Series(None, index=rows.index, dtype=object)
            values = given.astype(object).to_numpy(copy=True)
            for place in np.flatnonzero(lacking[name]):
                key = keys[place]
                values[place] = self._value(name, key, None if moments is None else moments[place])
            filled[name] = pd.Series(values, index=rows.index).astype("float64")
        return rows.assign(**filled)

    def lacking(self, row: Row) -> list[str]:
        """Names of the aggregates that a row does not bring."""
        return [name for name in self.known.tables if _is_missing(row.get(name))]

    def _found(self, row: Row) -> dict[str, Any]:
        found: dict[str, Any] = {}
        lacking = self.lacking(row)
        moment = self._moment(row) if lacking else None
        for name in lacking:
            keys = [key_text(row.get(each), self._columns[each]) for each in self._by(name)]
            value = self._value(name, None if None in keys else tuple(map(str, keys)), moment)
            whole = self._columns[name].type.facts.whole and value is not None
            found[name] = int(value) if whole and value is not None else value
        return found

    def _value(self, name: str, key: Key | None, moment: datetime | None) -> float | None:
        """The value of one key; none where a part of it, or the time it takes, is missing."""
        aggregate, known = self._aggregates[name], self.known.tables[name]
        if key is None or (aggregate.takes_time and moment is None):
            return None
        if aggregate.within is not None and moment is not None:
            key = (*key, bucket_text(moment, aggregate))
        value = self._values[name].get(key, known.otherwise)
        if value is None or moment is None or aggregate.within is not None:
            return value
        return (_seconds(moment) - value) / SECONDS_A_DAY if aggregate.takes_time else value

    def _with_derived(self, rows: Sequence[Row]) -> Sequence[Row]:
        if not self._derived.names or not any(map(self.lacking, rows)):
            return rows
        return self._derived.of_rows(rows)

    def _keys_of_frame(
        self, name: str, rows: pd.DataFrame, derived: Mapping[str, pd.Series[Any]]
    ) -> list[Key | None]:
        parts = [
            _key_texts(derived[each] if each in derived else rows[each], self._columns[each])
            for each in self._by(name)
        ]
        if not parts:
            return [()] * len(rows)
        return [None if None in key else key for key in zip(*parts, strict=True)]

    def _moments(self, rows: pd.DataFrame, names: Sequence[str]) -> list[datetime | None] | None:
        time = self.contract.time
        if time is None or not any(self._aggregates[name].takes_time for name in names):
            return None
        zone = self.contract.timezone
        times = read(rows[time], lambda column: time_column(column, zone))
        return list(times.astype(object).tolist())

    def _moment(self, row: Row) -> datetime | None:
        moment = row.get(self._time)
        if moment is None or _is_missing(moment):
            return None
        if not isinstance(moment, datetime):
            return datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - local time
        if moment.tzinfo is not None:
            moment = moment.astimezone(ZoneInfo(self.contract.timezone)).replace(tzinfo=None)
        return moment

    def _by(self, name: str) -> Key:
        return self._aggregates[name].by

    @property
    def _columns(self) -> Mapping[str, Column]:
        return self.contract.columns

    @cached_property
    def _time(self) -> str:
        return str(self.contract.time)

    @cached_property
    def _aggregates(self) -> Mapping[str, Aggregate]:
        declared = ((name, self.contract.columns[name].aggregate) for name in self.known.tables)
        return {name: aggregate for name, aggregate in declared if aggregate is not None}

    @cached_property
    def _values(self) -> Mapping[str, Mapping[Key, float]]:
        return {name: dict(table.values) for name, table in self.known.tables.items()}

    @cached_property
    def _derived(self) -> DerivedColumns:
        """What computes the keys that are derived from other columns."""
        keys = {key for each in self._aggregates.values() for key in each.by}
        return DerivedColumns(keys, self.contract)

    @property
    def needs_sql(self) -> bool:
        """Whether a key is derived from other columns."""
        return bool(self._derived.names)


def key_text(value: Any, column: Column) -> str | None:
    """A key's value as text, the same whichever type it comes in; none if it is missing."""
    if _is_missing(value):
        return None
    if column.type.facts.boolean:
        return str(bool(value))
    if column.type.facts.temporal:
        return str(pd.Timestamp(value).date())
    return text_of(value)


def bucket_text(moment: datetime, aggregate: Aggregate) -> str:
    """The clock hour or the day that a time lies in, counted from 1970."""
    _, hours = aggregate.reach
    return str(_seconds(moment) // (SECONDS_AN_HOUR if hours else SECONDS_A_DAY))


def _key_texts(values: pd.Series[Any], column: Column) -> list[str | None]:
    codes, distinct = pd.factorize(values)
    texts = [*(key_text(value, column) for value in distinct), None]  # code -1 is no value
    return [texts[code] for code in codes]


def _seconds(moment: datetime) -> int:
    """Whole seconds from 1970 to a moment of the same clock."""
    return math.floor(np.datetime64(moment, "us").astype(np.int64) / np.int64(1_000_000))


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or value != value  # noqa: PLR0124
