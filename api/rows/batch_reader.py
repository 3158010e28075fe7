"""Many rows at once: whole columns are checked first, then single rows where that is needed.

A column that is quickly seen to hold only what the contract allows needs no look at its values.
Every row with a value that is not quickly seen to be right is read again by the reader of single
rows, so that both refuse the same rows in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from api.http.exceptions import FieldFault, Malformed, TooManyRows
from api.rows.columns import Array, Bools, CheckedColumn, check_column
from api.rows.row_reader import KEY_END, RowReader, parse_json, refuse_duplicate_keys

_SPACES = (b" ", b"\n", b"\t", b"\r")
_SPACED_QUOTES = (b'" ', b'"\n', b'"\t', b'"\r')


@dataclass(frozen=True)
class CheckedBatch:
    """A batch whose rows have been checked.

    Attributes:
        valid: The places of the valid rows in the batch, in order.
        columns: Each input's values in the valid rows, shape (len(valid),).
        missing: Where each input has no value in them, shape (len(valid),).
        faults: What is wrong with each of the other rows, by its place.
    """

    valid: list[int]
    columns: Mapping[str, Array]
    missing: Mapping[str, Bools]
    faults: Mapping[int, list[FieldFault]]


@dataclass(frozen=True)
class BatchReader:
    """Reads batches of rows of one contract.

    Attributes:
        row_reader: The reader of single rows.
        max_rows: The most rows of a batch.
    """

    row_reader: RowReader
    max_rows: int

    def read(self, body: bytes) -> CheckedBatch:
        """The rows of a request's body, checked.

        Args:
            body: The JSON.

        Raises:
            Malformed: If it is not JSON, has a key twice, or is not an object with `rows`.
            TooManyRows: If there are more rows than allowed.
        """
        rows, is_strict = self._parse(body)
        return self._check(rows, is_strict=is_strict)

    def _parse(self, body: bytes) -> tuple[list[Any], bool]:
        """The rows, parsed and not yet checked, and whether the body is strictly JSON."""
        parsed, is_strict = parse_json(body)
        if not isinstance(parsed, dict) or not isinstance(parsed.get("rows"), list):
            raise Malformed('Send an object with the rows in a list: {"rows": [{…}, …]}.')
        if len(parsed) > 1:
            raise Malformed("Send an object with `rows` and nothing else.")
        rows: list[Any] = parsed["rows"]
        if not rows:
            raise Malformed("There are no rows; send at least one.")
        if len(rows) > self.max_rows:
            raise TooManyRows(
                f"The batch has {len(rows):,} rows and {self.max_rows:,} are allowed; "
                "send smaller batches."
            )
        _refuse_duplicate_keys(body, rows)
        return rows, is_strict

    def _check(self, rows: list[Any], *, is_strict: bool) -> CheckedBatch:
        contract = self.row_reader.contract
        names = self.row_reader.inputs
        raw, suspect = _as_columns(names, rows)
        columns = {name: check_column(contract.columns[name], raw[name]) for name in names}
        for column in columns.values():
            suspect |= column.suspect
        if not is_strict:
            # NaN and infinity look like numbers to a column; the reader of rows refuses them.
            suspect[:] = True
        faults = self._read_again(rows, np.flatnonzero(suspect).tolist(), columns)
        return _checked_batch(columns, faults, len(rows))

    def _read_again(
        self, rows: list[Any], places: list[int], columns: Mapping[str, CheckedColumn]
    ) -> dict[int, list[FieldFault]]:
        """What is wrong with suspect rows; the values of those that are right go into `columns`."""
        faults: dict[int, list[FieldFault]] = {}
        for place in places:
            row = self.row_reader.read_value(rows[place])
            if isinstance(row, list):
                faults[place] = row
                continue
            for name, column in columns.items():
                column.put(place, row[name])
        return faults


def _refuse_duplicate_keys(body: bytes, rows: list[Any]) -> None:
    """Refuse a body with a key twice; only if their number is odd is each key looked at."""
    # Of parsed rows a second key is gone: more ends of keys in the body than keys may be one.
    keys = 1 + sum(len(row) for row in rows if isinstance(row, dict))
    may_be_spaced = any(space in body for space in _SPACES) and any(
        quote in body for quote in _SPACED_QUOTES
    )
    ends = len(KEY_END.findall(body)) if may_be_spaced else body.count(b'":')
    if ends != keys:
        refuse_duplicate_keys(body)


def _as_columns(names: list[str], rows: list[Any]) -> tuple[dict[str, Sequence[Any]], Bools]:
    """Rows as columns, None where a row lacks one; and which rows have other columns."""
    # With one name `itemgetter` gives values, not tuples of them.
    if len(names) > 1 and set(map(type, rows)) == {dict}:
        try:
            values = zip(*map(itemgetter(*names), rows), strict=True)
            columns: dict[str, Sequence[Any]] = dict(zip(names, values, strict=True))
        except KeyError:
            pass
        else:
            return columns, np.array(list(map(len, rows))) != len(names)
    known = set(names)
    suspect = np.array([type(row) is not dict or not row.keys() <= known for row in rows])
    objects = [row if type(row) is dict else {} for row in rows]
    return {name: [row.get(name) for row in objects] for name in names}, suspect


def _checked_batch(
    columns: Mapping[str, CheckedColumn], faults: Mapping[int, list[FieldFault]], rows: int
) -> CheckedBatch:
    if not faults:
        return CheckedBatch(
            valid=list(range(rows)),
            columns={name: column.array for name, column in columns.items()},
            missing={name: column.missing for name, column in columns.items()},
            faults=faults,
        )
    valid = np.setdiff1d(np.arange(rows), list(faults))
    return CheckedBatch(
        valid=valid.tolist(),
        columns={name: column.array[valid] for name, column in columns.items()},
        missing={name: column.missing[valid] for name, column in columns.items()},
        faults=faults,
    )
