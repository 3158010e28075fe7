from __future__ import annotations

import pytest

from weekwise.errors import AsOfError, ContractError, DataGateError, StoreError
from weekwise.orchestration.runner.executor import is_final


def caused(error: Exception) -> Exception:
    """An error of a library, raised while it handled another."""
    outer = RuntimeError("wrapped")
    outer.__context__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (DataGateError("x"), True),
        (ContractError("x"), True),
        (AsOfError("x"), True),
        (StoreError("in use"), False),
        (ConnectionError("x"), False),
        (None, False),
    ],
)
def test_a_broken_contract_is_never_tried_again(error: Exception | None, final: bool) -> None:
    """What no further attempt can fix is final, also when a library has wrapped it."""
    assert is_final(error) is final
    if error is not None:
        assert is_final(caused(error)) is final
