"""Rows without a frame: the same numbers as with one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from loaded_models import parcels_predictor
from trains import predictor, trains
from weekwise.model.predictor import BASE_VALUE, Predictor

PARCELS, _ = parcels_predictor()


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows by column in Python's own types, None where there is no value."""
    plain = rows.astype(object).where(rows.notna(), None)
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in plain.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("model", [predictor(), PARCELS], ids=["trains", "parcels"])
@settings(max_examples=60)
@given(data=st.data())
def test_like_a_frame(model: Predictor, data: st.DataObject) -> None:
    """Whatever keeps the contract is predicted alike, one by one, together and as a frame."""
    rows = data.draw(strategies.frames(model.contract))

    expected = model.predict(rows).tolist()

    assert model.predict_rows(records(rows)) == expected
    assert [model.predict_rows([row])[0] for row in records(rows)] == expected


@pytest.mark.parametrize(
    "value",
    [
        {"line": "never seen"},
        {"line": None},
        {"rain": 1e300},
        {"rain": float("nan")},
        {"cars": 2**62},
        {"express": None},
        {"departure": datetime(1, 1, 1)},  # noqa: DTZ001 - contracts are in local time
        {"departure": datetime(9999, 12, 31, 23, 59)},  # noqa: DTZ001
    ],
    ids=str,
)
def test_odd_values(value: dict[str, Any]) -> None:
    """Unseen categories, missing values and the ends of what is possible are predicted alike."""
    row = records(trains(1))[0] | value
    frame = pd.DataFrame([row]).astype({"departure": "datetime64[us]"})

    assert predictor().predict_rows([row]) == predictor().predict(frame).tolist()


def test_left_out_is_missing() -> None:
    """A column that is left out counts as missing."""
    row = records(trains(1))[0]
    without = {name: value for name, value in row.items() if name not in ("cars", "rain")}

    predicted = predictor().predict_rows([without])

    assert predicted == predictor().predict_rows([row | {"cars": None, "rain": None}])
    assert predictor().predict_rows([]) == []


def test_explained_alike() -> None:
    """A row is explained with the numbers that a frame of it has."""
    rows = trains(1)
    frame = predictor().contributions(rows)

    for number, row in enumerate(records(rows)[:5]):
        explained = predictor().explain_row(row)
        expected = frame.iloc[number]
        names = list(predictor().inputs.names)
        assert list(explained.contributions) == pytest.approx(expected[names].tolist(), abs=1e-12)
        assert explained.base == pytest.approx(expected[BASE_VALUE])
        assert len(explained.values) == len(predictor().inputs.titles)
