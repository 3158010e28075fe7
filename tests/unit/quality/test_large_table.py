from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import parcels
from weekwise.contract.model import Contract
from weekwise.errors import DataGateError
from weekwise.quality import large_table
from weekwise.quality.checked_weeks import CheckedWeeks
from weekwise.quality.frames import as_frame
from weekwise.quality.gate_result import GateResult, GateStatus
from weekwise.quality.large_table import KeyFilter, LargeCheck, validate_large
from weekwise.quality.suite import build_suite
from weekwise.quality.validate import validate

ROWS, PIECE = 40, 7
AS_OF = date(2020, 3, 1)

FAULTS: dict[str, Any] = {
    "a weight too high": ("weight", 101.0),
    "no weight": ("weight", None),
    "no pieces": ("pieces", 0),
    "another carrier": ("carrier", "ship"),
    "a carrier missing": ("carrier", None),
    "a label twice": ("label", "L1"),
    "another depot": ("depot", "X"),
    "sent too late": ("sent", pd.Timestamp("2031-01-01")),
    "an old day": ("day", pd.Timestamp("2019-12-30")),
}


@pytest.fixture(name="store")
def _store() -> Iterator[Any]:
    """DuckDB, in memory."""
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def stored(store: Any, frame: pd.DataFrame) -> ibis.Table:
    """A frame as a table of the store."""
    return store.create_table(
        "parcels", pa.Table.from_pandas(frame, preserve_index=False), overwrite=True
    )


def large(table: ibis.Table, contract: Contract, checked: CheckedWeeks | None = None) -> LargeCheck:
    """The check in small pieces."""
    return validate_large(table, contract, build_suite(contract), AS_OF, checked, piece_rows=PIECE)


def said(result: GateResult) -> list[tuple[Any, ...]]:
    """What a result says, without the numbers of rows, which an engine does not have."""
    return sorted(
        (
            failure.column or "",
            failure.check,
            failure.severity,
            failure.got,
            failure.count,
            failure.share,
            tuple(sorted(re.sub(r"^row \d+:? ", "", example) for example in failure.examples)),
            failure.next_step,
        )
        for failure in result.failures
    )


def as_text(rows: pd.DataFrame) -> list[str]:
    """Rows in any order."""
    return sorted(rows.astype(str).agg(" ".join, axis=1))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(st.tuples(st.integers(0, ROWS - 1), st.sampled_from(list(FAULTS))), max_size=6),
    copies=st.lists(st.integers(0, ROWS - 1), max_size=3),
    shared=st.lists(st.integers(0, ROWS - 2), max_size=2),
    limit=st.sampled_from([0.01, 0.5]),
)
def test_as_if_it_had_been_checked_whole(
    store: Any,
    faults: list[tuple[int, str]],
    copies: list[int],
    shared: list[int],
    limit: float,
) -> None:
    """The same verdict, in the same words, and the same rows to take out."""
    frame = parcels.frame(ROWS)
    for row, fault in faults:
        column, value = FAULTS[fault]
        frame.loc[row, column] = value
    for row in shared:
        frame.loc[row + 1, parcels.KEY] = frame.loc[row, parcels.KEY].to_numpy()
    frame = pd.concat([frame, frame.iloc[copies]], ignore_index=True)
    contract = parcels.contract(quarantine_limit=limit, duplicates="quarantine")
    table = stored(store, frame)

    found = large(table, contract)

    whole_frame = as_frame(table)
    whole = validate(whole_frame, contract, as_of=AS_OF)
    result = found.result
    assert (result.status, result.rows, result.checks) == (whole.status, whole.rows, whole.checks)
    few = [failure for failure in whole.failures if (failure.count or 0) <= 5]
    assert [one for one in said(result) if (one[4] or 0) <= 5] == said(
        whole.model_copy(update={"failures": tuple(few)})
    )
    assert [one[:6] for one in said(result)] == [one[:6] for one in said(whole)]
    taken, expected = list(result.quarantined), list(whole.quarantined)
    assert as_text(found.offending.iloc[taken]) == as_text(whole_frame.iloc[expected])
    assert sorted(result.quarantined.values()) == sorted(whole.quarantined.values())


@pytest.mark.parametrize(
    "frame",
    [
        parcels.frame(ROWS).drop(columns="sent"),
        parcels.frame(ROWS).rename(columns={"sent": "Sent_"}),
        parcels.frame(ROWS).assign(colour="red"),
        parcels.frame(ROWS).assign(weight="heavy"),
        parcels.frame(ROWS).assign(pieces=float("nan")),
    ],
    ids=["missing", "renamed", "extra", "wrong type", "all missing"],
)
def test_structure_is_as_of_any_table(store: Any, frame: pd.DataFrame) -> None:
    """Columns that are missing, renamed, extra, of a wrong type or empty."""
    table, contract = stored(store, frame), parcels.contract()

    result = large(table, contract).result

    whole = validate(as_frame(table), contract, as_of=AS_OF)
    assert result.failures
    assert said(result) == said(whole)
    assert (result.checks, result.skipped) == (whole.checks, whole.skipped)


