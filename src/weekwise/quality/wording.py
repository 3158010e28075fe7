"""Small words that all of the gate's messages share."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from weekwise.contract.model import Contract
from weekwise.contract.words import value


def number(count: int, one: str, many: str) -> str:
    """A count with its noun."""
    return f"{count:,} {one if count == 1 else many}"


def shown(thing: Any, most: int = 60) -> str:
    """One value of a column, cut after `most` characters."""
    if pd.api.types.is_scalar(thing) and pd.isna(thing):
        return "nothing"
    if isinstance(thing, float) and not math.isfinite(thing):
        return "infinity" if thing > 0 else "minus infinity"
    if hasattr(thing, "item"):
        thing = thing.item()
    text = value(thing)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def contract_file(contract: Contract) -> str:
    """Where a person changes the contract."""
    return f"contracts/{contract.table}.yml"
