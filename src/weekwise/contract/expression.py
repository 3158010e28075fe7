"""One SQL expression over the columns of a row, in DuckDB's dialect: read and checked.

DuckDB's own parser reads it, so that what is checked is what is computed:
https://duckdb.org/docs/stable/data/json/sql_to_and_from_json
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from weekwise.contract.sql_engine import connection

_NOT_OF_ONE_ROW = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "LAMBDA": "a lambda",
    "POSITIONAL_REFERENCE": "the place of a column",
}
_ALLOWED = "use columns of the same row, operators and scalar functions"


@cache
def columns_of(sql: str) -> tuple[str, ...]:
    """Names of the columns that an expression takes, each once, in their order.

    Args:
        sql: The expression.

    Raises:
        ValueError: If it is not one expression of one row, the same whenever it is computed.
    """
    serialized = connection().execute("SELECT json_serialize_sql(?)", [f"SELECT {on_its_own(sql)}"])
    tree = json.loads(serialized.fetchall()[0][0])
    if tree["error"]:
        reason = " ".join(str(tree["error_message"]).split())
        raise ValueError(f"{sql!r} is no SQL expression: {reason}; {_ALLOWED}")
    if len(tree["statements"]) != 1 or len(tree["statements"][0]["node"]["select_list"]) != 1:
        raise ValueError(f"{sql!r} is more than one SQL expression; leave it to one")
    names: dict[str, None] = {}
    for part in _parts(tree["statements"][0]["node"]["select_list"][0]):
        if fault := _fault(part):
            raise ValueError(f"{sql!r} has {fault}; {_ALLOWED}")
        if part.get("class") == "COLUMN_REF":
            names[".".join(part["column_names"])] = None
    return tuple(names)


def on_its_own(sql: str) -> str:
    """An expression in brackets, which a comment at its end does not take."""
    return f"(\n{sql}\n)"


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    """All parts of a parsed expression that say what they are, itself first."""
    if isinstance(tree, dict):
        if "class" in tree:
            yield tree
        for value in tree.values():
            yield from _parts(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _parts(value)


def _fault(part: dict[str, Any]) -> str | None:
    """What a part asks for that no single row can give, if it does."""
    kind = part["class"]
    if kind in _NOT_OF_ONE_ROW:
        return _NOT_OF_ONE_ROW[kind]
    if kind != "FUNCTION":
        return None
    name = part["function_name"].lower()
    sorts = _functions().get(name, frozenset())
    if any(sort == "aggregate" for sort, _ in sorts):
        return f"the aggregate function {name}"
    if any(sort == "scalar" and stability != "CONSISTENT" for sort, stability in sorts):
        return f"the function {name}, which does not always give the same"
    if any(sort == "macro" for sort, _ in sorts) and (fault := _macro_fault(name)):
        return f"the function {name}, which has {fault}"
    return None


@cache
def _functions() -> dict[str, frozenset[tuple[str, str | None]]]:
    """DuckDB's functions: of which sort each is, and whether it always gives the same."""
    rows = connection().execute(
        "SELECT function_name, list(DISTINCT (function_type, stability)) "
        "FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro') GROUP BY 1"
    )
    return {name: frozenset(map(tuple, sorts)) for name, sorts in rows.fetchall()}


@cache
def _macro_fault(name: str) -> str | None:
    rows = connection().execute(
        "SELECT json_serialize_sql('SELECT ' || macro_definition) FROM duckdb_functions() "
        "WHERE function_type = 'macro' AND function_name = ?",
        [name],
    )
    for (text,) in rows.fetchall():
        for part in _parts(json.loads(text)):
            if fault := _fault(part):
                return fault
    return None
