from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trains import CONTRACT, trains
from weekwise.errors import ContractError, DataGateError
from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.features.read_values import (
    category_column,
    number_column,
    number_of,
    text_of,
    time_column,
)

INPUTS = ModelInputs(
    contract=CONTRACT, features=tuple(CONTRACT.features), calendar=("day_of_week", "minute_of_day")
)
CELLS = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.integers(-5, 5),
    st.booleans(),
    st.floats(-5, 5, allow_subnormal=False),
    st.just(math.nan),
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "missing"),
        (math.nan, "missing"),
        (np.float32("nan"), "missing"),
        (pd.NA, "missing"),
        ("EWR", "EWR"),
        ("", ""),
        (3, "3"),
        (3.0, "3"),
        (np.int64(3), "3"),
        (np.float32(3), "3"),
        (2.5, "2.5"),
        (True, "True"),
        (math.inf, "inf"),
    ],
)
def test_text_of(value: Any, expected: str) -> None:
    """A category is the same text whatever type it arrives as."""
    assert text_of(value) == expected


@given(st.lists(CELLS, max_size=12))
def test_a_column_of_categories_is_read_like_its_values(values: list[Any]) -> None:
    """A whole column gives what each value alone gives."""
    column = pd.Series(values, dtype=object)

    assert list(category_column(column)) == [text_of(value) for value in _as_pandas(column)]


def _as_pandas(column: pd.Series) -> list[Any]:
    """The values as `factorize` tells them apart: True, 1 and 1.0 are one to it."""
    codes, distinct = pd.factorize(column)
    return [None if code < 0 else distinct[code] for code in codes]


@given(st.lists(st.one_of(st.none(), st.booleans(), st.floats(-5, 5), st.integers(-5, 5))))
def test_a_column_of_numbers_is_read_like_its_values(values: list[Any]) -> None:
    """A whole column gives what each value alone gives."""
    numbers = number_column(pd.Series(values, dtype=object))

    np.testing.assert_array_equal(numbers, [number_of(value) for value in values])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, None, 0], dtype="Int64"),
        pd.Series([1, None, 0], dtype="int64[pyarrow]"),
        pd.Series([1, None, 0], dtype="float32"),
        pd.Series([True, None, False], dtype="boolean"),
        pd.Series([True, None, False], dtype=object),
        pd.Series([1, None, 0], dtype="category"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_of_any_dtype(column: pd.Series) -> None:
    """Numbers and booleans of every dtype become the same floats."""
    np.testing.assert_array_equal(number_column(column), [1.0, math.nan, 0.0])


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", None, "a"]),
        pd.Series(["a", None, "a"], dtype=object),
        pd.Series(["a", None, "a"], dtype="category"),
        pd.Series(["a", None, "a"], dtype="string"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_categories_of_any_dtype(column: pd.Series) -> None:
    """Text of every dtype becomes the same categories."""
    assert list(category_column(column)) == ["a", "missing", "a"]


@pytest.mark.parametrize(
    "value",
    [
        "2013-07-04T05:00:00",
        dt.datetime(2013, 7, 4, 5),  # noqa: DTZ001
        dt.datetime(2013, 7, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=-5))),
        np.datetime64("2013-07-04T05", "s"),
        pd.Timestamp("2013-07-04T05"),
    ],
)
def test_times_of_any_type(value: Any) -> None:
    """A time is what the zone's clock shows, as text or object, with an offset or without."""
    times = time_column(pd.Series([value, None]), "Etc/GMT+5")

    assert times[0] == np.datetime64("2013-07-04T05:00")
    assert np.isnat(times[1])


def test_columns_of_the_model() -> None:
    """The frame holds what the model takes, in its order, on the rows' own index."""
    rows = trains(2).set_index("train", drop=False).assign(noise="x")

    frame = model_frame(rows, INPUTS)

    assert list(frame.columns) == [*CONTRACT.features, "day_of_week", "minute_of_day"]
    assert frame.index.equals(rows.index)
    assert frame["line"].tolist() == rows["line"].tolist()
    assert frame["day_of_week"].iloc[0] == rows["departure"].iloc[0].weekday()


def test_rows_are_left_as_they_are() -> None:
    """The rows given are not changed."""
    rows = trains(2)
    before = rows.copy(deep=True)

    model_frame(rows, INPUTS)

    pd.testing.assert_frame_equal(rows, before)


def test_missing_columns_are_named() -> None:
    """An error names what is missing, and what came instead."""
    rows = trains(2).rename(columns={"rain": "rainfall", "cars": "wagons"})

    with pytest.raises(DataGateError) as error:
        model_frame(rows, INPUTS)

    assert str(error.value) == (
        "the rows lack 2 of the 6 columns the model takes: cars, rain; add them "
        "(columns it does not know: wagons, rainfall)"
    )


@pytest.mark.parametrize(
    ("column", "value"), [("rain", "heavy"), ("stops", "many"), ("departure", "soon")]
)
def test_a_wrong_type_names_its_column(column: str, value: str) -> None:
    """An error names the column that cannot be read."""
    rows = trains(1).astype({column: object})
    rows.loc[3, column] = value

    with pytest.raises(DataGateError, match=f"column {column} cannot be read"):
        model_frame(rows, INPUTS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": ("speed",)}, "no feature speed; its features are line, stops"),
        ({"features": ("late",)}, "no feature late"),
        ({"calendar": ("moon",)}, "no calendar feature 'moon'"),
    ],
)
def test_inputs_must_be_features(changes: dict[str, Any], message: str) -> None:
    """A model cannot be given what its contract calls no feature, the target least of all."""
    with pytest.raises(ContractError, match=message):
        ModelInputs(**{"contract": CONTRACT, "features": (), **changes})
