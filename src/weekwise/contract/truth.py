"""Words that stand for true and false in files: yes and no, 1 and 0, or a contract's own labels."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from weekwise.contract.column import Column

TRUTHS: Mapping[str, bool] = MappingProxyType(
    {
        **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
        **dict.fromkeys(("false", "f", "no", "n", "0"), False),
    }
)
"""What is read as true or false in any case, unless the contract has its own words."""


def truth_words(column: Column) -> dict[str, bool]:
    """What a boolean column reads as true and false, in lower case.

    Args:
        column: Its `values`, if it has any, are labels: `{true: returned, false: kept}` reads the
            text `returned` as true.
    """
    labels = {label.strip().lower(): bool(value) for value, label in (column.values or {}).items()}
    return {**TRUTHS, **labels}