@pytest.mark.parametrize(
    ("expectation", "arguments", "holds"),
    [
        ("expect_column_mean_to_be_between", {"column": "weight", "min_value": 2}, False),
        ("expect_column_values_to_match_regex", {"column": "label", "regex": r"^L\d+$"}, True),
        ("expect_column_values_to_match_regex", {"column": "label", "regex": "^L1"}, False),
        ("expect_column_values_to_be_increasing", {"column": "number"}, True),
        ("expect_table_row_count_to_equal", {"value": ROWS}, True),
        ("expect_table_column_count_to_equal", {"value": 10}, True),
    ],
)
def test_further_expectations(
    store: Any, expectation: str, arguments: dict[str, Any], holds: bool
) -> None:
    """Of each row, of a column, of the order of rows, of the table."""
    further = {"expectation": expectation, "arguments": arguments, "severity": "warn"}
    contract = parcels.contract(expectations=[further])
    table = stored(store, parcels.frame(ROWS))

    result = large(table, contract).result

    assert said(result) == said(validate(as_frame(table), contract, as_of=AS_OF))
    assert (result.status is GateStatus.OK) is holds


class TestWeeks:
    """Only what is new or changed is looked at."""

    def test_nothing_new(self, store: Any) -> None:
        """A table that is as it was is not looked at again, and has the same result."""
        contract, table = parcels.contract(), stored(store, parcels.frame(ROWS))
        first = large(table, contract)

        again = large(table, contract, first.checked)

        assert (first.result.looked_at, again.result.looked_at) == (None, 0)
        assert again.result.checks == first.result.checks
        assert again.checked == first.checked
        assert "40 rows, 0 of them new or changed" in again.result.summary

    def test_the_runs_own_date_is_no_change(self, store: Any) -> None:
        """Features have it in every row."""
        column = {"type": "date", "role": "context", "title": "As of"}
        columns = {**parcels.contract().model_dump()["columns"], "as_of": column}
        contract = Contract.model_validate({**parcels.contract().model_dump(), "columns": columns})
        frame = parcels.frame(ROWS)
        first = large(stored(store, frame.assign(as_of=date(2020, 3, 2))), contract)

        again = large(stored(store, frame.assign(as_of=date(2020, 3, 9))), contract, first.checked)

        assert (first.result.status, again.result.looked_at) == (GateStatus.OK, 0)

    def test_a_new_week_and_a_correction(self, store: Any) -> None:
        """Weeks that came or changed are looked at whole, and only they."""
        contract, frame = parcels.contract(), parcels.frame(ROWS)
        first = large(stored(store, frame.iloc[:33]), contract)
        frame.loc[8, "weight"] = 400.0

        second = large(stored(store, frame), contract, first.checked)

        # 1 January 2020 is a Wednesday: the corrected week has 7 rows, and the last two 5 + 2.
        assert second.result.looked_at == 7 + 7
        assert [failure.column for failure in second.result.failures] == ["weight"]
        assert as_text(second.offending) == as_text(frame.iloc[[8]])

    def test_a_bad_week_is_looked_at_until_it_is_good(self, store: Any) -> None:
        """Its warning is repeated in every run."""
        contract, frame = parcels.contract(), parcels.frame(ROWS)
        frame.loc[8, "pieces"] = 0
        table = stored(store, frame)
        first = large(table, contract)

        again = large(table, contract, first.checked)

        assert again.result.looked_at == 7
        assert said(again.result) == said(first.result) != []

    def test_another_contract(self, store: Any) -> None:
        """What was good by other rules is looked at again."""
        table = stored(store, parcels.frame(ROWS))
        first = large(table, parcels.contract())

        second = large(table, parcels.contract({"weight": {"max": 1}}), first.checked)

        assert second.result.looked_at is None
        assert second.result.failures[0].count == ROWS

    def test_a_row_that_comes_twice_over_weeks(self, store: Any) -> None:
        """What must be unique is looked for in the whole table, however old."""
        contract = parcels.contract({"label": {"unique": True}})
        frame = parcels.frame(ROWS)
        first = large(stored(store, frame.iloc[:33]), contract)
        frame.loc[39, "label"] = "L1"

        second = large(stored(store, frame), contract, first.checked)

        assert [failure.count for failure in second.result.failures] == [2]


def without_key() -> Contract:
    """Parcels that nothing tells apart."""
    context = {"role": "context"}
    return parcels.contract({"depot": context, "number": context}, key=[])


def test_rows_are_taken_out_by_their_key(store: Any) -> None:
    """And where the key does not tell them from others, what to do is said."""
    contract, frame = parcels.contract(), parcels.frame(ROWS)
    table = stored(store, frame)

    clean = KeyFilter(contract, frame.iloc[[3, 5]]).clean(table)
    assert as_text(clean.to_pandas()) == as_text(frame.drop(index=[3, 5]))

    twice = stored(store, pd.concat([frame, frame.iloc[[3]]]))
    with pytest.raises(DataGateError, match="its key does not tell them from rows that stay"):
        KeyFilter(contract, frame.iloc[[3]]).clean(twice)
    with pytest.raises(DataGateError, match="Add to key"):
        KeyFilter(without_key(), frame.iloc[[3]]).clean(table)


def test_what_cannot_be_read_again_is_looked_at_again(tmp_path: Any) -> None:
    """A file that is cut off or gone says nothing of any week."""
    path = tmp_path / "gate" / "parcels.checked.json"
    assert CheckedWeeks.read(path) == CheckedWeeks()
    path.parent.mkdir()
    path.write_text('{"rules": "a", "weeks": {"2020-01')
    assert CheckedWeeks.read(path) == CheckedWeeks()
    whole = CheckedWeeks.model_validate(
        {"rules": "a", "weeks": {"2020-01-06": {"rows": 7, "content": 12}}}
    )
    whole.write(path)
    assert CheckedWeeks.read(path) == whole
    assert large_table.PIECE_ROWS > ROWS
