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
import orjson
import pydantic_core

from api.http.exceptions import FieldFault, Malformed, TooManyRows
from api.rows.columns import Array, Bools, check_column
from api.rows.reader import RowReader, refuse_doubled_keys
from api.serving.loaded_model import Served

_KEY_ENDS = re.compile(rb'"\s*:')
_SPACES = (b" ", b"\n", b"\t", b"\r")
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
    rows, is_json = reader.parse(body)
    return _answer(reader.served, _check(reader.rows, rows, is_json=is_json))


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
    spaced = any(space in body for space in _SPACES) and any(form in body for form in _SPACED)
    ends = len(_KEY_ENDS.findall(body)) if spaced else body.count(b'":')
    if ends != keys:
        refuse_doubled_keys(body)


@dataclass(frozen=True)
class _Checked:
    """A batch that has been looked at.

    Attributes:
        kept: The places of the good rows.
        columns: Each input's values in the good rows.
        missing: Where each input has none in them.
        faults: What is wrong with the others, by row.
    """

    kept: list[int]
    columns: dict[str, Array]
    missing: dict[str, Bools]
    faults: dict[int, list[FieldFault]]


def _check(reader: RowReader, rows: list[Any], *, is_json: bool) -> _Checked:
    names = reader.contract.inputs
    raw, suspect = _columns(names, rows)
    columns = {name: check_column(reader.contract.columns[name], raw[name]) for name in names}
    for column in columns.values():
        suspect |= column.suspect
    if not is_json:
        suspect[:] = True
    faults: dict[int, list[FieldFault]] = {}
    for place in np.flatnonzero(suspect).tolist():
        found = reader.read_value(rows[place])
        if isinstance(found, list):
            faults[place] = found
            continue
        for name in names:
            columns[name].put(place, found[name])
    if not faults:
        arrays = {name: column.array for name, column in columns.items()}
        missing = {name: column.missing for name, column in columns.items()}
        return _Checked(list(range(len(rows))), arrays, missing, faults)
    kept = np.setdiff1d(np.arange(len(rows)), list(faults))
    arrays = {name: column.array[kept] for name, column in columns.items()}
    missing = {name: column.missing[kept] for name, column in columns.items()}
    return _Checked(kept.tolist(), arrays, missing, faults)


def _columns(names: list[str], rows: list[Any]) -> tuple[dict[str, Sequence[Any]], Bools]:
    """Rows as columns, None where a row lacks one; and which rows are no such rows."""
    if len(names) > 1 and set(map(type, rows)) == {dict}:
        try:
            columns = zip(*map(itemgetter(*names), rows), strict=True)
            found: dict[str, Sequence[Any]] = dict(zip(names, columns, strict=True))
        except KeyError:
            pass
        else:
            return found, np.array(list(map(len, rows))) != len(names)
    known = set(names)
    suspect = np.array([type(row) is not dict or not row.keys() <= known for row in rows])
    whole = [row if type(row) is dict else {} for row in rows]
    return {name: [row.get(name) for row in whole] for name in names}, suspect


def _answer(served: Served, checked: _Checked) -> Answered:
    kept = checked.kept
    probabilities = _predict(served, checked.columns) if kept else []
    threshold = served.predictor.threshold
    warnings, unseen = _warnings(served.reader, checked)
    results: list[Any] = [
        {
            "index": index,
            "probability": probability,
            "decision": probability >= threshold,
            "warnings": warning,
        }
        for index, probability, warning in zip(kept, probabilities, warnings, strict=True)
    ]
    if checked.faults:
        results += ({"index": index, "errors": found} for index, found in checked.faults.items())
        results.sort(key=itemgetter("index"))
    body = {
        "model_version": served.version,
        "threshold": threshold,
        "predicted": len(kept),
        "refused": len(checked.faults),
        "results": results,
    }
    return Answered(orjson.dumps(body), probabilities, len(checked.faults), unseen)


def _predict(served: Served, columns: dict[str, Array]) -> list[float]:
    """Probabilities through a frame, as the batch pipeline has them."""
    import pandas as pd

    predictor = served.predictor
    frame = pd.DataFrame(
        {
            # A bare array of objects would be looked through for what it may be.
            name: pd.Series(columns[name], dtype=columns[name].dtype, copy=False)
            for name in predictor.inputs.raw
        },
        copy=False,
    )
    found: list[float] = predictor.predict_proba(frame).tolist()
    return found


def _warnings(reader: RowReader, checked: _Checked) -> tuple[list[Any], dict[str, int]]:
    """Each row's warnings as JSON, and how often each column held an unseen category."""
    lacking = [name for name in reader.optional if checked.missing[name].any()]
    lists: list[Any] = [_NO_WARNINGS] * len(checked.kept)
    if lacking:
        lists = _of_missing(reader, checked.missing, lacking)
    counts: dict[str, int] = {}
    unseen: dict[int, list[Any]] = {}
    for name, known in reader.open.items():
        values = checked.columns[name].tolist()
        odd = {value for value in set(values) - known if value is not None and value == value}  # noqa: PLR0124 - NaN
        places = [place for place, value in enumerate(values) if value in odd] if odd else []
        if places:
            counts[name] = len(places)
        for place in places:
            unseen.setdefault(place, []).append(reader.unseen_warning(name, values[place]))
    for place, more in unseen.items():
        without = [reader.optional[name] for name in lacking if checked.missing[name][place]]
        lists[place] = [*without, *more]
    return lists, counts


def _of_missing(
    reader: RowReader, missing: dict[str, Bools], names: list[str]
) -> list[orjson.Fragment]:
    """Each row's warnings of missing values; rows that lack the same share one list."""
    absent = np.array([missing[name] for name in names])
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
