"""What is wrong with a value, in words: what was expected, what arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic_core

from api.http.exceptions import FieldFault, LikelySlip
from api.rows.near_values import NearValues
from weekwise.contract.column import Column, OnServing
from weekwise.contract.describe import limits
from weekwise.contract.model import Contract
from weekwise.wording import nearest

_LONGEST = 80


def fault(
    contract: Contract,
    inputs: Sequence[str],
    error: Mapping[str, Any],
    near: Mapping[str, NearValues] | None = None,
) -> FieldFault:
    """One of Pydantic's errors about a row, in the contract's words.

    Args:
        contract: What a row is.
        inputs: Names of the columns that the model takes.
        error: An item of `ValidationError.errors()`.
        near: What finds the value that was meant, by column; left out, nothing is looked for.
    """
    path = error["loc"]
    received = shown(error["input"])
    if not path:
        return FieldFault("", "A row must be a JSON object.", "an object", received)
    name = str(path[0])
    column = contract.columns.get(name)
    if column is None or error["type"] == "extra_forbidden":
        return _unknown(contract, inputs, name, received)
    wanted = expected(column)
    if error["type"] == "missing":
        return FieldFault(
            name, f"{column.title} is missing; it must be {wanted}.", wanted, "nothing"
        )
    finder = (near or {}).get(name)
    sent = error["input"]
    # A number that is near another one is no slip.
    meant = finder.near(sent) if finder is not None and isinstance(sent, str) else None
    message = f"{column.title} must be {wanted}, not {received}"
    if meant is None:
        return FieldFault(name, f"{message}.", wanted, received)
    return LikelySlip(name, f"{message}; {meant.hint}", wanted, received, meant.suggestions)


def expected(column: Column) -> str:
    """What a value of a column must be: `a whole number, 10 to 10,000 mi`."""
    allowed = limits(column)
    if column.type.facts.temporal:
        allowed = allowed.replace("or more", "or later").replace("or less", "or earlier")
    closed = column.serving.unseen is OnServing.REFUSE
    if column.values is not None and closed:
        words = f"one of {allowed}"
    elif column.values is not None or not allowed:
        words = column.type.facts.value_in_words
    else:
        words = f"{column.type.facts.value_in_words}, {allowed}"
    return words if column.refuses_missing else f"{words}, or null"


def shown(value: object) -> str:
    """A value as JSON, shortened."""
    try:
        text = pydantic_core.to_json(value, inf_nan_mode="constants").decode()
    except (ValueError, TypeError, pydantic_core.PydanticSerializationError):
        text = type(value).__name__
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _unknown(contract: Contract, inputs: Sequence[str], name: str, received: str) -> FieldFault:
    """A field that the contract does not have, or that is none of the model's inputs."""
    near = nearest(name, inputs)
    hint = f"; {near}" if near else "."
    if name in contract.columns:
        hint = "; the model does not take this column."
    if name in contract.derived:
        hint = "; it is computed from other columns: leave it out."
    message = f"There is no field {shown(name)}{hint}"
    return FieldFault(name[:_LONGEST], message, "no such field", received)
