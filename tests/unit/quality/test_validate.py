from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parcels
from strategies import frames
from weekwise.contract.column import Severity
from weekwise.contract.model import Contracts
from weekwise.quality.gate_result import Failure, GateResult, GateStatus
from weekwise.quality.suite import build_suite
from weekwise.quality.validate import validate


def only(result: GateResult) -> Failure:
    """The one failure of a result."""
    assert len(result.failures) == 1, result.report
    return result.failures[0]


def check(name: str, severity: str = "stop", **arguments: Any) -> dict[str, Any]:
    """A further expectation."""
    return {"expectation": name, "arguments": arguments, "severity": severity}


def test_a_table_that_keeps_its_contract_passes() -> None:
    """Nothing is wrong with a table whose every check holds, and all were made."""
    result = validate(parcels.frame(), parcels.contract())
    assert (result.status, result.failures, result.skipped) == (GateStatus.OK, (), 0)
    assert result.rows == 10


FAULTS: list[tuple[str, Any, str, str, str]] = [
    # what is done, the frame, check, expected, got
    (
        "missing",
        parcels.frame().drop(columns=["label", "late"]).assign(late=False, zzz=1),
        "column",
        "column label",
        "no such column, and zzz is new: renamed?",
    ),
    ("drop", parcels.frame().drop(columns="sent"), "column", "column sent", "no such column"),
    (
        "rename",
        parcels.frame().rename(columns={"sent": "Sent_"}),
        "column",
        "column sent",
        "no such column, and Sent_ is new: renamed?",
    ),
    (
        "extra",
        parcels.frame().assign(colour="red"),
        "extra columns",
        "no column that the contract does not have",
        "column colour",
    ),
    ("empty", parcels.frame(0), "row count", "at least 1 row", "an empty table"),
    (
        "type",
        parcels.frame().assign(number="7"),
        "type",
        "whole numbers (type integer)",
        "text (pandas str)",
    ),
    (
        "fraction",
        parcels.changed("number", {3: 3.5}),
        "type",
        "whole numbers (type integer)",
        "1 other value among numbers (pandas float64)",
    ),
    (
        "time of day",
        parcels.changed("day", {3: pd.Timestamp("2020-01-04 08:00")}),
        "type",
        "dates (type date)",
        "1 other value among dates with times (pandas datetime64[us])",
    ),
    (
        "mixed",
        parcels.frame().assign(label=["a", 1, *"cdefghij"]),
        "type",
        "text (type string)",
        "mixed values (pandas object)",
    ),
    (
        "null",
        parcels.changed("depot", {3: None}),
        "missing values",
        "a value in every row",
        "1 row without one",
    ),
    (
        "share",
        parcels.frame().assign(fragile=pd.Series([True] * 4 + [None] * 6, dtype="boolean")),
        "share of missing values",
        "up to 50% missing",
        "6 rows without one",
    ),
    (
        "below",
        parcels.changed("number", {3: 0}),
        "limits",
        "1 to 9999",
        "0",
    ),
    (
        "outside",
        parcels.changed("number", {3: -1, 4: 10_000}),
        "limits",
        "1 to 9999",
        "2 values outside, from -1 to 10,000",
    ),
    (
        "early",
        parcels.changed("day", {3: pd.Timestamp("2019-12-31")}),
        "limits",
        "2020-01-01 or more",
        "2019-12-31",
    ),
    (
        "unknown",
        parcels.changed("depot", {3: "W", 4: "E", 5: "W"}),
        "allowed values",
        "one of N, S",
        "W, E in 3 rows",
    ),
    (
        "twice",
        parcels.changed("label", {3: "L4"}),
        "uniqueness",
        "no value twice",
        "2 rows that share 1 value",
    ),
    (
        "key",
        parcels.frame().assign(day=pd.Timestamp("2020-01-01"), depot="N", number=1),
        "key",
        "one row for each day, depot, number",
        "10 rows that share 1 key",
    ),
]


