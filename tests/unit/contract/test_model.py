from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from pydantic import ValidationError

import parcels
from strategies import contracts
from weekwise.contract.column import Column
from weekwise.contract.model import Contract

DAY = date(2020, 1, 6)
MIDNIGHT = datetime(2020, 1, 6)  # noqa: DTZ001 - contracts are in local time
MORNING = datetime(2020, 1, 6, 8)  # noqa: DTZ001


@given(contracts())
@example(parcels.contract())
def test_a_contracts_json_is_the_contract(contract: Contract) -> None:
    """A contract read from its own JSON is equal to the one written, and has the same hash."""
    again = Contract.model_validate_json(contract.model_dump_json())
    assert again == contract
    assert again.hash == contract.hash


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("integer", {1: "one", -2: "minus two"}),
        ("boolean", {True: "yes", False: "no"}),
        ("category", {"1": "one", "True": "yes"}),
    ],
)
def test_allowed_values_keep_their_type_in_json(type_: str, values: dict[Any, str]) -> None:
    """JSON's keys are text; the values come back as what they were."""
    column = Column(type=type_, role="context", title="X", values=values)
    again = Column.model_validate_json(column.model_dump_json()).values
    assert again == values
    assert [type(value) for value in again or ()] == [type(value) for value in values]


@pytest.mark.parametrize("bound", [DAY, MIDNIGHT, MORNING])
@pytest.mark.parametrize("type_", ["date", "datetime"])
def test_limits_in_time_keep_their_type_in_json(type_: str, bound: date) -> None:
    """A date stays a date, and a midnight a time."""
    column = Column(type=type_, role="context", title="X", min=bound)
    again = Column.model_validate_json(column.model_dump_json()).min
    assert (again, type(again)) == (bound, type(bound))


@pytest.mark.parametrize(
    ("type_", "values", "fault"),
    [("integer", '{"one": "1"}', "invalid literal"), ("boolean", '{"1": "yes"}', "neither True")],
)
def test_json_with_values_of_another_type_is_refused(type_: str, values: str, fault: str) -> None:
    """A value that is not of the column's type is a fault, whatever wrote it."""
    text = f'{{"type": "{type_}", "role": "context", "title": "X", "values": {values}}}'
    with pytest.raises(ValidationError, match=fault):
        Column.model_validate_json(text)


def test_only_json_has_keys_that_are_text() -> None:
    """In YAML a quoted number stays text, which is no whole number."""
    with pytest.raises(ValidationError, match="value '1' is not of type integer"):
        Column(type="integer", role="context", title="X", values={"1": "one"})


@pytest.mark.parametrize("limit", [float("inf"), float("nan")])
def test_a_limit_is_finite(limit: float) -> None:
    """No limit is written by leaving it out: JSON has no word for infinity."""
    with pytest.raises(ValidationError, match="must be finite; leave out"):
        Column(type="number", role="context", title="X", max=limit)


@pytest.mark.parametrize(
    ("type_", "limit", "bound"),
    [
        ("date", MORNING, DAY),
        ("datetime", DAY, MIDNIGHT),
        ("number", 3, 3),
        ("number", None, None),
    ],
)
def test_bounds_are_of_the_columns_own_type(type_: str, limit: Any, bound: Any) -> None:
    """A date stands for its midnight, and the reverse."""
    column = Column(type=type_, role="context", title="X", min=limit)
    assert column.bounds == (bound, None)
    assert type(column.bounds[0]) is type(bound)


def test_a_zone_has_a_name_that_is_known() -> None:
    """A contract's zone is one of the time zone database; another is refused with an example."""
    assert parcels.contract(timezone="Europe/Berlin").timezone == "Europe/Berlin"
    with pytest.raises(ValidationError, match="'Berlin' is no time zone; use a name such as"):
        parcels.contract(timezone="Berlin")


def test_an_outcome_is_late_only_after_a_time() -> None:
    """Days until the target is known count from the time column, which must be there."""
    with pytest.raises(ValidationError, match="no column has role time to count from"):
        parcels.contract({"day": {"role": "context"}}, known_after_days=28)
