"""Names that no column of a table may have, since the store has them beside the table's own."""

from __future__ import annotations

AS_OF = "as_of"
"""A context column of this name holds the run's date; wrangling adds it."""

PREDICTED_COLUMN = "predicted_column"
"""Which column a stored prediction is of: a contract may name another one later."""

RESERVED = {
    AS_OF: "the date of a run",
    "model_version": "the version of the model that predicted",
    PREDICTED_COLUMN: "the column that was predicted",
}
"""Columns that Weekwise adds to stored tables, with what they hold."""


def why_reserved(name: str) -> str | None:
    """Why a column may not have a name; none if it may."""
    if name not in RESERVED:
        return None
    return f"the name is kept for {RESERVED[name]}"
