"""What is wrong with the rows of a batch: in full at first, then in short, and counted by kind."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import NamedTuple

from api.http.exceptions import FieldFault

FULL_FAULTS = 1_000
"""How many faults of a batch are told in full. After them each row tells its first alone."""

HINTED_ROWS = 50
"""For how many refused rows of a batch listed values are looked for that may have been meant."""

MAX_GROUPS = 100
_MOST_GROUPS = 1_000
_PLACES = 5


class _Kind(NamedTuple):
    """A kind of fault."""

    field: str
    expected: str


@dataclass
class SameRefusals:
    """One kind of fault, and the rows that have it.

    Attributes:
        field: The column; empty where rows themselves are wrong.
        expected: What the contract expects.
        rows: How many rows have it.
        first: The places of the first of them.
    """

    field: str
    expected: str
    rows: int = 0
    first: list[int] = dataclasses.field(default_factory=list)


class Refusals:
    """Collects the faults of a batch, so that what is said of them has an end."""

    def __init__(self) -> None:
        self._left = FULL_FAULTS
        self._rows = 0
        self._groups: dict[_Kind, SameRefusals] = {}

    @property
    def groups(self) -> list[SameRefusals]:
        """The most frequent kinds of faults, those of most rows first."""
        return sorted(self._groups.values(), key=lambda group: -group.rows)[:MAX_GROUPS]

    @property
    def hint(self) -> bool:
        """Whether to look for values that may have been meant: likeness takes time."""
        return self._rows < HINTED_ROWS

    def add(self, place: int, faults: list[FieldFault]) -> list[FieldFault]:
        """Count a row's faults.

        Args:
            place: The row's place in the batch.
            faults: What is wrong with it, at least one.

        Returns:
            What to say about the row: all of it, or the first and how many more there are.
        """
        self._rows += 1
        for fault in faults:
            self._count(place, _Kind(fault.field, fault.expected))
        if len(faults) <= self._left:
            self._left -= len(faults)
            return faults
        self._left = 0
        first, more = faults[0], len(faults) - 1
        if not more:
            return [first]
        fields = "1 more field needs" if more == 1 else f"{more} more fields need"
        return [dataclasses.replace(first, message=f"{first.message} {fields} fixing.")]

    def _count(self, place: int, kind: _Kind) -> None:
        if kind not in self._groups and len(self._groups) >= _MOST_GROUPS:
            kind = _Kind("", "no such field")
        group = self._groups.setdefault(kind, SameRefusals(*kind))
        group.rows += 1
        if len(group.first) < _PLACES:
            group.first.append(place)