@pytest.mark.parametrize(
    ("frame", "what", "expected", "got"),
    [fault[1:] for fault in FAULTS],
    ids=[fault[0] for fault in FAULTS],
)
def test_every_fault_has_its_own_message(
    frame: pd.DataFrame, what: str, expected: str, got: str
) -> None:
    """A fault stops the run with what was expected, what was found, and what to do next."""
    result = validate(frame, parcels.contract())
    failure = only(result)
    assert (result.status, failure.severity) == (GateStatus.STOP, Severity.STOP)
    assert (failure.check, failure.expected, failure.got) == (what, expected, got)
    assert "contracts/parcels.yml" in failure.next_step
    assert failure.message in "\n".join(result.messages)


def test_a_message_is_one_readable_line() -> None:
    """It names column, rule, finding, share, examples with their key, and remedy."""
    failure = only(validate(parcels.changed("number", {3: -1}), parcels.contract()))
    assert failure.message == (
        "number: expected 1 to 9999, got -1 (10% of rows); "
        "for example row 3 (day=2020-01-04, depot=S, number=-1). "
        "Fix the feed of parcels, or widen min and max of number in contracts/parcels.yml."
    )


def test_all_failures_are_reported_together() -> None:
    """One run tells everything that is wrong, the most severe first."""
    frame = parcels.changed("weight", {1: -5.0}).assign(new=1).drop(columns=["sent", "label"])
    frame.loc[2, "pieces"] = 0
    frame.loc[3, "number"] = -1
    result = validate(frame, parcels.contract())
    severities = [(failure.severity.value, failure.column) for failure in result.failures]
    assert sorted(severities[:4]) == [
        ("stop", "label"),
        ("stop", "new"),
        ("stop", "number"),
        ("stop", "sent"),
    ]
    assert severities[4:] == [("quarantine", "weight"), ("warn", "pieces")]
    assert result.skipped > 0


def test_a_wrong_type_is_told_once() -> None:
    """Values of a column whose type is wrong are not checked: that would only repeat it."""
    frame = parcels.frame().assign(number="x", weight=None)
    failures = validate(frame, parcels.contract()).failures
    assert [(failure.column, failure.check) for failure in failures] == [
        ("number", "type"),
        ("weight", "share of missing values"),
    ]


def test_examples_are_at_most_five() -> None:
    """A thousand bad rows make no longer a message than six."""
    failure = only(validate(parcels.frame().assign(pieces=0), parcels.contract()))
    assert len(failure.examples) == 5
    assert (failure.count, failure.share) == (10, 1.0)


def test_a_warning_does_not_stop() -> None:
    """Severity warn reports and goes on."""
    result = validate(parcels.changed("pieces", {1: 0}), parcels.contract())
    assert (result.status, only(result).severity) == (GateStatus.WARN, Severity.WARN)
    assert result.quarantined == {}


def test_an_extra_column_may_only_be_warned_of() -> None:
    """`extra_columns: warn` lets a feed grow."""
    result = validate(parcels.frame().assign(new=1), parcels.contract(extra_columns="warn"))
    assert (result.status, only(result).column) == (GateStatus.WARN, "new")


def test_a_column_that_is_there_twice_is_told() -> None:
    """Two columns of one name are a fault of their own."""
    frame = pd.concat([parcels.frame(), parcels.frame()[["late"]]], axis="columns")
    assert only(validate(frame, parcels.contract())).got == "several"


def test_quarantine_names_each_row_with_all_its_reasons() -> None:
    """A row that breaks two rules is taken out once, with both."""
    frame = parcels.changed("weight", {2: -5.0, 4: float("inf")})
    frame.loc[4, "carrier"] = "boat"
    result = validate(frame, parcels.contract())
    assert result.status is GateStatus.QUARANTINE
    assert result.quarantined == {
        2: ("weight: expected 0 to 100 kg",),
        4: ("weight: expected 0 to 100 kg", "carrier: expected one of bike, van"),
    }
    assert result.quarantined_rows == 2


