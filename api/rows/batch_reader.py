"""Many rows at once: whole columns are checked first, then single rows where that is needed.

A column that is quickly seen to hold only what the contract allows needs no look at its values.
Every row with a value that is not quickly seen to be right is read again by the reader of single
rows, so that both refuse the same rows in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np

from api.http.bodies import too_many_rows
from api.http.exceptions import FieldFault, Malformed
from api.rows.batch_body import Piece, pieces
from api.rows.cancel_flag import CancelFlag
from api.rows.columns import Array, Bools, CheckedColumn, check_column
from api.rows.refusals import Refusals
from api.rows.row_reader import KEY_END, RowReader, refuse_duplicate_keys

_SPACES = (b" ", b"\n", b"\t", b"\r")
_SPACED_QUOTES = (b'" ', b'"\n', b'"\t', b'"\r')
_ROWS_A_CHECK = 64
"""How many suspect rows are read between two looks at the flag."""


@dataclass(frozen=True)
class CheckedBatch:
    """A batch whose rows have been checked.

    Attributes:
        valid: The places of the valid rows in the batch, in order.
        columns: Each input's values in the valid rows, shape (len(valid),).
        missing: Where each input has no value in them, shape (len(valid),).
        faults: What is wrong with each of the other rows, by its place.
        refusals: The same by kind of fault.
    """

    valid: list[int]
    columns: Mapping[str, Array]
    missing: Mapping[str, Bools]
    faults: Mapping[int, list[FieldFault]]
    refusals: Refusals


@dataclass(frozen=True)
class BatchReader:
    """Reads batches of rows of one contract.

    Attributes:
        row_reader: The reader of single rows.
        max_rows: The most rows of a batch.
        max_row_bytes: About the largest row.
    """

    row_reader: RowReader
    max_rows: int
    max_row_bytes: int = 2**18

    def read(self, body: bytes, flag: CancelFlag | None = None) -> CheckedBatch:
        """The rows of a request's body, checked.

        Args:
            body: The JSON.
            flag: Ends the work between two pieces of the body.

        Raises:
            Malformed: If it is not JSON, has a key twice, or is not an object with `rows`.
            TooManyRows: If there are more rows than allowed.
            TooLarge: If a row is too large.
            Abandoned: If the flag is set.
        """
        return self._read(pieces(body, max_row_bytes=self.max_row_bytes), flag or CancelFlag())

    def read_rows(self, rows: list[Any], flag: CancelFlag | None = None) -> CheckedBatch:
        """Rows that are parsed already, checked.

        Args:
            rows: The rows.
            flag: Ends the work.

        Raises:
            Malformed: If there are none.
            TooManyRows: If there are more rows than allowed.
            Abandoned: If the flag is set.
        """
        return self._read([Piece(None, rows, is_strict=True)], flag or CancelFlag())

    def _read(self, parsed: Iterable[Piece], flag: CancelFlag) -> CheckedBatch:
        refusals = Refusals()
        parts: list[CheckedBatch] = []
        count = 0
        for piece in parsed:
            flag.check()
            if count + len(piece.rows) > self.max_rows:
                raise too_many_rows(self.max_rows)
            _refuse_duplicate_keys(piece)
            if piece.rows:
                parts.append(self._check(piece, count, refusals, flag))
            count += len(piece.rows)
        if not parts:
            raise Malformed("There are no rows; send at least one.")
        return _joined(parts, refusals)

    def _check(
        self, piece: Piece, before: int, refusals: Refusals, flag: CancelFlag
    ) -> CheckedBatch:
        """The rows of a piece, checked; `before` is how many rows came before it."""
        contract, rows = self.row_reader.contract, piece.rows
        names = self.row_reader.inputs
        raw, suspect = _as_columns(names, rows)
        columns = {name: check_column(contract.columns[name], raw[name]) for name in names}
        for column in columns.values():
            suspect |= column.suspect
        if not piece.is_strict:
            # NaN and infinity look like numbers to a column; the reader of rows refuses them.
            suspect[:] = True
        places = np.flatnonzero(suspect).tolist()
        faults: dict[int, list[FieldFault]] = {}
        for turn, place in enumerate(places):
            if turn % _ROWS_A_CHECK == 0:
                flag.check()
            row = self.row_reader.read_value(rows[place], hint=refusals.hint)
            if isinstance(row, list):
                faults[place] = refusals.add(before + place, row)
                continue
            for name, column in columns.items():
                column.put(place, row[name])
        return checked_batch(columns, faults, len(rows), before, refusals)


def _refuse_duplicate_keys(piece: Piece) -> None:
    """Refuse rows with a key twice; only if their number is odd is each key looked at."""
    # Of parsed rows a second key is gone: more ends of keys in the text than keys may be one.
    text = piece.text
    if text is None:
        return
    keys = piece.keys + sum(len(row) for row in piece.rows if isinstance(row, dict))
    may_be_spaced = any(space in text for space in _SPACES) and any(
        quote in text for quote in _SPACED_QUOTES
    )
    ends = len(KEY_END.findall(text)) if may_be_spaced else text.count(b'":')
    if ends != keys:
        refuse_duplicate_keys(text)


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


def checked_batch(
    columns: Mapping[str, CheckedColumn],
    faults: Mapping[int, list[FieldFault]],
    rows: int,
    before: int,
    refusals: Refusals,
) -> CheckedBatch:
    """The valid rows of checked columns.

    Args:
        columns: The columns, with the values of all valid rows.
        faults: What is wrong with the other rows, by their place in the columns.
        rows: How many rows the columns have.
        before: How many rows of the batch come before them.
        refusals: What is wrong with rows of the batch by kind of fault.
    """
    if not faults:
        return CheckedBatch(
            valid=list(range(before, before + rows)),
            columns={name: column.array for name, column in columns.items()},
            missing={name: column.missing for name, column in columns.items()},
            faults=faults,
            refusals=refusals,
        )
    valid = np.setdiff1d(np.arange(rows), list(faults))
    return CheckedBatch(
        valid=(valid + before).tolist(),
        columns={name: column.array[valid] for name, column in columns.items()},
        missing={name: column.missing[valid] for name, column in columns.items()},
        faults={before + place: found for place, found in faults.items()},
        refusals=refusals,
    )


def _joined(parts: Sequence[CheckedBatch], refusals: Refusals) -> CheckedBatch:
    if len(parts) == 1:
        return parts[0]
    names = parts[0].columns
    return CheckedBatch(
        valid=[place for part in parts for place in part.valid],
        columns={name: np.concatenate([part.columns[name] for part in parts]) for name in names},
        missing={name: np.concatenate([part.missing[name] for part in parts]) for name in names},
        faults={place: found for part in parts for place, found in part.faults.items()},
        refusals=refusals,
    )
