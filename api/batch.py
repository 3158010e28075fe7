"""Many rows at once: columns are checked whole, and only rows that look wrong one by one.

A column that is quickly seen to hold nothing but what the contract allows needs no look at its
values. Every row with a value that is not quickly seen to be right is read again by the reader of
single rows, so that both refuse the same rows in the same words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pydantic_core

from api.columns import check_column
from api.problems import FieldFault, Malformed, TooManyRows
from api.rows import RowReader, refuse_doubled_keys
from api.served import Served
from weekwise.contract.model import TEMPORAL, TEXTUAL, Column

Bools = npt.NDArray[np.bool_]
_KEY_ENDS = re.compile(rb'"\s*:')
_SPACED = (b'" ', b'"\n', b'"\t', b'"\r')
_NO_WARNINGS = orjson.Fragment(b"[]")


@dataclass(frozen=True)
class Answered:
    """A batch's answer.

    Attributes:
        body: The answer as JSON.
        probabilities: Those of the rows predicted.
        refused: How many rows were not.
        unseen: Unseen categories, counted by column.
    """

    body: bytes
    probabilities: list[float]
    refused: int
    unseen: Mapping[str, int]


@dataclass(frozen=True)
class BatchReader:
    """Reads batches for one model.

    Attributes:
        served: The model.
        max_rows: The most rows of a batch.
    """

    served: Served
    max_rows: int

    @property
    def rows(self) -> RowReader:
        """The reader of single rows."""
        return self.served.reader

    def parse(self, body: bytes) -> tuple[list[Any], bool]:
        """The rows of a body, parsed and not yet checked, and whether all of it keeps to JSON.

        Raises:
            Malformed: If it is no JSON, has a key twice, or is no object with `rows`.
            TooManyRows: If there are more than may be.
        """
        parsed, is_json = _parsed(body)
        if not isinstance(parsed, dict) or not isinstance(parsed.get("rows"), list):
            raise Malformed('Send an object with the rows in a list: {"rows": [{…}, …]}.')
        if len(parsed) > 1:
            raise Malformed("Send an object with `rows` and nothing else.")
        rows: list[Any] = parsed["rows"]
        if not rows:
            raise Malformed("There are no rows; send one or more.")
        if len(rows) > self.max_rows:
            raise TooManyRows(
                f"The batch has {len(rows):,} rows, and {self.max_rows:,} are allowed; send parts."
            )
        _refuse_doubled(body, rows)
        return rows, is_json


def batch_answer(reader: BatchReader, body: bytes) -> Answered:
    """The answer to `POST /predict/batch`.

    Args:
        reader: The reader of the model.
        body: The request's body.
    """
    checked = _check(reader.rows, *reader.parse(body))
    return _answer(reader.served, checked)


def _parsed(body: bytes) -> tuple[Any, bool]:
    """A body parsed, and whether it keeps to JSON; NaN and infinity do not, but are told by row."""
    try:
        return orjson.loads(body), True
    except orjson.JSONDecodeError:
        try:
            return pydantic_core.from_json(body, allow_inf_nan=True), False
        except ValueError as error:
            raise Malformed(f"The body is no JSON: {error}.") from None


def _refuse_doubled(body: bytes, rows: list[Any]) -> None:
    """Refuse a body with a key twice; a look at every key is taken only if their number is odd."""
    keys = 1 + sum(len(row) for row in rows if isinstance(row, dict))
    spaced = any(form in body for form in _SPACED)
    ends = len(_KEY_ENDS.findall(body)) if spaced else body.count(b'":')
    if ends != keys:
        refuse_doubled_keys(body)


@dataclass(frozen=True)
class _Checked:
    """A batch that has been looked at.

    Attributes:
        columns: Each input's values, shape (n,), None in the rows refused.
        faults: What is wrong, by row.
    """

    columns: dict[str, Sequence[Any]]
    faults: dict[int, list[FieldFault]]

    def without_refused(self) -> tuple[list[int], dict[str, Sequence[Any]]]:
        """The places of the good rows, and their columns."""
        size = len(next(iter(self.columns.values())))
        if not self.faults:
            return list(range(size)), self.columns
        kept = [index for index in range(size) if index not in self.faults]
        columns = {name: [values[index] for index in kept] for name, values in self.columns.items()}
        return kept, columns


def _check(reader: RowReader, rows: list[Any], is_json: bool) -> _Checked:
    names = reader.contract.inputs
    columns, suspect = _columns(names, rows)
    for name in names:
        checked = check_column(reader.contract.columns[name], columns[name])
        columns[name] = checked.values  # noqa: PD011 - not a frame's
        if checked.suspect is not None:
            suspect |= checked.suspect
    if not is_json:
        suspect[:] = True
    again = {index: reader.read_value(rows[index]) for index in np.flatnonzero(suspect).tolist()}
    right = {index: row for index, row in again.items() if not isinstance(row, list)}
    if right:
        for name in names:
            values = columns[name] = list(columns[name])
            for index, row in right.items():
                values[index] = row[name]
    faults = {index: found for index, found in again.items() if isinstance(found, list)}
    return _Checked(columns, faults)


def _columns(names: list[str], rows: list[Any]) -> tuple[dict[str, Sequence[Any]], Bools]:
    """Rows as columns, None where a row lacks one; and which rows are no such rows."""
    if len(names) > 1 and set(map(type, rows)) == {dict}:
        try:
            columns = zip(*map(itemgetter(*names), rows), strict=True)
            found = dict(zip(names, columns, strict=True))
        except KeyError:
            pass
        else:
            return found, np.array(list(map(len, rows))) != len(names)
    known = set(names)
    suspect = np.array([type(row) is not dict or not row.keys() <= known for row in rows])
    whole = [row if type(row) is dict else {} for row in rows]
    return {name: [row.get(name) for row in whole] for name in names}, suspect


def _answer(served: Served, checked: _Checked) -> Answered:
    kept, columns = checked.without_refused()
    probabilities = _predict(served, columns) if kept else []
    decisions = [probability >= served.predictor.threshold for probability in probabilities]
    warnings, unseen = _warnings(served.reader, columns, len(kept))
    results: list[Any] = [
        {"index": index, "probability": probability, "decision": decision, "warnings": warning}
        for index, probability, decision, warning in zip(
            kept, probabilities, decisions, warnings, strict=True
        )
    ]
    if checked.faults:
        results += ({"index": index, "errors": found} for index, found in checked.faults.items())
        results.sort(key=itemgetter("index"))
    body = {
        "model_version": served.version,
        "threshold": served.predictor.threshold,
        "predicted": len(kept),
        "refused": len(checked.faults),
        "results": results,
    }
    return Answered(orjson.dumps(body), probabilities, len(checked.faults), unseen)


def _predict(served: Served, columns: dict[str, Sequence[Any]]) -> list[float]:
    """Probabilities through a frame, as the batch pipeline has them."""
    import pandas as pd

    predictor = served.predictor
    frame = pd.DataFrame(
        {
            name: _series(predictor.contract.columns[name], columns[name])
            for name in predictor.inputs.raw
        },
        copy=False,
    )
    return predictor.predict_proba(frame).tolist()


def _series(column: Column, values: Sequence[Any]) -> Any:
    """A column of the frame, in a type that holds missing values."""
    if column.type in TEXTUAL:
        return np.array(values, dtype=object)
    if column.type in TEMPORAL:
        return np.array(values, dtype="datetime64[us]")
    return np.array(values, dtype=np.float64)


def _warnings(
    reader: RowReader, columns: dict[str, Sequence[Any]], size: int
) -> tuple[list[Any], dict[str, int]]:
    """Each row's warnings as JSON, and how often each column held an unseen category."""
    optional = [name for name in reader.optional if None in columns[name]]
    lists: list[Any] = [_NO_WARNINGS] * size
    if optional:
        lists = _of_missing(reader, [columns[name] for name in optional], optional)
    counts: dict[str, int] = {}
    unseen: dict[int, list[orjson.Fragment]] = {}
    for name, known in reader.open.items():
        odd = set(columns[name]) - known - {None}
        places = [i for i, value in enumerate(columns[name]) if value in odd] if odd else []
        if places:
            counts[name] = len(places)
        for place in places:
            warning = reader.unseen_warning(name, columns[name][place])
            unseen.setdefault(place, []).append(warning)
    for place, more in unseen.items():
        row = {name: columns[name][place] for name in reader.optional}
        missing = [reader.optional[name] for name, value in row.items() if value is None]
        lists[place] = [*missing, *more]
    return lists, counts


def _of_missing(
    reader: RowReader, columns: list[Sequence[Any]], names: list[str]
) -> list[orjson.Fragment]:
    """Each row's warnings of missing values; rows that lack the same share one list."""
    absent = np.array([[value is None for value in values] for values in columns])
    packed = np.packbits(absent, axis=0).T.tobytes()
    width = -(-len(names) // 8)
    made: dict[bytes, orjson.Fragment] = {}
    lists = []
    for place in range(absent.shape[1]):
        key = packed[place * width : (place + 1) * width]
        if key not in made:
            lacking = [name for name, is_ in zip(names, absent[:, place], strict=True) if is_]
            made[key] = orjson.Fragment(orjson.dumps([reader.optional[one] for one in lacking]))
        lists.append(made[key])
    return lists
