"""Warnings about accepted rows: what the model does without, and which values it does not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from api.rows.columns import Array, Bools
from api.rows.near_values import NearValues
from api.schemas import FieldWarning, WarningKind
from weekwise.contract.column import OnServing
from weekwise.contract.derived import raw_names
from weekwise.contract.model import Contract

Row = Mapping[str, Any]
"""Every input of the model by name, None where there is no value."""

_LONGEST_VALUE = 80
_HINTS = 50
"""For how many different values of a column in a batch a known one is looked for."""

_BITS = 32
"""How many columns' bits one number has, beside the number of a group of rows."""

_THERE = object()
_NO_WARNINGS = orjson.Fragment(b"[]")


@dataclass(frozen=True)
class BatchWarnings:
    """The warnings of many rows.

    Attributes:
        different: The warnings that rows have, each list once, for `orjson.dumps`.
        places: Which of them each row has, shape (rows,).
        unseen: How many rows hold a category that the contract does not list, by column.
    """

    different: Sequence[Any]
    places: npt.NDArray[np.int64]
    unseen: Mapping[str, int]

    @property
    def by_row(self) -> list[Any]:
        """Each row's warnings, for `orjson.dumps`."""
        return [self.different[place] for place in self.places.tolist()]


class RowWarnings:
    """Finds what is worth a warning in rows of one contract.

    Warnings are made ready as JSON where they can be: a request should not wait for it.

    Args:
        contract: What a row is.
        inputs: Names of the raw columns that the model takes: all that one may take, if left out.
        derived: Names of the derived columns that the model takes.
    """

    def __init__(
        self,
        contract: Contract,
        inputs: Sequence[str] | None = None,
        derived: Sequence[str] = (),
    ) -> None:
        names = contract.inputs if inputs is None else inputs
        columns = {name: contract.columns[name] for name in names}
        self._titles = {name: column.title for name, column in columns.items()}
        # Columns that may be missing, with the warning of each.
        self._optional: dict[str, orjson.Fragment] = {
            name: _missing_warning(name, column.title)
            for name, column in columns.items()
            if not column.refuses_missing
        }
        # What cannot be computed is missing, whatever the contract says.
        self._optional |= {name: _uncomputed_warning(name, contract) for name in derived}
        # Columns whose unseen values are accepted, with the values that are known.
        self._known_values: Mapping[str, frozenset[Any]] = {
            name: frozenset(column.values)
            for name, column in columns.items()
            if column.values is not None and column.serving.unseen is OnServing.ACCEPT
        }
        self._near = {name: NearValues(columns[name]) for name in self._known_values}

    def of_row(self, row: Row) -> list[Any]:
        """The warnings of one row, for `orjson.dumps`.

        Args:
            row: The row; one without its derived columns has no warnings of them.
        """
        warnings: list[Any] = [
            warning for name, warning in self._optional.items() if row.get(name, _THERE) is None
        ]
        warnings += (self._unseen_warning(name, row[name]) for name in self.unseen(row))
        return warnings

    def unseen(self, row: Row) -> list[str]:
        """The columns of one row whose value the contract does not list."""
        return [
            name
            for name, known in self._known_values.items()
            if row[name] not in known and row[name] is not None
        ]

    def of_batch(
        self, columns: Mapping[str, Array], missing: Mapping[str, Bools], rows: int
    ) -> BatchWarnings:
        """The warnings of many rows.

        Args:
            columns: Each input's values, shape (rows,).
            missing: Where each input, derived ones among them, has no value, shape (rows,).
            rows: How many rows there are.
        """
        incomplete = [name for name in self._optional if name in missing and missing[name].any()]
        different: list[Any] = [_NO_WARNINGS]
        places = np.zeros(rows, dtype=np.int64)
        if incomplete and rows:
            different, places = self._missing(missing, incomplete)
        counts: Counter[str] = Counter()
        unseen: dict[int, list[Any]] = {}
        for name, known in self._known_values.items():
            hinted: set[Any] = set()
            for index, value in _unknown(columns[name].tolist(), known):
                counts[name] += 1
                if len(hinted) < _HINTS:
                    hinted.add(value)
                warning = self._unseen_warning(name, value, hint=value in hinted)
                unseen.setdefault(index, []).append(warning)
        for index, unseen_warnings in unseen.items():
            absent = [self._optional[name] for name in incomplete if missing[name][index]]
            places[index] = len(different)
            different.append([*absent, *unseen_warnings])
        return BatchWarnings(different, places, counts)

    def _missing(
        self, missing: Mapping[str, Bools], names: list[str]
    ) -> tuple[list[Any], npt.NDArray[np.int64]]:
        """The warnings of missing values, and which of them each row has."""
        absent = np.array([missing[name] for name in names])
        places = np.zeros(absent.shape[1], dtype=np.int64)
        for start in range(0, len(names), _BITS):
            bits = absent[start : start + _BITS]
            # What a row lacks, as the bits of one number, beside what it lacked before.
            lacks = (1 << np.arange(len(bits))) @ bits.astype(np.int64)
            _, places = np.unique((places << _BITS) | lacks, return_inverse=True)
        # Of rows that lack the same any one stands for all.
        _, ones = np.unique(places, return_index=True)
        different = [
            [
                self._optional[name]
                for name, is_absent in zip(names, absent[:, one], strict=True)
                if is_absent
            ]
            for one in ones
        ]
        return [orjson.Fragment(orjson.dumps(warnings)) for warnings in different], places

    def _unseen_warning(self, name: str, value: object, *, hint: bool = True) -> orjson.Fragment:
        shown = repr(str(value)[:_LONGEST_VALUE])
        near = self._near[name].hint(value) if hint else ""
        meant = f"; {near} The" if near else "; the"
        return _as_json(
            FieldWarning(
                field=name,
                kind=WarningKind.UNSEEN,
                message=f"{self._titles[name]} {shown} is not in the contract{meant} "
                "model treats it as an unknown category.",
            )
        )


def _unknown(values: list[Any], known: frozenset[Any]) -> list[tuple[int, Any]]:
    """The values that are not known, with the row of each."""
    unknown = {value for value in set(values) - known if value is not None and value == value}  # noqa: PLR0124 - NaN
    if not unknown:
        return []
    return [(index, value) for index, value in enumerate(values) if value in unknown]


def _missing_warning(name: str, title: str) -> orjson.Fragment:
    message = f"{title} is missing; the model predicts without it."
    return _as_json(FieldWarning(field=name, kind=WarningKind.MISSING, message=message))


def _uncomputed_warning(name: str, contract: Contract) -> orjson.Fragment:
    taken = ", ".join(raw_names([name], contract.columns))
    message = (
        f"{contract.columns[name].title} cannot be computed from {taken}; "
        "the model predicts without it."
    )
    return _as_json(FieldWarning(field=name, kind=WarningKind.MISSING, message=message))


def _as_json(warning: FieldWarning) -> orjson.Fragment:
    return orjson.Fragment(warning.model_dump_json())
