from __future__ import annotations

from typing import Any

import pytest

from weekwise.contract.model import Contract


def contract(name: str, target: bool = True, **column: Any) -> Contract:
    """A contract with one column of some name."""
    columns: dict[str, Any] = {
        name: {"type": "number", "role": "feature", "title": "A", **column},
        "y": {"type": "boolean", "role": "target" if target else "context", "title": "Y"},
    }
    return Contract.model_validate({"table": "t", "title": "T", "columns": columns})


@pytest.mark.parametrize("name", ["as_of", "model_version", "predicted_column"])
def test_a_name_that_stored_tables_have_is_refused(name: str) -> None:
    """The message says what it is kept for, and to rename it."""
    with pytest.raises(ValueError, match=f"column {name}: the name is kept for .*; rename it"):
        contract(name)


def test_other_uses_are_free() -> None:
    """A table that is not predicted from may have it, and a context date is the run's own."""
    contract("model_version", target=False)
    contract("as_of", type="date", role="context")
