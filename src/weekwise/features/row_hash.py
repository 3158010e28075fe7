"""A number for each row that follows from its key alone, the same in every run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Hashes = npt.NDArray[np.uint64]
_SHIFT, _STEPS = np.uint64(11), 2.0**53


def row_hashes(rows: pd.DataFrame, key: Sequence[str]) -> Hashes:
    """A hash of each row's key, equal on every machine.

    Args:
        rows: Rows with the key's columns, shape (n, any).
        key: Their names.

    Returns:
        Shape (n,), spread evenly over 64 bits.
    """
    text = rows[list(key)].astype(str)
    return np.asarray(pd.util.hash_pandas_object(text, index=False), dtype=np.uint64)


def row_fractions(rows: pd.DataFrame, key: Sequence[str]) -> npt.NDArray[np.float64]:
    """The same as numbers from 0 to under 1, shape (n,): under s lies a share s of all rows."""
    # A float has 53 bits: more would round some up to 1.
    return (row_hashes(rows, key) >> _SHIFT).astype(np.float64) / _STEPS
