"""The Arrow type of each type of column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weekwise.contract.column import Column

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_type(column: Column) -> pa.DataType:
    """The Arrow type that a column's values are kept as.

    Args:
        column: The column.
    """
    import pyarrow as pa

    facts = column.type.facts
    if facts.textual:
        return pa.string()
    if facts.boolean:
        return pa.bool_()
    if facts.temporal:
        return pa.date32() if facts.whole else pa.timestamp("us")
    return pa.int64() if facts.whole else pa.float64()


def arrow_array(column: Column, values: Any) -> pa.Array:
    """A column's values in its Arrow type, null where there is none.

    Args:
        column: The column.
        values: An array of shape (n,) as a checked batch has it, or plain values, None where there
            is none.
    """
    import pyarrow as pa

    # In a batch, whole numbers and booleans are floats, and dates are times.
    return pa.array(values, from_pandas=True).cast(arrow_type(column))
