"""The row's JSON Schema as the web app's tests read it, from the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import parcels
from api.rows.json_schema import row_schema

GOLDEN = Path(__file__).parents[3] / "golden" / "parcels_schema.json"

# Between them a time, every type, a closed and an open choice.
COLUMNS: dict[str, dict[str, Any]] = {
    "depot": {"role": "feature"},
    "day": {"type": "datetime"},
    "carrier": {"synonyms": {"bike": ["bicycle", "two wheels"]}},
}
EXAMPLES: list[dict[str, Any]] = [
    dict(zip(("day", "depot", "weight", "pieces", "carrier", "fragile"), values, strict=True))
    for values in (
        ("2020-01-06T08:30:00", "N", 2.5, 1, "bike", True),
        ("2020-01-07T12:00:00", "S", 40.0, 3, "van", False),
        ("2020-01-08T12:00:00", "S", None, 2, "van", None),
    )
]


def test_the_schema_is_what_the_web_app_is_tested_with() -> None:
    """The service describes a row of parcels as the golden file does, which Vitest reads, too."""
    described = row_schema(parcels.contract(COLUMNS), "3", EXAMPLES)

    assert described == json.loads(GOLDEN.read_text())


def test_nothing_is_a_default() -> None:
    """A typical value is no `default`: the server does not assume it, and clients would send it."""
    described = row_schema(parcels.contract(COLUMNS), "3", EXAMPLES)

    assert not [name for name, part in described["properties"].items() if "default" in part]
    assert described["properties"]["weight"]["x-typical"] == 2.5


def test_typical_values_make_a_row_that_can_be() -> None:
    """They are those of one example, the one nearest to the middle of all."""
    examples = [
        EXAMPLES[0] | {"depot": depot, "weight": weight, "pieces": pieces}
        for depot, weight, pieces in (("S", 90.0, 1), ("N", 2.0, 9), ("S", 30.0, 4))
    ]
    properties = row_schema(parcels.contract(COLUMNS), "3", examples)["properties"]

    assert {name: part["x-typical"] for name, part in properties.items()} == examples[2]
