"""Aggregates in a contract, beside its other columns: what is refused, what a column becomes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

import aggregated_trains
import parcels
from weekwise.contract.derive import data_dictionary, signature_columns, with_feed
from weekwise.contract.model import Contract

RATE: dict[str, Any] = {
    "type": "number",
    "role": "feature",
    "title": "Rate",
    "aggregate": {"function": "mean", "by": ["depot"]},
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


def aggregate(**said: Any) -> dict[str, Any]:
    """The rate of late parcels, said otherwise."""
    return {**RATE, "aggregate": {"function": "mean", "by": ["depot"], **said}}


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (
            {"rate": aggregate(by=["depto"])},
            "by names column depto, which there is not; did you mean depot",
        ),
        (
            {"rate": aggregate(by=["late"])},
            "by names late, the target, which a row to be predicted",
        ),
        ({"rate": aggregate(by=["rate"])}, "by names rate, which is itself"),
        (
            {"rate": aggregate(), "more": aggregate(by=["rate"])},
            "by names rate, which is an aggregate too",
        ),
        (
            {"rate": aggregate(by=["weight"])},
            "by names weight, whose values of type number hardly repeat",
        ),
        ({"rate": aggregate(by=["sent"])}, "whose values of type datetime hardly repeat"),
        ({"rate": {**RATE, "role": "context"}}, "the column's role is context; set role: feature"),
        (
            {"rate": {**RATE, "type": "integer"}},
            "mean gives a number, and the column is of type integer",
        ),
        ({"rate": {**RATE, "from": "weight"}}, "the column has from too"),
        (
            {"rate": aggregate(function="count", within="3h")},
            "needs a time of day, and the time is a date; use 1d",
        ),
        ({"rate": aggregate(value="x")}, "value 'x' is not of late's type, boolean"),
        (
            {"day": {**parcels.COLUMNS["day"], "role": "key"}, "rate": RATE},
            "no column has role time; give one",
        ),
        (
            {"late": {**parcels.COLUMNS["late"], "role": "context"}, "rate": RATE},
            "no column has role target; use count",
        ),
        (
            {"late": {**parcels.COLUMNS["late"], "type": "category"}, "rate": RATE},
            "late holds text, which has no mean; name the value",
        ),
        (
            {
                "late": {**parcels.COLUMNS["late"], "type": "category", "values": ["a", "b"]},
                "rate": aggregate(value="c"),
            },
            "value 'c' is none of late's values; use one of: a, b",
        ),
        (
            {"rate": RATE, "twice": {**RATE, "aggregate": None, "from": "2 * rate"}},
            "from takes rate, an aggregate, which is made after it",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused(columns: dict[str, Any], told: str) -> None:
    """The message names the column, what is wrong and the remedy."""
    with pytest.raises(ValidationError, match=told):
        contract(**columns)


def test_an_aggregate_may_be_missing_and_a_request_need_not_have_it() -> None:
    """The first rows have no past, and the service looks values up."""
    made = contract(rate=RATE)
    column = made.columns["rate"]

    assert (column.missing, column.refuses_missing) == (1.0, False)
    assert {each.name: each.required for each in signature_columns(made)}["rate"] is False
    assert contract(rate={**RATE, "missing": 0.2}).columns["rate"].missing == 0.2


def test_a_model_is_given_the_columns_that_a_look_up_needs() -> None:
    """A key may be no feature, or be derived from another column."""
    made = aggregated_trains.CONTRACT

    assert {"line", "express", "cars", "departure", "late_rate"} <= {*made.inputs}
    assert "hour" not in made.inputs


def test_the_feed_has_no_aggregates() -> None:
    """Wrangling makes them, and a feed that has one is refused."""
    feed = with_feed({"features": contract(rate=RATE).model_copy(update={"table": "features"})})

    assert "rate" not in feed["feed"].columns
    assert feed["feed"].is_computed("rate")


def test_the_data_dictionary_says_what_it_is() -> None:
    """In words, beside the column."""
    assert "Mean of late by depot, over all days" in data_dictionary(contract(rate=RATE))


def test_a_contract_without_aggregates_is_what_it_was() -> None:
    """Its JSON, and so its hash, has no word of them."""
    assert "aggregate" not in contract().model_dump_json()
