"""Fingerprints: what tells one state of the data, or of the configuration, from another."""

from __future__ import annotations

import hashlib

import ibis
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

BATCH_ROWS = 100_000

# With gaps pandas makes floats of integers and objects of booleans, batch by batch.
_WITH_GAPS = {
    pa.bool_(): pd.BooleanDtype(),
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
}


def table_hash(table: ibis.Table) -> str:
    """SHA-256 of a table's names, types and values, 64 hexadecimal digits.

    Rows count in their order, so order the table by its key for a hash of its content.

    Args:
        table: Any table; it is read in batches.
    """
    digest = hashlib.sha256(str(table.schema()).encode())
    for batch in table.to_pyarrow_batches(chunk_size=BATCH_ROWS):
        digest.update(value_hashes(batch).tobytes())
    return digest.hexdigest()


def value_hashes(rows: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """A hash of each row's values, shape (n,)."""
    frame = rows.to_pandas(date_as_object=False, types_mapper=_WITH_GAPS.get)
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)


def text_hash(*parts: str) -> str:
    """SHA-256 of some texts in their order, 64 hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
