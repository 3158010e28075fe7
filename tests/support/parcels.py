"""A small table with every type, role and short form, for tests of contracts and of the gate."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd

from weekwise.contract.model import Contract

COLUMNS: dict[str, dict[str, Any]] = {
    "day": {"type": "date", "role": "time", "title": "Day", "min": date(2020, 1, 1)},
    "depot": {
        "type": "category",
        "role": "key",
        "title": "Depot",
        "values": {"N": "North", "S": "South"},
    },
    "number": {"type": "integer", "role": "key", "title": "Number", "min": 1, "max": 9999},
    "weight": {
        "type": "number",
        "role": "feature",
        "title": "Weight",
        "description": "Without the box.",
        "unit": "kg",
        "missing": 0.5,
        "min": 0,
        "max": 100,
        "severity": "quarantine",
    },
    "pieces": {
        "type": "integer",
        "role": "feature",
        "title": "Pieces",
        "min": 1,
        "missing": 0.5,
        "severity": "warn",
    },
    "carrier": {
        "type": "category",
        "role": "feature",
        "title": "Carrier",
        "values": ["bike", "van"],
        "severity": "quarantine",
        "serving": {"unseen": "accept"},
    },
    "fragile": {"type": "boolean", "role": "feature", "title": "Fragile", "missing": 0.5},
    "label": {"type": "string", "role": "context", "title": "Label", "unique": True},
    "sent": {
        "type": "datetime",
        "role": "context",
        "title": "Sent",
        "missing": 0.9,
        "max": datetime(2030, 1, 1),  # noqa: DTZ001 - contracts are in local time
        "severity": "quarantine",
    },
    "late": {"type": "boolean", "role": "target", "title": "Late", "missing": 1.0},
}
KEY = ["day", "depot", "number"]


def contract(columns: dict[str, dict[str, Any]] | None = None, **changes: Any) -> Contract:
    """The contract of parcels, with some columns' keys and some of its own changed.

    Args:
        columns: Keys to set, by column.
        **changes: The contract's own keys to set.
    """
    changed = {name: keys | (columns or {}).get(name, {}) for name, keys in COLUMNS.items()}
    base = {"table": "parcels", "title": "Parcels", "key": KEY, "quarantine_limit": 0.5}
    return Contract.model_validate({**base, "columns": changed, **changes})


def frame(rows: int = 10) -> pd.DataFrame:
    """Parcels that keep the contract, in the contract's types."""
    days = pd.date_range("2020-01-01", periods=rows, unit="us")
    text = pd.Series([f"L{row}" for row in range(rows)], dtype="str")
    return pd.DataFrame(
        {
            "day": days,
            "depot": pd.Series(["N", "S"] * rows, dtype="str")[:rows],
            "number": pd.Series(range(1, rows + 1), dtype="Int64"),
            "weight": [1.5] * rows,
            "pieces": pd.Series([1] * rows, dtype="Int64"),
            "carrier": pd.Series(["bike"] * rows, dtype="str"),
            "fragile": pd.Series([True] * rows, dtype="boolean"),
            "label": text,
            "sent": days + pd.Timedelta(hours=8),
            "late": pd.Series([False] * rows, dtype="boolean"),
        }
    )


def changed(column: str, values: dict[int, Any], rows: int = 10) -> pd.DataFrame:
    """Parcels with other values in some rows of one column.

    Args:
        column: The column.
        values: The other values, by row.
        rows: How many parcels.
    """
    table = frame(rows)
    column_values = [values.get(row, value) for row, value in enumerate(table[column])]
    return table.assign(**{column: pd.Series(column_values).infer_objects()})