@pytest.mark.parametrize(
    ("status", "severities", "expected"),
    [
        ("quarantine", "quarantine", "1 failed check quarantines rows, 7 rows quarantined"),
        ("quarantine", "quarantine quarantine", "2 failed checks quarantine rows, 7 rows quarant"),
        ("stop", "stop quarantine", "1 failed check stops the run, 1 failed check would quarant"),
        ("stop", "stop stop", "2 failed checks stop the run; "),
        ("warn", "warn", "1 failed check warns; "),
        ("warn", "warn warn", "2 failed checks warn; "),
        ("ok", "", "40 checks; "),
    ],
)
def test_a_summary_counts_checks_and_rows_apart(
    status: str, severities: str, expected: str
) -> None:
    """Nobody takes a number of checks for one of rows."""
    failures = tuple(
        Failure(
            column="weight", check="min", severity=Severity(each), expected="", got="", next_step=""
        )
        for each in severities.split()
    )
    rows = 7 if status == "quarantine" else 0
    result = GateResult(
        table="parcels",
        status=GateStatus(status),
        rows=90,
        checks=40,
        failures=failures,
        quarantined_rows=rows,
    )
    assert expected in result.summary


def test_rows_are_quarantined_whatever_the_index() -> None:
    """Positions, not labels, name the rows."""
    frame = parcels.changed("weight", {2: -5.0}).set_axis([5] * 10, axis="index")
    assert list(validate(frame, parcels.contract()).quarantined) == [2]


@pytest.mark.parametrize(
    ("limit", "status"), [(0.2, GateStatus.QUARANTINE), (0.19, GateStatus.STOP)]
)
def test_too_much_quarantine_stops(limit: float, status: GateStatus) -> None:
    """Beyond the contract's share the table as a whole is not to be trusted."""
    frame = parcels.changed("weight", {2: -5.0, 4: -5.0})
    result = validate(frame, parcels.contract(quarantine_limit=limit))
    assert result.status is status
    if status is GateStatus.STOP:
        assert result.failures[0].check == "quarantine limit"
        assert result.quarantined == {}


def test_quarantine_leaves_as_many_rows_as_the_contract_wants() -> None:
    """Taking out so many that too few stay is no way to go on."""
    contract = parcels.contract(min_rows=9, quarantine_limit=1)
    result = validate(parcels.changed("weight", {2: -5.0, 4: -5.0}), contract)
    assert result.status is GateStatus.STOP
    assert result.failures[0].got == "only 8"


def test_a_broken_share_stops_because_no_row_is_to_blame() -> None:
    """Quarantine has nothing to take when too many values are missing."""
    sent = parcels.frame()["sent"].where([False] * 10)
    failure = only(validate(parcels.frame().assign(sent=sent), parcels.contract()))
    assert failure.severity is Severity.STOP
    assert failure.check == "share of missing values"


@pytest.mark.parametrize(
    ("duplicates", "status"),
    [("stop", "stop"), ("quarantine", "quarantine"), ("warn", "warn")],
)
def test_what_follows_from_a_shared_key_is_the_contracts_to_say(
    duplicates: str, status: str
) -> None:
    """`duplicates` is the severity of the key."""
    frame = parcels.frame(12)
    frame.loc[3, ["day", "depot", "number"]] = frame.loc[1, ["day", "depot", "number"]]
    result = validate(frame, parcels.contract(duplicates=duplicates))
    assert result.status == status
    assert list(result.quarantined) == ([1, 3] if status == "quarantine" else [])


def test_one_of_several_exact_copies_stays() -> None:
    """Copies contradict nothing, so one is kept; rows that contradict each other all go."""
    columns = {"label": {"unique": False}}
    frame = pd.concat([parcels.frame(), parcels.frame().iloc[[2, 2, 5]]], ignore_index=True)
    frame.loc[12, "pieces"] = 7
    result = validate(frame, parcels.contract(columns, duplicates="quarantine"))
    assert list(result.quarantined) == [5, 10, 11, 12]
    assert only(result).got == "5 rows that share 2 keys, 2 exact copies among them"


