"""Taking rows out of a table, and telling of them afterwards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from weekwise.contract.model import Contract
from weekwise.errors import DataGateError
from weekwise.quality.gate_result import GateResult

COLUMNS = ("as_of", "table", "row", "key", "reasons", "data")


@dataclass(frozen=True)
class RowFilter:
    """Takes the same rows out of a table, however often it is loaded.

    Attributes:
        frame: The table as it was checked, rows numbered from 0.
        contract: What it is.
        rows: Positions of the rows to take out.
    """

    frame: pd.DataFrame = field(repr=False)
    contract: Contract
    rows: Sequence[int]

    def clean(self, data: Any) -> Any:
        """The table without those rows.

        A pandas frame loses them by position and keeps its index. An Ibis table loses them by key
        and stays an expression on its own backend; without a key that tells them from all others,
        it becomes an in-memory table of the rows that stay.

        Args:
            data: The table, loaded again or not.

        Raises:
            DataGateError: If a frame has not as many rows as when it was checked.
        """
        if isinstance(data, ibis.Table):
            return self._anti_join(data) if self._has_key() else self._in_memory(data)
        if len(data) != len(self.frame):
            raise DataGateError(
                f"{self.contract.table} had {len(self.frame):,} rows when it was checked and has "
                f"{len(data):,} now; run again when nothing else writes to it"
            )
        return data[self._stays()]

    def _stays(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        stays = np.ones(len(self.frame), dtype=bool)
        stays[list(self.rows)] = False
        return stays

    def _has_key(self) -> bool:
        """Whether the key tells every row to take out from every row that stays."""
        names = list(self.contract.key)
        if not names:
            return False
        keys, stays = self.frame[names], self._stays()
        # A merge, like the join below, takes missing values for equal.
        return bool(keys[stays].merge(keys[~stays], on=names).empty)

    def _anti_join(self, data: ibis.Table) -> ibis.Table:
        names = list(self.contract.key)
        bad = _memtable(self.frame[names].iloc[list(self.rows)].drop_duplicates(), data)
        return data.anti_join(bad, [data[name].identical_to(bad[name]) for name in names])

    def _in_memory(self, data: ibis.Table) -> ibis.Table:
        return _memtable(self.frame[self._stays()], data)


def quarantine_rows(
    frame: pd.DataFrame, contract: Contract, result: GateResult, as_of: date | None
) -> pd.DataFrame:
    """The rows taken out, each with its reasons.

    Args:
        frame: The table as it was checked, rows numbered from 0.
        contract: What it is.
        result: What the gate found.
        as_of: The run's logical date.

    Returns:
        One row for each: as_of (date), table, row (its position), key (JSON), reasons (text), data
        (the whole row as JSON).
    """
    rows = list(result.quarantined)
    keys = _json(frame[[name for name in contract.key if name in frame]].iloc[rows])
    data = _json(frame.iloc[rows])
    reasons = ["; ".join(result.quarantined[row]) for row in rows]
    everything = ([as_of] * len(rows), [contract.table] * len(rows), rows, keys, reasons, data)
    columns = dict(zip(COLUMNS, everything, strict=True))
    return pd.DataFrame(columns).astype({"row": "int64"}).astype(dict.fromkeys(_TEXT, "str"))


_TEXT = ("table", "key", "reasons", "data")


def _json(frame: pd.DataFrame) -> list[str]:
    # JSON has no NaN.
    plain = frame.astype(object).where(frame.notna(), None)
    records: Sequence[Mapping[Any, Any]] = plain.to_dict("records")
    return [json.dumps(record, default=str, ensure_ascii=False) for record in records]


def _memtable(frame: pd.DataFrame, like: ibis.Table) -> ibis.Table:
    """A frame as an Ibis table with the types of another."""
    schema = pa.schema([like.schema().to_pyarrow().field(str(name)) for name in frame.columns])
    return ibis.memtable(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))
