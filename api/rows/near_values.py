"""The listed value that somebody may have meant by one that is not listed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import NamedTuple

from weekwise.contract.column import Column

_MOST = 3
"""From more values on that fit alike, none is named."""

_LONGEST = 40
"""Longer text is compared with nothing: the time that takes grows with its length."""

_CACHED = 1024


class Near(NamedTuple):
    """Listed values that may have been meant.

    Attributes:
        suggestions: The values, as text.
        hint: `did you mean N (North)?`
    """

    suggestions: tuple[str, ...]
    hint: str


class NearValues:
    """Finds listed values by label, by synonym, by a whole word of either, or by likeness.

    Args:
        column: A column that lists values.
    """

    def __init__(self, column: Column) -> None:
        self._labels = {_in_json(value): label for value, label in (column.values or {}).items()}
        self._whole: dict[str, set[str]] = defaultdict(set)
        self._words: dict[str, set[str]] = defaultdict(set)
        for value, name in _names(column):
            self._whole[name.casefold()].add(value)
            for word in re.findall(r"\w+", name.casefold()):
                self._words[word].add(value)
        self._near = lru_cache(_CACHED)(self._found)

    def near(self, value: object) -> Near | None:
        """The listed values that may have been meant; none if nothing comes near.

        Args:
            value: What arrived.
        """
        text = str(value).strip().casefold()
        values = self._near(text) if 0 < len(text) <= _LONGEST else ()
        if not values:
            return None
        return Near(values, f"did you mean {' or '.join(map(self._shown, values))}?")

    def hint(self, value: object) -> str:
        """`did you mean N (North)?`; empty if nothing comes near.

        Args:
            value: What arrived.
        """
        near = self.near(value)
        return "" if near is None else near.hint

    def _found(self, text: str) -> tuple[str, ...]:
        values = self._whole.get(text) or self._words.get(text)
        if not values:
            close = get_close_matches(text, list(self._whole), n=1, cutoff=0.75)
            values = self._whole[close[0]] if close else set()
        if not 0 < len(values) <= _MOST:
            return ()
        return tuple(value for value in self._labels if value in values)

    def _shown(self, value: str) -> str:
        label = self._labels[value]
        return value if label == value else f"{value} ({label})"


def _names(column: Column) -> Iterator[tuple[str, str]]:
    """Every value with each name that people may know it by."""
    for value, label in (column.values or {}).items():
        text = _in_json(value)
        yield text, text
        yield text, label
        for word in column.synonyms.get(value, ()):
            yield text, word


def _in_json(value: str | int | bool) -> str:
    """A value as text: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)