@pytest.mark.parametrize(
    ("further", "frame", "status", "got"),
    [
        (
            check("expect_column_values_to_match_regex", "quarantine", column="label", regex="^L"),
            parcels.changed("label", {3: "x"}),
            "quarantine",
            "1 row that breaks it",
        ),
        (
            check("expect_column_mean_to_be_between", "warn", column="weight", min_value=2),
            parcels.frame(),
            "warn",
            "1.5",
        ),
        (
            check("expect_column_mean_to_be_between", "quarantine", column="weight", min_value=2),
            parcels.frame(),
            "stop",
            "1.5",
        ),
        (
            check(
                "expect_column_pair_values_a_to_be_greater_than_b",
                "quarantine",
                column_A="sent",
                column_B="day",
            ),
            parcels.changed("sent", {3: pd.Timestamp("2019-01-01")}),
            "quarantine",
            "1 row that breaks it",
        ),
        (
            check("expect_column_values_to_match_regex", "warn", column="label", regex="("),
            parcels.frame(),
            "warn",
            "an error from Great Expectations: ",
        ),
    ],
)
def test_any_expectation_has_the_severity_it_was_given(
    further: dict[str, Any], frame: pd.DataFrame, status: str, got: str
) -> None:
    """Further expectations take rows out where rows are to blame, and stop where none are."""
    result = validate(frame, parcels.contract(expectations=[further]))
    assert result.status == status, result.report
    assert only(result).got.startswith(got)


def test_an_expectation_of_a_missing_column_is_not_asked() -> None:
    """A missing column is told once, not again by each check that needs it."""
    further = check("expect_column_pair_values_to_be_equal", column_A="sent", column_B="day")
    frame = parcels.frame().drop(columns="sent")
    assert only(validate(frame, parcels.contract(expectations=[further]))).check == "column"


def test_a_result_is_plain_json() -> None:
    """The verdict can be written down and read back."""
    result = validate(parcels.changed("weight", {1: -1.0}), parcels.contract())
    plain = json.loads(result.model_dump_json())
    assert plain["status"] == "quarantine"
    assert plain["failures"][0]["examples"] == list(result.failures[0].examples)
    assert plain["messages"] == list(result.messages)
    assert "evidence" not in plain
    assert "quarantined" not in plain


def test_a_result_reads_itself_back() -> None:
    """What was saved of a result is the result, but for single rows and the evidence."""
    result = validate(parcels.changed("weight", {2: -5.0}), parcels.contract())

    again = GateResult.model_validate_json(result.model_dump_json())

    assert again == result.model_copy(update={"quarantined": {}, "evidence": None})
    assert again.quarantined_rows == 1


def test_the_table_is_not_changed() -> None:
    """Checking looks and touches nothing."""
    frame = parcels.frame().assign(number=[1.0] * 10, new=1)
    before = frame.copy()
    validate(frame, parcels.contract())
    pd.testing.assert_frame_equal(frame, before)


