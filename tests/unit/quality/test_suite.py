from __future__ import annotations

import json
from typing import Any

import pytest

import parcels
from weekwise.contract.model import Contracts
from weekwise.errors import ContractError
from weekwise.quality.checks import CheckKind
from weekwise.quality.suite import build_suite


def expectations(**changes: Any) -> list[dict[str, Any]]:
    """The suite of a contract as JSON."""
    suite = build_suite(parcels.contract(**changes))
    plain: list[dict[str, Any]] = json.loads(json.dumps(suite.to_json_dict()["expectations"]))
    return plain


def test_every_short_form_is_an_expectation() -> None:
    """What a contract asks of one column is in its suite, with its severity in GX's own words."""
    severities = [
        (expectation["type"], expectation["severity"])
        for expectation in expectations()
        if expectation["kwargs"].get("column") == "weight"
    ]
    assert severities == [
        ("expect_column_to_exist", "critical"),
        ("expect_column_values_to_be_of_type", "critical"),
        ("expect_column_values_to_not_be_null", "warning"),
        ("expect_column_values_to_be_between", "warning"),
    ]


def test_every_kind_of_check_is_made() -> None:
    """The small table has every short form, so its suite has every kind but a further one."""
    suite = expectations(freshness="warn", volume="stop")
    kinds = {expectation["meta"]["kind"] for expectation in suite}
    assert kinds == {kind.value for kind in CheckKind} - {"expectation"}


def test_every_expectation_says_what_it_is_for() -> None:
    """Description, severity and columns are in each expectation, for JSON readers and Data Docs."""
    for expectation in expectations():
        assert expectation["description"] == expectation["meta"]["description"]
        assert expectation["meta"]["severity"] in {"stop", "quarantine", "warn"}
        assert set(expectation["meta"]["columns"]) <= set(parcels.COLUMNS)


def test_a_column_that_may_be_all_missing_has_no_check_of_missing_values() -> None:
    """Nothing can break `missing: 1.0`."""
    types = [
        expectation["type"]
        for expectation in expectations()
        if expectation["kwargs"].get("column") == "late"
    ]
    assert "expect_column_values_to_not_be_null" not in types


def test_a_single_column_key_is_unique() -> None:
    """A key of one column needs no compound expectation."""
    keys = [
        expectation
        for expectation in expectations(
            key=["label"], columns={"depot": {"role": "context"}, "number": {"role": "context"}}
        )
        if expectation["meta"]["kind"] == "key"
    ]
    assert [expectation["type"] for expectation in keys] == ["expect_column_values_to_be_unique"]


def test_any_expectation_can_be_named() -> None:
    """What the short forms do not cover is said in Great Expectations' own words."""
    check = {
        "expectation": "expect_column_values_to_match_regex",
        "arguments": {"column": "label", "regex": "^L", "mostly": 0.9},
        "severity": "warn",
        "description": "Labels start with L.",
    }
    last = expectations(expectations=[check])[-1]
    assert last["type"] == check["expectation"]
    assert last["kwargs"] == check["arguments"]
    assert (last["severity"], last["description"]) == ("info", "Labels start with L.")


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        (
            "expect_column_values_to_mach_regex",
            {"column": "label"},
            "to_mach_regex; did you mean expect_column_values_to_match_regex?",
        ),
        ("xyz", {}, "no expectation xyz; see"),
        (
            "expect_column_values_to_match_regex",
            {"column": "label", "regexx": "L"},
            "unknown argument regexx; did you mean regex?",
        ),
        (
            "expect_column_values_to_be_between",
            {"column": "weight"},
            "min_value and max_value cannot both be None; fix its arguments",
        ),
        (
            "expect_column_values_to_match_regex",
            {"regex": "L"},
            "argument column is missing; add it under arguments",
        ),
        (
            "expect_column_values_to_be_in_set",
            {"column": "label", "value_set": 3},
            "argument value_set: value is not a valid list",
        ),
        (
            "expect_column_values_to_not_be_null",
            {"column": "label", "severity": "warn"},
            "severity does not belong under arguments",
        ),
        (
            "expect_column_values_to_match_like_pattern",
            {"column": "label", "like_pattern": "L%"},
            "works on databases only",
        ),
    ],
)
def test_a_wrong_expectation_names_table_fault_and_remedy(
    name: str, arguments: dict[str, Any], expected: str
) -> None:
    """A contract with an expectation that cannot be built fails before any data is read."""
    contract = parcels.contract(expectations=[{"expectation": name, "arguments": arguments}])
    with pytest.raises(ContractError) as caught:
        build_suite(contract)
    assert str(caught.value).startswith("contract parcels: ")
    assert expected in str(caught.value)


def test_all_wrong_expectations_are_told_together() -> None:
    """Whoever fixes a contract sees all its faults at once."""
    wrong = [{"expectation": "one"}, {"expectation": "two"}]
    with pytest.raises(ContractError) as caught:
        build_suite(parcels.contract(expectations=wrong))
    assert len(str(caught.value).splitlines()) == 2


def test_the_examples_suites_can_be_built(contracts: Contracts) -> None:
    """Great Expectations knows every expectation of the example's contracts."""
    for table, contract in contracts.items():
        assert build_suite(contract).name == table
