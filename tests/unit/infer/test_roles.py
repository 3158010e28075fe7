from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import tables
from weekwise.contract.types import ColumnType
from weekwise.infer.key_and_time import Key
from weekwise.infer.roles import decide_roles
from weekwise.infer.target_choice import Target

ROWS = 200
PLACE = np.arange(ROWS)


def decide(values: Any, name: str = "x") -> tuple[str, str | None, str]:
    """Role, type and reason of a column beside a target, a key and a time."""
    frame = pd.DataFrame(
        {
            name: values,
            "id": PLACE,
            "day": pd.date_range("2024-01-01", periods=ROWS),
            "y": PLACE % 2 == 0,
        }
    )
    decisions = decide_roles(
        list(tables.facts(frame).values()),
        Target("y", ColumnType.BOOLEAN),
        Key(("id",), 0.0, "unique"),
        ("day", "dated"),
    )
    assert [decision.role for decision in decisions[1:]] == ["key", "time", "target"]
    return decisions[0].role.value, decisions[0].type, decisions[0].reason


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (PLACE % 7, "integer"),
        (PLACE / 7, "number"),
        (PLACE * 13, "integer"),
        ((PLACE % 5).astype(str), "category"),
        ([f"s{n % 60}" for n in PLACE], "category"),
        (PLACE % 2, "boolean"),
        (np.where(PLACE % 2, "Y", "n"), "boolean"),
        (np.where(PLACE % 3, "only", None), "category"),
    ],
)
def test_what_a_model_may_take(values: Any, kind: str) -> None:
    """Numbers, truths and words that come again are features."""
    assert decide(values) == ("feature", kind, "")


@pytest.mark.parametrize(
    ("values", "name", "kind", "reason"),
    [
        (["EUR"] * ROWS, "x", "string", "the same value"),
        ([1.0] * ROWS, "x", "integer", "the same value"),
        ([None] * ROWS, "x", "integer", "no row has a value"),
        ([f"t{n}" for n in PLACE], "x", "string", "it says nothing of other rows"),
        ([f"please ring the bell {n}" for n in PLACE], "x", "string", "free text of 5 words"),
        (PLACE * 13, "invoice_number", "integer", "an identifier: "),
        (PLACE % 90, "customer_id", "integer", "an identifier, by its name"),
        (PLACE + 7, "x", "integer", "it numbers the rows"),
        (pd.date_range("2020-01-01", periods=ROWS), "x", "date", "a model takes no dates"),
        ([[1]] * ROWS, "x", None, "a contract has no type for DuckDB's"),
    ],
)
def test_what_is_context_and_why(values: Any, name: str, kind: str | None, reason: str) -> None:
    """Constants, identifiers, free text and dates are kept from the model, each with its reason."""
    role, found, why = decide(values, name)

    assert (role, found) == ("context", kind)
    assert reason in why
