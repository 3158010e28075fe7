"""Slices: the rows that share a value of one column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from weekwise.features.read_values import text_of


def slice_values(column: pd.Series[Any]) -> pd.Series[str]:
    """The slice that each row is in, as text, shape (n,); missing values make one of their own."""
    codes, distinct = pd.factorize(column)
    texts = np.array([*(text_of(value) for value in distinct), text_of(None)], dtype=object)
    return pd.Series(texts[codes], index=column.index, name=column.name)
