from __future__ import annotations

from decimal import Decimal
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest

import parcels
from weekwise.contract.derive import ibis_schema, pandas_dtypes
from weekwise.errors import DataGateError
from weekwise.quality.frames import as_frame, for_checks, typed


def test_an_ibis_table_becomes_a_frame_in_nullable_types() -> None:
    """Missing values turn no integer into a float and no truth value into an object."""
    rows = [
        {"day": "2020-01-01", "number": 1, "fragile": None, "label": "a", "weight": 1.5},
        {"day": "2020-01-02", "number": None, "fragile": True, "label": None, "weight": None},
    ]
    table = ibis.memtable(rows).cast(
        {"day": "date", "number": "int32", "fragile": "boolean", "weight": "float64"}
    )
    dtypes = {name: str(dtype) for name, dtype in as_frame(table).dtypes.items()}
    assert dtypes["day"].startswith("datetime64[")
    assert {name: dtypes[name] for name in ("number", "fragile", "label", "weight")} == {
        "number": "Int64",
        "fragile": "boolean",
        "label": "str",
        "weight": "float64",
    }


def test_a_frames_rows_are_numbered_from_0() -> None:
    """Positions in results are positions in the table, whatever its index was."""
    frame = as_frame(pd.DataFrame({"a": [1, 2]}, index=[7, 7]))
    assert list(frame.index) == [0, 1]


def test_anything_else_is_refused_with_what_to_do() -> None:
    """A dataset that loads no table cannot have a contract."""
    with pytest.raises(DataGateError, match="not dict; give the dataset a type"):
        as_frame({"a": 1})


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("number", pd.Series([1.0, 2.0])),
        ("number", pd.Series([1, 2], dtype="int8")),
        ("number", pd.Series([1, None], dtype="object")),
        ("weight", pd.Series([1, 2])),
        ("weight", pd.Series([Decimal("1.5"), None])),
        ("label", pd.Series(["a", None], dtype="object")),
        ("label", pd.Series(["a", "b"], dtype="string")),
        ("label", pd.Series(["a", "b"], dtype="category")),
        ("fragile", pd.Series([True, False])),
        ("fragile", pd.Series([True, None], dtype="object")),
        ("fragile", pd.Series([1, 0, None])),
        ("fragile", pd.Series(["Yes", " no ", None])),
        ("day", pd.Series(["2020-01-01", None])),
        ("sent", pd.Series(["2020-01-01T08:00", "2020-01-01 08:00:30.5"])),
        ("sent", pd.Series(["2020-01-01T08:00Z"])),
        ("day", pd.to_datetime(pd.Series(["2020-01-01", None]))),
        ("day", pd.Series([pd.Timestamp("2020-01-01").date(), None])),
        ("sent", pd.to_datetime(pd.Series(["2020-01-01T08:00Z", None]))),
        *[(name, pd.Series([None, None])) for name in parcels.COLUMNS],
        *[(name, pd.Series([np.nan, np.nan])) for name in parcels.COLUMNS],
        *[(name, pd.Series([])) for name in parcels.COLUMNS],
    ],
)
def test_values_that_fit_are_cast_to_the_contracts_type(
    column: str, values: pd.Series[Any]
) -> None:
    """How a column is held says nothing about whether its values are right."""
    cast = typed(pd.DataFrame({column: values}), parcels.contract())
    assert str(cast[column].dtype) == pandas_dtypes(parcels.contract())[column]
    assert list(cast[column].isna()) == list(values.isna())


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("number", pd.Series([1.0, 2.5])),
        ("number", pd.Series([1.0, np.inf])),
        ("number", pd.Series([1.0, 1e300])),
        ("number", pd.Series([2**63], dtype="uint64")),
        ("number", pd.Series([2**70], dtype="object")),
        ("number", pd.Series(["1", "2"])),
        ("number", pd.Series([True, False])),
        ("weight", pd.Series(["1.5"])),
        ("label", pd.Series([1, 2])),
        ("label", pd.Series(["a", 1], dtype="object")),
        ("fragile", pd.Series([0, 2])),
        ("fragile", pd.Series(["true", "maybe"])),
        ("day", pd.Series(["2020-01-01", "soon"])),
        ("day", pd.Series(["01.02.2020"])),
        ("day", pd.Series([pd.Timestamp("2020-01-01 08:00")])),
        ("day", pd.Series([pd.Timestamp("2020-01-01 08:00")], dtype="datetime64[us]")),
    ],
)
def test_values_that_do_not_fit_are_left_as_they_are(column: str, values: pd.Series[Any]) -> None:
    """Nothing is guessed: a column of another type never becomes one of the contract's."""
    cast = typed(pd.DataFrame({column: values}), parcels.contract())
    assert str(cast[column].dtype) != pandas_dtypes(parcels.contract())[column]
    assert list(cast[column]) == list(values)


def test_integers_too_large_for_a_float_stay_exact() -> None:
    """Speed never changes a value: what a float cannot hold is compared as an integer."""
    large = pd.DataFrame({"number": pd.Series([2**60 + 1, None], dtype="Int64")})
    assert for_checks(large)["number"].iloc[0] == 2**60 + 1
    small = pd.DataFrame({"number": pd.Series([5, None], dtype="Int64")})
    assert str(for_checks(small)["number"].dtype) == "float64"


def test_dates_beyond_nanoseconds_stay_as_they_are() -> None:
    """A date in the year 9999 is compared slowly rather than not at all."""
    frame = pd.DataFrame({"day": pd.Series(["9999-12-31"], dtype="datetime64[us]")})
    assert for_checks(frame)["day"].iloc[0].year == 9999


def test_a_table_in_the_contracts_ibis_types_needs_no_cast() -> None:
    """A store that holds the contract's types passes the type checks."""
    contract = parcels.contract()
    table = ibis.memtable(parcels.frame()).cast(ibis_schema(contract))
    dtypes = {name: str(dtype) for name, dtype in typed(as_frame(table), contract).dtypes.items()}
    assert dtypes == pandas_dtypes(contract)
