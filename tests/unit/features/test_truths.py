from __future__ import annotations

from typing import Any

import ibis
import pandas as pd
import pytest

from weekwise.contract.model import Contract
from weekwise.features.conform import conform
from weekwise.quality.frames import typed

VALUES = {True: "Gone", False: "stayed"}


def contract(values: dict[bool, str] | None) -> Contract:
    """Rows with a number and a truth."""
    left = {"type": "boolean", "role": "feature", "title": "Left", "missing": 1.0}
    if values:
        left["values"] = values
    columns = {"n": {"type": "integer", "role": "key", "title": "N"}, "left": left}
    return Contract.model_validate({"table": "t", "title": "T", "key": ["n"], "columns": columns})


@pytest.mark.parametrize(
    ("given", "values", "expected"),
    [
        (["yes", " No", None], None, [True, False, None]),
        (["T", "f", "TRUE"], None, [True, False, True]),
        ([1, 0, 1], None, [True, False, True]),
        ([1.0, 0.0, None], None, [True, False, None]),
        (["1", "0", "1"], None, [True, False, True]),
        (["gone", "Stayed", None], VALUES, [True, False, None]),
        ([2, 1, 1], {True: "2", False: "1"}, [True, False, False]),
        ([True, None, False], VALUES, [True, None, False]),
    ],
)
@pytest.mark.parametrize("as_table", [True, False], ids=["table", "frame"])
def test_gate_and_run_read_the_same_truths(
    given: list[Any], values: dict[bool, str] | None, expected: list[Any], as_table: bool
) -> None:
    """Words, digits and a contract's own labels, in a table and in a frame."""
    frame = pd.DataFrame({"n": [1, 2, 3], "left": given})
    agreed = contract(values)

    checked = typed(frame, agreed)["left"]
    assert str(checked.dtype) == "boolean"
    assert [None if pd.isna(value) else bool(value) for value in checked] == expected
    data = ibis.memtable(frame) if as_table else frame
    rows = conform(data, agreed).order_by("n").to_pyarrow().column("left").to_pylist()
    assert rows == expected
