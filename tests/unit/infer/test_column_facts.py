from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

import tables
from weekwise.errors import FeedError
from weekwise.infer.column_facts import FEW, Kind, read_column_facts

NOON = datetime(2024, 5, 1, 12)  # noqa: DTZ001 - local


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], Kind.INTEGER),
        ([1.0, None, 3.0], Kind.INTEGER),
        ([1.5, None], Kind.NUMBER),
        ([1.0, float("inf")], Kind.NUMBER),
        ([1.0, float("nan")], Kind.INTEGER),
        ([2.0**60, 1.0], Kind.NUMBER),
        ([True, None], Kind.BOOLEAN),
        (["a", None], Kind.TEXT),
        (["2024-05-01", "2024-05-02"], Kind.DATE),
        (["2024-05-01 12:00", "2024-05-02T13:30:00"], Kind.TIME),
        (["2024-05-01", "soon"], Kind.TEXT),
        (["2024-05-01T10:00+02:00", "2024-05-01 10:00:00.5 -0330"], Kind.TIME_WITH_OFFSET),
        (["2024-05-01T10:00Z", None], Kind.TIME_WITH_OFFSET),
        (["2024-05-01T10:00:00+02:00", "2024-05-01T10:00:00"], Kind.TEXT),
        (["2024-13-01T10:00+02:00", "2024-05-01T10:00+02:00"], Kind.TEXT),
        (["2024-13-01", "2024-12-01"], Kind.TEXT),
        ([date(2024, 5, 1), None], Kind.DATE),
        (pd.to_datetime(["2024-05-01", None]), Kind.DATE),
        ([NOON, None], Kind.TIME),
        (pd.to_datetime(["2024-05-01T12:00Z"]), Kind.TIME_WITH_OFFSET),
        ([["a"], ["b"]], Kind.OTHER),
        ([{"a": 1}, {"a": 2}], Kind.OTHER),
    ],
)
def test_what_values_are(values: Any, kind: Kind) -> None:
    """Whole numbers are integers and midnights dates, whatever type holds them."""
    assert tables.facts(pd.DataFrame({"x": values}))["x"].kind is kind


def test_what_is_counted() -> None:
    """Rows, gaps, different values, bounds and how often each of few values occurs."""
    column = tables.facts(pd.DataFrame({"x": ["b", "a", "b", None]}))["x"]

    assert (column.rows, column.known, column.distinct) == (4, 3, 2)
    assert (column.low, column.high) == ("a", "b")
    assert list(column.values.items()) == [("b", 2), ("a", 1)]  # noqa: PD011 - counts
    assert column.missing_share == 0.25


def test_values_have_their_own_type() -> None:
    """The values of whole numbers are whole numbers, and of truths truths."""
    found = tables.facts(pd.DataFrame({"n": [1.0, 2.0, 2.0], "b": [True, False, True]}))

    assert found["n"].values == {2: 2, 1: 1}  # noqa: PD011 - counts
    assert found["b"].values == {True: 2, False: 1}  # noqa: PD011 - counts


def test_many_values_are_not_listed() -> None:
    """What has many values is counted, and none of them is held."""
    column = tables.facts(pd.DataFrame({"x": np.arange(10 * FEW).astype(str)}))["x"]

    assert column.values == {}  # noqa: PD011 - counts
    assert column.distinct == pytest.approx(10 * FEW, rel=0.1)


def test_wide_tables_and_odd_names() -> None:
    """A thousand columns are counted, whatever they are called."""
    names = [f'a "{place}" b' for place in range(1000)]
    found = tables.facts(pd.DataFrame(np.ones((3, 1000)), columns=names))

    assert [column.name for column in found.values()] == names
    assert {column.known for column in found.values()} == {3}


def test_a_table_without_rows_is_refused() -> None:
    """There is nothing to tell of it."""
    with duckdb.connect() as connection, pytest.raises(FeedError, match="the table has no rows"):
        read_column_facts(connection.sql("SELECT 1 AS a WHERE false"))