CONTRACT = parcels.contract(quarantine_limit=1.0)
BREAKS: dict[str, Any] = {
    "day": pd.Timestamp("2019-05-05"),
    "depot": "W",
    "number": -1,
    "weight": 101.0,
    "pieces": 0,
    "carrier": "boat",
    "sent": pd.Timestamp("2031-01-01"),
}
_PROPERTY = settings(max_examples=10, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def suite() -> Any:
    """The suite of the small table, built once."""
    return build_suite(CONTRACT)


@_PROPERTY
@given(frame=frames(CONTRACT))
def test_a_frame_made_from_a_contract_keeps_it(suite: Any, frame: pd.DataFrame) -> None:
    """Whatever a contract allows, its gate lets pass."""
    result = validate(frame, CONTRACT, suite)
    assert result.status is GateStatus.OK, result.report


@_PROPERTY
@given(frame=frames(CONTRACT), column=st.sampled_from(sorted(BREAKS)), data=st.data())
def test_one_wrong_value_is_always_found(
    suite: Any, frame: pd.DataFrame, column: str, data: st.DataObject
) -> None:
    """A single value outside its column's rule is found in its row, and nothing else is."""
    row = data.draw(st.integers(0, len(frame) - 1))
    values = [BREAKS[column] if place == row else v for place, v in enumerate(frame[column])]
    broken = frame.assign(**{column: pd.Series(values, dtype=frame[column].dtype)})
    failure = only(_without_few_rows(validate(broken, CONTRACT, suite)))
    assert failure.column == column
    assert failure.examples[0].startswith(f"row {row} (")
    assert failure.count == 1


@_PROPERTY
@given(frame=frames(CONTRACT, min_rows=2), data=st.data())
def test_a_row_given_twice_is_always_found(
    suite: Any, frame: pd.DataFrame, data: st.DataObject
) -> None:
    """A copy of any row breaks the key."""
    row = data.draw(st.integers(0, len(frame) - 1))
    twice = pd.concat([frame, frame.iloc[[row]].assign(label="other copy")], ignore_index=True)
    failures = validate(twice, CONTRACT, suite).failures
    assert "key" in {failure.check for failure in failures}


@_PROPERTY
@given(frame=frames(CONTRACT), column=st.sampled_from(sorted(parcels.COLUMNS)))
def test_a_dropped_column_is_always_found(suite: Any, frame: pd.DataFrame, column: str) -> None:
    """A column that is not there is missing, whatever it held."""
    failure = only(validate(frame.drop(columns=column), CONTRACT, suite))
    assert (failure.column, failure.got) == (column, "no such column")


def _without_few_rows(result: GateResult) -> GateResult:
    """Leave out that a table of one row has none left in quarantine."""
    others = tuple(failure for failure in result.failures if failure.check != "row count")
    return result.model_copy(update={"failures": others})


@settings(_PROPERTY, max_examples=2)
@given(data=st.data())
@pytest.mark.parametrize("table", ["flights", "weather", "features"])
def test_the_examples_frames_keep_the_examples_contracts(
    contracts: Contracts, table: str, data: st.DataObject
) -> None:
    """A frame made from a real contract passes its gate."""
    frame = data.draw(frames(contracts[table], max_rows=3))
    result = validate(frame, contracts[table])
    assert result.status is GateStatus.OK, result.report


@pytest.mark.parametrize("column", ["weight", "pieces"])
def test_one_word_among_numbers_is_the_culprit(column: str) -> None:
    """A column that one word has made text is shown with that word, not with five good numbers."""
    texts = dict.fromkeys(range(10), "1") | {7: "n/a?"}
    failure = only(validate(parcels.changed(column, texts), parcels.contract()))

    assert (failure.check, failure.count, failure.share) == ("type", 1, 0.1)
    assert failure.examples == ("row 7: n/a?",)


def test_text_that_differs_invisibly_is_quoted() -> None:
    """A space at the end, and a letter whose mark is a character of its own, are seen."""
    frame = parcels.changed("carrier", {2: "bike ", 3: "bi\u0301ke"})
    failure = only(validate(frame, parcels.contract()))

    assert "'bike '" in failure.got
    assert r"'bi\u0301ke'" in failure.got


def test_a_renamed_column_that_looks_the_same() -> None:
    """Names of columns are quoted where they differ by what is not seen."""
    frame = parcels.frame().rename(columns={"sent": "sent "})
    failure = only(validate(frame, parcels.contract()))

    assert failure.got == "no such column, and 'sent ' is new: renamed?"


def test_limits_that_are_not_there_are_not_to_be_widened() -> None:
    """Infinity in a column without limits is the feed's fault alone."""
    contract = parcels.contract()
    columns = {
        **contract.columns,
        "weight": contract.columns["weight"].model_copy(update={"min": None, "max": None}),
    }
    frame = parcels.changed("weight", {1: float("inf")})
    failure = only(validate(frame, contract.model_copy(update={"columns": columns})))

    assert failure.next_step == "Fix the feed of parcels: weight takes finite numbers alone."
