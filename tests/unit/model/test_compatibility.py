from __future__ import annotations

from typing import Any

import pytest
from trains import CONTRACT, predictor

from weekwise.contract.model import Contract
from weekwise.model.compatibility import why_not


def changed(drop: str = "", **columns: dict[str, Any]) -> Contract:
    """The contract of trains with one column less and some changed."""
    plain = CONTRACT.model_dump()
    plain["columns"] = {
        name: {**column, **columns.get(name, {})}
        for name, column in plain["columns"].items()
        if name != drop
    }
    return Contract.model_validate(plain)


@pytest.mark.parametrize(
    "contract",
    [
        CONTRACT,
        changed(line={"values": {"red": "Red", "green": "Green"}}),
        changed(rain={"type": "integer"}),
        changed(express={"role": "context"}),
    ],
    ids=["the same", "other categories", "a number that is whole", "a feature no more"],
)
def test_a_model_that_can_predict(contract: Contract) -> None:
    """A change that leaves every column of the model readable does not stop it."""
    assert why_not(predictor(), contract) is None


@pytest.mark.parametrize(
    ("contract", "reason"),
    [
        (changed("rain"), "it takes rain, which the contract does not have any more"),
        (
            changed(rain={"type": "category", "min": None, "max": None}),
            "rain was of type number and is of type category now",
        ),
        (
            changed(late={"type": "number"}),
            "its target late was of type boolean and is of type number now",
        ),
        (
            changed(late={"role": "context"}, express={"role": "target"}),
            "it predicts late, and the target is express now",
        ),
    ],
)
def test_a_model_that_cannot(contract: Contract, reason: str) -> None:
    """What stands in the way is named."""
    assert why_not(predictor(), contract) == reason
