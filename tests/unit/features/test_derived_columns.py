"""Derived columns: a row, a frame and a table of any engine have the same numbers, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import trains
from weekwise.contract.model import Contract
from weekwise.errors import DataGateError
from weekwise.features.conform import conform
from weekwise.features.derived_columns import DerivedColumns
from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.features.model_rows import ListMaker
from weekwise.model.fitting import fit
from weekwise.model.predictor import Predictor

EXPRESSIONS = {
    "per_car": ("number", "rain / cars"),
    "wet": ("boolean", "rain > 1 AND line = 'red'"),
    "name": ("category", "line || '-' || cars"),
    "hour": ("integer", "hour(departure)"),
    "log": ("number", "ln(per_car) -- nothing for nothing"),
}


def contract(**changes: dict[str, Any]) -> Contract:
    """Trains with derived features; `stops` and `express` no model needs."""
    derived = {
        name: {"type": kind, "role": "feature", "title": name, "missing": 1, "from": sql}
        for name, (kind, sql) in EXPRESSIONS.items()
    }
    columns = {
        name: column.model_dump(by_alias=True) for name, column in trains.CONTRACT.columns.items()
    }
    columns |= {"cars": columns["cars"] | {"role": "context"}, **derived}
    columns = {name: keys | changes.get(name, {}) for name, keys in columns.items()}
    return Contract.model_validate(
        {"table": "trains", "title": "Trains", "key": ["departure", "train"], "columns": columns}
    )


CONTRACT = contract()
INPUTS = ModelInputs(contract=CONTRACT, features=("line", *EXPRESSIONS))


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    """A model of derived features, and of no other raw ones but `line`."""
    return fit(
        trains.trains(), CONTRACT, list(INPUTS.features), trains.PARAMS, as_of=trains.train_end()
    )


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "departure": st.datetimes(
                pd.Timestamp("1900-01-01").to_pydatetime(),
                pd.Timestamp("2200-01-01").to_pydatetime(),
            ),
            "line": st.sampled_from(["red", "blue", "'; --", "ä"]),
            "cars": st.none() | st.integers(-(2**53), 2**53),
            "rain": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        }
    ),
    min_size=1,
    max_size=8,
)


@given(ROWS)
def test_a_row_a_frame_and_a_table_have_the_same_values(rows: list[dict[str, Any]]) -> None:
    """Batch and service give a model the same, whatever the values."""
    frame = pd.DataFrame(rows).astype({"cars": "Int64", "rain": "float64"})
    made = DerivedColumns(list(EXPRESSIONS), CONTRACT)

    one_by_one = [made.of_rows([row])[0] for row in rows]
    together = made.of_rows(rows)
    of_frame = made.of_frame(frame)

    assert together == one_by_one
    for name in EXPRESSIONS:
        values = [row[name] for row in one_by_one]
        plain = [None if pd.isna(value) else value for value in of_frame[name].tolist()]
        assert plain == values
    lists = ListMaker(INPUTS).lists(together)
    expected = model_frame(frame, INPUTS).astype(object).to_numpy().tolist()
    assert [[_number(value) for value in row] for row in lists] == [
        [_number(value) for value in row] for row in expected
    ]


@given(ROWS)
def test_wrangling_has_the_same_values(rows: list[dict[str, Any]]) -> None:
    """What a run stores is what the service computes."""
    frame = pd.DataFrame(rows).astype({"cars": "Int64", "rain": "float64"})
    feed = frame.assign(
        train=range(len(rows)), stops=1, express=True, platform=1, opened=None, late=False
    )

    stored = conform(feed, CONTRACT).order_by("train").to_pyarrow().to_pylist()

    expected = DerivedColumns(list(EXPRESSIONS), CONTRACT).of_rows(rows)
    assert [{name: row[name] for name in EXPRESSIONS} for row in stored] == [
        {name: row[name] for name in EXPRESSIONS} for row in expected
    ]


def _number(value: Any) -> Any:
    """A value as CatBoost has it: text, or a float, none for no number."""
    if isinstance(value, str):
        return value
    return None if pd.isna(value) else float(value)


def test_a_model_asks_for_raw_columns_alone(predictor: Predictor) -> None:
    """What a derived feature follows from is asked for, and nothing the model does without."""
    assert predictor.inputs.raw == ["departure", "line", "cars", "rain"]


def test_a_model_predicts_alike_from_rows_and_frames(predictor: Predictor) -> None:
    """Single rows, few rows and a frame of raw columns give the same predictions."""
    raw = trains.trains(3)[predictor.inputs.raw]
    rows = [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in raw.to_dict("records")
    ]

    predicted = predictor.predict(raw).tolist()

    assert predictor.predict_rows(rows) == predicted
    assert [predictor.predict_rows([row])[0] for row in rows[:5]] == predicted[:5]


def test_what_a_frame_says_of_a_derived_column_counts_for_nothing(predictor: Predictor) -> None:
    """A model computes its derived columns itself, so that an old one keeps its own."""
    raw = trains.trains(1)

    spoiled = raw.assign(per_car=-1.0, name="other")

    np.testing.assert_array_equal(predictor.predict(spoiled), predictor.predict(raw))


def test_an_explanation_shows_derived_features(predictor: Predictor) -> None:
    """The row that is explained has the values its derived features had."""
    row = {"departure": pd.Timestamp("2013-02-01 09:30"), "line": "red", "cars": 4, "rain": 2.0}

    explained = predictor.explain_row(row)

    shown = {name: explained.row[name] for name in EXPRESSIONS}
    assert shown == {
        "per_car": 0.5,
        "wet": True,
        "name": "red-4",
        "hour": 9,
        "log": pytest.approx(-0.6931471805599453, abs=0),
    }


def test_a_raw_column_of_another_type_is_refused(predictor: Predictor) -> None:
    """The message names the raw column."""
    rows = trains.trains(1).assign(cars="many")

    with pytest.raises(DataGateError, match="column cars cannot be read"):
        predictor.predict(rows)


def test_a_saved_model_computes_the_same(predictor: Predictor, tmp_path: Any) -> None:
    """The files of a model hold its expressions."""
    predictor.save(tmp_path)
    raw = trains.trains(2)[predictor.inputs.raw]

    np.testing.assert_array_equal(Predictor.load(tmp_path).predict(raw), predictor.predict(raw))
