from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import aggregated_trains
from loaded_models import loaded_faults
from trains import CONTRACT, predictor
from weekwise.contract.column import Column
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
            changed(late={"type": "number", "chance_of": None}),
            "its target late was of type boolean and is of type number now",
        ),
        (
            changed(late={"role": "context", "chance_of": None}, express={"role": "target"}),
            "it predicts late, and the target is express now",
        ),
    ],
)
def test_a_model_that_cannot(contract: Contract, reason: str) -> None:
    """What stands in the way is named."""
    assert why_not(predictor(), contract) == reason


def test_a_changed_aggregate_stops_a_model() -> None:
    """A rate of 28 days is no rate of 14, though its name and type stay."""
    shorter = {
        **aggregated_trains.AGGREGATES,
        "late_rate": {"function": "mean", "by": ["line"], "window": "28d"},
    }
    fitted = aggregated_trains.predictor()

    assert why_not(fitted, aggregated_trains.CONTRACT) is None
    assert why_not(fitted, aggregated_trains.contract(shorter)) == "late_rate was another aggregate"


FAULTS = loaded_faults().predictor


def with_classes(*classes: str) -> Contract:
    """The contract of a class target with other classes."""
    fault = FAULTS.contract.columns["fault"].model_dump()
    column = Column.model_validate({**fault, "values": list(classes)})
    columns = {**FAULTS.contract.columns, "fault": column}
    return FAULTS.contract.model_copy(update={"columns": columns})


def test_a_class_may_be_new() -> None:
    """A model goes on where the contract lists more classes, or lists them in another order."""
    assert why_not(FAULTS, with_classes("fire", "flood", "none", "door", "brake")) is None


def test_a_class_may_not_go() -> None:
    """A model that predicts what the contract does not list any more stops, and it is named."""
    assert why_not(FAULTS, with_classes("none", "door")) == (
        "it predicts brake, fire, which the contract does not list under fault any more"
    )


def test_a_number_may_not_become_a_class() -> None:
    """A model of numbers does not go on where the contract lists the values of its target."""
    number = Column.model_validate({"type": "integer", "role": "target", "title": "Grade"})
    columns = {**FAULTS.contract.columns, "fault": number}
    classes = {**columns, "fault": number.model_copy(update={"values": {1: "Poor", 2: "Fair"}})}
    old = replace(
        FAULTS,
        inputs=FAULTS.inputs.model_copy(
            update={"contract": FAULTS.contract.model_copy(update={"columns": columns})}
        ),
    )

    reason = why_not(old, FAULTS.contract.model_copy(update={"columns": classes}))

    assert reason == "its target fault asked for another kind of prediction"
