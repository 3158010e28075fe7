from __future__ import annotations

import json
from datetime import date, datetime

import ibis
import pandas as pd
import pytest

import parcels
from weekwise.contract.model import Contract
from weekwise.errors import DataGateError
from weekwise.quality.frames import as_frame
from weekwise.quality.gate_result import GateResult, GateStatus
from weekwise.quality.quarantine import RowFilter, quarantine_rows


def row_filter(frame: pd.DataFrame, rows: list[int], contract: Contract | None = None) -> RowFilter:
    """A row filter of some parcels."""
    return RowFilter(as_frame(frame), contract or parcels.contract(), rows)


@pytest.fixture
def table() -> ibis.Table:
    """Ten parcels in DuckDB, in the contract's types."""
    connection = ibis.duckdb.connect()
    created: ibis.Table = connection.create_table("parcels", ibis.memtable(parcels.frame()))
    return created.cast({"day": "date"})


def labels(data: ibis.Table | pd.DataFrame) -> list[str]:
    """Which parcels a table holds."""
    return sorted(as_frame(data)["label"])


def test_a_frame_loses_the_rows_and_keeps_its_index() -> None:
    """A pandas node sees its own rows, less the bad ones."""
    frame = parcels.frame(4).set_axis(["a", "b", "c", "d"], axis="index")
    clean = row_filter(frame, [1, 3]).clean(frame)
    assert list(clean.index) == ["a", "c"]
    assert len(frame) == 4


def test_a_frame_that_changed_since_it_was_checked_is_refused() -> None:
    """Positions mean nothing in another table."""
    with pytest.raises(DataGateError, match="had 4 rows when it was checked and has 5 now"):
        row_filter(parcels.frame(4), [1]).clean(parcels.frame(5))


def test_an_ibis_table_stays_an_expression_on_its_backend(table: ibis.Table) -> None:
    """Rows go by key, so nothing is read into memory and nodes run where the table lies."""
    clean = row_filter(as_frame(table), [1, 3]).clean(table)
    assert clean.get_backend() is table.get_backend()
    assert "ANTI JOIN" in ibis.to_sql(clean)
    assert clean.schema() == table.schema()
    assert labels(clean) == ["L0", "L2", "L4", "L5", "L6", "L7", "L8", "L9"]


def test_a_key_with_a_missing_part_finds_its_row(table: ibis.Table) -> None:
    """Nothing equals nothing here: a row without its key must not slip through."""
    broken = table.mutate(depot=ibis.ifelse(table["label"] == "L3", None, table["depot"]))
    clean = row_filter(as_frame(broken), [3]).clean(broken)

    assert "L3" not in labels(clean)
    assert broken.count().execute() - 1 == clean.count().execute()


@pytest.mark.parametrize("key", [[], ["depot"]])
def test_without_a_telling_key_the_good_rows_go_to_memory(
    table: ibis.Table, key: list[str]
) -> None:
    """A key that good rows share with bad ones would take too many."""
    columns = {"depot": {"role": "context"}, "number": {"role": "context"}}
    contract = parcels.contract(columns, key=key)
    clean = row_filter(as_frame(table), [1, 3], contract).clean(table)
    assert clean.schema() == table.schema()
    assert labels(clean) == ["L0", "L2", "L4", "L5", "L6", "L7", "L8", "L9"]


def test_quarantined_rows_are_kept_with_their_reasons() -> None:
    """Each row is written down whole, with key and reasons, so that someone can fix it."""
    frame = parcels.changed("weight", {3: None})
    reasons = {3: ("weight: expected 0 to 100 kg", "carrier: expected one of bike, van")}
    result = GateResult(
        table="parcels", status=GateStatus.QUARANTINE, rows=10, checks=1, quarantined=reasons
    )
    rows = quarantine_rows(frame, parcels.contract(), result, date(2020, 1, 6))
    assert len(rows) == 1
    row = rows.iloc[0]
    assert (row["as_of"], row["table"], row["row"]) == (date(2020, 1, 6), "parcels", 3)
    assert json.loads(row["key"]) == {"day": "2020-01-04 00:00:00", "depot": "S", "number": 4}
    assert row["reasons"] == "; ".join(reasons[3])
    data = json.loads(row["data"])
    assert (data["weight"], data["label"], data["fragile"]) == (None, "L3", True)
    assert datetime.fromisoformat(data["sent"]).hour == 8


def test_no_quarantined_rows_are_an_empty_table_of_the_same_columns() -> None:
    """A clean week empties the quarantine of an earlier try."""
    result = GateResult(table="parcels", status=GateStatus.OK, rows=10, checks=1)
    rows = quarantine_rows(parcels.frame(), parcels.contract(), result, date(2020, 1, 6))
    assert rows.empty
    assert list(rows.columns) == ["as_of", "table", "row", "key", "reasons", "data"]
