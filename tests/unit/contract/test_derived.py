"""Derived columns in a contract: what is refused, and which raw columns stand behind a feature."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

import parcels
from weekwise.contract.derived import derived_query, in_order, raw_names
from weekwise.contract.model import Contract
from weekwise.contract.sql_engine import connection

DENSITY = {
    "type": "number",
    "role": "feature",
    "title": "Weight of a piece",
    "missing": 1,
    "from": "weight / pieces",
}


def contract(**columns: dict[str, Any]) -> Contract:
    """Parcels with more columns."""
    return Contract.model_validate(
        {
            "table": "parcels",
            "title": "Parcels",
            "key": parcels.KEY,
            "columns": {**parcels.COLUMNS, **columns},
        }
    )


def derived(sql: str, **changes: Any) -> Contract:
    """Parcels with one derived column."""
    return contract(density={**DENSITY, "from": sql, **changes})


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("weight /", "no SQL expression: syntax error"),
        ("weight / peices", "names column peices, which there is not; did you mean pieces"),
        ("sum(weight)", "has the aggregate function sum"),
        ("geomean(weight)", "has the function geomean, which has the aggregate function"),
        ("sum(weight) OVER ()", "has a window function"),
        ("weight + random()", "the function random, which does not always give the same"),
        ("weight * year(today())", "the function today, which does not always give the same"),
        ("(SELECT 1) + weight", "has a subquery"),
        ("weight, pieces", "gives STRUCT(DOUBLE, BIGINT)"),
        ("weight); SELECT (1", "more than one SQL expression"),
        ("weight + $1", "has a parameter"),
        ("COLUMNS(*)", "has a star"),
        ("1", "takes no column"),
        ("late::int", "takes late, the target"),
        ("density + 1", "derived in a circle: density from density"),
        ("weigth_of(weight)", "cannot be computed: Catalog Error"),
        ("weight + carrier", "cannot be computed: Binder Error"),
        ("carrier", "gives VARCHAR, and the column is of type number; cast it, or change the type"),
    ],
)
def test_what_no_row_can_be_given_is_refused(sql: str, told: str) -> None:
    """A wrong expression is one sentence that names the column and what is wrong."""
    with pytest.raises(ValidationError) as caught:
        derived(sql)

    (error,) = caught.value.errors()
    assert "density" in error["msg"]
    assert told in error["msg"]


@pytest.mark.parametrize("role", ["key", "time", "target"])
def test_only_features_and_context_are_derived(role: str) -> None:
    """A key, a time and a target are the feed's own."""
    kind = {"time": "datetime", "target": "boolean", "key": "integer"}[role]
    with pytest.raises(ValidationError, match=rf"its role is {role}"):
        Contract.model_validate(
            {
                "table": "parcels",
                "title": "Parcels",
                "key": ["made"] if role == "key" else [],
                "columns": {
                    "weight": {"type": "number", "role": "feature", "title": "Weight"},
                    "made": {"type": kind, "role": role, "title": "Made", "from": "weight"},
                },
            }
        )


def test_raw_columns_stand_behind_a_feature() -> None:
    """A derived column may be derived from others; what is asked for is raw."""
    found = contract(
        density=DENSITY,
        heavy={"type": "boolean", "role": "context", "title": "Heavy", "from": "DENSITY > 9"},
    )

    assert found.derived == ["density", "heavy"]
    assert raw_names(["heavy"], found.columns) == ["weight", "pieces"]
    assert in_order(["heavy"], found.columns) == ["density", "heavy"]
    assert "density" not in found.inputs


def test_the_key_of_a_contract_is_from() -> None:
    """A derived column is the same after it was written and read; others do not name the key."""
    found = derived("weight / pieces -- of one piece")

    assert Contract.model_validate_json(found.model_dump_json()) == found
    assert '"from"' not in contract().model_dump_json()


@pytest.mark.parametrize(
    ("sql", "weight", "pieces", "expected"),
    [
        ("weight / pieces", 3.0, 2, 1.5),
        ("weight / pieces", 3.0, 0, None),
        ("weight / pieces", None, 2, None),
        ("coalesce(weight, 1) / pieces", float("nan"), 4, 0.25),
        ("ln(weight)", 0.0, 1, None),
        ("sqrt(weight)", -1.0, 1, None),
        ("pieces * 9223372036854775807", 1.0, 2, None),
    ],
)
def test_what_cannot_be_computed_is_missing(
    sql: str, weight: float | None, pieces: int, expected: float | None
) -> None:
    """Division by zero, logarithms of nothing and overflow give no value, and fail no row."""
    columns = derived(sql).columns
    query = derived_query(
        ["density"], columns, "(SELECT $weight AS weight, $pieces AS pieces)", shown=["density"]
    )

    given = {"weight": weight, "pieces": pieces}
    assert connection().execute(query, given).fetchone() == (expected,)
