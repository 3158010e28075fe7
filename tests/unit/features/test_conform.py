from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

import parcels
import strategies
from weekwise.contract.derive import ibis_schema
from weekwise.features.conform import conform

CONTRACT = parcels.contract()


def conformed(frame: pd.DataFrame) -> ibis.Table:
    """A frame as the contract of parcels says it is."""
    return conform(ibis.memtable(frame), CONTRACT)


def test_columns_are_the_contracts_own() -> None:
    """Columns come in the contract's order, and those it does not name are left out."""
    shuffled = parcels.frame(3)[list(parcels.COLUMNS)[::-1]].assign(stray=1)

    assert list(conformed(shuffled).columns) == list(parcels.COLUMNS)


def test_another_databases_table_is_read_into_memory(tmp_path: Path) -> None:
    """Features are computed by a store's engine, and not in the ways of each database."""
    file = tmp_path / "parcels.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        parcels.frame(4).to_sql("parcels", connection, index=False)
    database = ibis.sqlite.connect(file)

    conforming = conform(database.table("parcels"), CONTRACT)

    assert conforming.get_backend().name == "duckdb"
    assert conforming.schema() == ibis_schema(CONTRACT)
    assert conforming.count().to_pyarrow().as_py() == 4
    database.disconnect()


def test_types_are_the_contracts_own() -> None:
    """Text, floats and the like become what the contract says, with the same values."""
    written = parcels.frame(4).astype({"number": "str", "pieces": "float64", "weight": "str"})
    written["day"] = written["day"].dt.strftime("%Y-%m-%d")

    table = conformed(written)

    assert table.schema() == ibis_schema(CONTRACT)
    expected = ibis.memtable(parcels.frame(4)).cast(ibis_schema(CONTRACT))
    pd.testing.assert_frame_equal(
        table.order_by("number").to_pyarrow().to_pandas(),
        expected.order_by("number").to_pyarrow().to_pandas(),
    )


@pytest.mark.parametrize(
    ("changes", "rows"),
    [({}, 3), ({"stray": [7, 8]}, 3), ({"weight": [9.0, 9.5]}, 5)],
    ids=["copies", "copies-but-for-a-stray-column", "others"],
)
def test_exact_duplicates_are_one_row(changes: dict[str, list[float]], rows: int) -> None:
    """Rows equal in all the contract's columns are one; rows that differ in any of them stay."""
    frame = parcels.frame(3)
    again = frame.head(2).assign(**changes)

    assert conformed(pd.concat([frame, again])).count().to_pyarrow().as_py() == rows


def values_of(name: str, values: Any) -> list[Any]:
    """A column of a frame, after conforming, in the order of its rows."""
    frame = parcels.frame(2).assign(**{name: values})
    table = conform(frame, CONTRACT).order_by("number")
    return [row[name] for row in table.to_pyarrow().to_pylist()]


def test_a_frame_is_a_table_too() -> None:
    """A pandas frame gives the rows that the same data as an Ibis table gives."""
    frame = parcels.frame(4)

    tables = [conform(data, CONTRACT).order_by("number") for data in (frame, ibis.memtable(frame))]

    assert tables[0].schema() == tables[1].schema()
    assert tables[0].to_pyarrow().to_pylist() == tables[1].to_pyarrow().to_pylist()


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("weight", [None, None], [None, None]),
        ("weight", pd.array([1.5, None], dtype="Float64"), [1.5, None]),
        ("pieces", [2.0, float("nan")], [2, None]),
        ("fragile", pd.Series([True, None], dtype=object), [True, None]),
        ("carrier", pd.Categorical(["van", None]), ["van", None]),
    ],
    ids=[
        "nothing at all",
        "a float that may be missing",
        "integers as floats",
        "objects",
        "categories",
    ],
)
def test_a_frame_may_hold_its_values_in_other_dtypes(
    name: str, values: Any, expected: list[Any]
) -> None:
    """Whatever dtype pandas has read a column into, it becomes the contract's."""
    assert values_of(name, values) == expected


def test_an_empty_frame_has_the_contracts_types() -> None:
    """A frame without rows says nothing of its types, and conforms all the same."""
    table = conform(parcels.frame(0).astype(object), CONTRACT)

    assert table.schema() == ibis_schema(CONTRACT)
    assert table.count().to_pyarrow().as_py() == 0


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.frames(CONTRACT, max_rows=6))
def test_conforming_twice_changes_nothing(frame: pd.DataFrame) -> None:
    """A table that keeps its contract comes out with the same rows, and so does the result."""
    once = conformed(frame)
    twice = conform(once, CONTRACT)

    rows = [
        table.order_by(*CONTRACT.key).to_pyarrow().to_pylist()
        for table in (ibis.memtable(frame).cast(ibis_schema(CONTRACT)), once, twice)
    ]
    assert rows[0] == rows[1] == rows[2]


def test_rows_that_are_taken_twice_are_conformed_once() -> None:
    """Duplicates are dropped once, however many aggregates are made of the rows."""
    store = ibis.duckdb.connect()
    store.create_table("parcels", parcels.frame(4))
    rows = conform(store.table("parcels"), CONTRACT)
    heavy = rows.filter(rows.weight > 1).group_by("number").agg(heavy=ibis._.count())
    placed = rows.mutate(place=rows.pieces % 2)
    counts = placed.group_by("place").agg(alike=ibis._.count())

    query = ibis.to_sql(placed.join(heavy, "number").join(counts, "place"), dialect="duckdb")
    ((_, plan),) = store.raw_sql(f"EXPLAIN {query}").fetchall()

    assert plan.count("HASH_GROUP_BY") == 3  # one drops duplicates, two count
    store.disconnect()
