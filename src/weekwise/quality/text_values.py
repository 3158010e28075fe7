"""Text that stands for other values, as the gate reads it: as wrangling will."""

from __future__ import annotations

from typing import Any

import pandas as pd

from weekwise.contract.column import Column
from weekwise.contract.truth import truth_words
from weekwise.features.local_time import times_of_text


def read_text_values(values: pd.Series[Any], column: Column, zone: str) -> pd.Series[Any]:
    """A column as truth values or times, if all its text or numbers can be read as such.

    Args:
        values: Text or numbers of any dtype, None or NaN where missing.
        column: What they must be.
        zone: The contract's zone: times with an offset are read on its clock.

    Returns:
        The column read, or as it is if a single value cannot be: then the gate says which.
    """
    facts = column.type.facts
    if facts.boolean and not pd.api.types.is_bool_dtype(values.dtype):
        return _truths(values, truth_words(column))
    if facts.temporal and isinstance(values.dtype, pd.StringDtype):
        return _times(values, zone)
    return values


def _truths(values: pd.Series[Any], words: dict[str, bool]) -> pd.Series[Any]:
    codes, distinct = pd.factorize(values)
    read = [words.get(_text(value)) for value in distinct]
    if any(truth is None for truth in read):
        return values
    truths = pd.array([*read, None], dtype="boolean")
    return pd.Series(truths[codes], index=values.index)


def _text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip().lower()


def _times(values: pd.Series[Any], zone: str) -> pd.Series[Any]:
    read = times_of_text(values, zone)
    return values if bool((read.isna() & values.notna()).any()) else read
