"""Batches: the same rows refused and the same numbers as one by model."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import orjson
import pydantic_core
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import parcels
import trains
from api.http.exceptions import Malformed, TooManyRows
from api.rows.batch_reader import BatchReader
from api.rows.columns import check_column
from api.serving.answers import AnsweredBatch, answered_batch
from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_parcels, loaded_trains, plain_row
from weekwise.contract.column import Column, Role
from weekwise.contract.model import Contract

MOST = 50


@cache
def models() -> dict[str, LoadedModel]:
    """A model of each table."""
    return {"trains": loaded_trains(), "parcels": loaded_parcels()}


def answer(model: LoadedModel, rows: list[Any]) -> dict[str, Any]:
    """The answer to some rows."""
    body = pydantic_core.to_json({"rows": rows}, inf_nan_mode="constants")
    return dict(orjson.loads(batch(model, body).body))


def batch(model: LoadedModel, body: bytes) -> AnsweredBatch:
    """The answer to a body."""
    return answered_batch(model, BatchReader(model.reader, MOST).read(body))


def one_by_one(model: LoadedModel, rows: list[Any]) -> list[dict[str, Any]]:
    """The results as the routes of single rows would have them."""
    results = []
    for index, raw in enumerate(rows):
        row = model.reader.read_value(raw)
        if isinstance(row, list):
            answered = {"index": index, "errors": row}
        else:
            (probability,) = model.predictor.predict_rows([row])
            answered = {
                "index": index,
                "probability": probability,
                "decision": probability >= model.predictor.threshold,
                "warnings": model.reader.warnings.of_row(row),
            }
        results.append(orjson.loads(orjson.dumps(answered)))
    return results


_ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=5),
    st.dates().map(str),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="minutes")),
    st.sampled_from(["2013-W01-1T10:00:00", "2013-01-01T24:00", "0000-01-01T10:00", "20130101"]),
    st.lists(st.booleans(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.booleans(), max_size=2),
)


def _value(column: Column) -> st.SearchStrategy[Any]:
    """Values that the column mostly allows."""
    if column.values is not None:
        return st.sampled_from(list(column.values))
    match column.type:
        case "date":
            return st.dates(min_value=pd_date("2020-01-01")).map(str)
        case "datetime":
            return st.datetimes().map(lambda moment: moment.isoformat())
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(1, 50)
        case _:
            return st.floats(0, 100) | st.integers(0, 100)


def pd_date(text: str) -> Any:
    """A date."""
    from datetime import date

    return date.fromisoformat(text)


@st.composite
def batches(draw: st.DrawFn, contract: Contract) -> list[Any]:
    """Rows of a contract, most of them right, some with a value that may not be."""
    columns = {name: contract.columns[name] for name in contract.inputs}
    whole = st.fixed_dictionaries({name: _value(column) for name, column in columns.items()})
    rows: list[Any] = draw(st.lists(whole, min_size=1, max_size=8))
    names = st.sampled_from([*columns, "other"])
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(rows) - 1))
        if draw(st.booleans()) and isinstance(rows[place], dict):
            rows[place] = {**rows[place], draw(names): draw(_ODD)}
        elif isinstance(rows[place], dict):
            rows[place] = {k: v for k, v in rows[place].items() if k != draw(names)}
        if draw(st.integers(0, 20)) == 0:
            rows[place] = draw(_ODD)
    return rows


@pytest.mark.parametrize("table", ["trains", "parcels"])
@settings(max_examples=80)
@given(data=st.data())
def test_like_one_by_one(table: str, data: st.DataObject) -> None:
    """Whatever rows arrive, a batch refuses and predicts each as if it had come alone."""
    model = models()[table]
    rows = data.draw(batches(model.predictor.contract))

    answered = answer(model, rows)

    assert answered["results"] == one_by_one(model, rows)
    assert answered["predicted"] + answered["refused"] == len(rows)


@pytest.mark.parametrize(
    ("field", "text", "is_right"),
    [
        ("stops", str(2**63), False),
        ("stops", str(2**64 - 1), False),
        ("stops", str(2**63 - 1), True),
        ("stops", str(2**53 + 1), True),
        ("rain", "1e999", False),
        ("rain", "NaN", False),
        ("rain", "1e300", True),
    ],
)
def test_ends_of_numbers(field: str, text: str, is_right: bool) -> None:
    """Numbers at the ends of what can be held are refused, or not, as in a row alone."""
    model = models()["trains"]
    row = json.dumps({**model.examples[0], field: 0}).replace(f'"{field}": 0', f'"{field}": {text}')

    (answered,) = orjson.loads(batch(model, f'{{"rows": [{row}]}}'.encode()).body)["results"]

    assert ("probability" in answered) is is_right
    if is_right:
        assert model.reader.read(row.encode())
    else:
        assert answered["errors"][0]["field"] == field


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), "1", True, [1.0]])
def test_suspect_numbers(value: Any) -> None:
    """Whatever is no plain number is looked at again, whichever parser let it through."""
    column = trains.CONTRACT.columns["rain"]

    assert check_column(column, [1.5, value, None]).suspect.tolist() == [False, True, False]


def test_good_rows_survive() -> None:
    """Rows that are refused keep their place, and do not keep the others from an answer."""
    model = models()["trains"]
    good = dict(model.examples[0])

    answered = answer(model, [good, good | {"stops": "x"}, good | {"line": "gray"}, good])

    assert [("errors" in result) for result in answered["results"]] == [False, True, True, False]
    assert (answered["predicted"], answered["refused"]) == (2, 2)
    assert answered["results"][1]["errors"][0]["field"] == "stops"


def test_all_refused() -> None:
    """A batch in which every row is refused is still an answer."""
    answered = answer(models()["trains"], [{}, [], None])

    assert (answered["predicted"], answered["refused"]) == (0, 3)


def test_like_the_pipeline() -> None:
    """The numbers are those that batch prediction has for the same rows, bit for bit."""
    model = models()["trains"]
    rows = trains.trains(1, seed=3)

    answered = answer(model, [plain_row(trains.CONTRACT, row) for row in rows.to_dict("records")])

    probabilities = [result["probability"] for result in answered["results"]]
    assert np.array_equal(probabilities, model.predictor.predict(rows))


def test_unseen_is_counted() -> None:
    """Unseen categories are warned of by row, and counted by column."""
    model = models()["parcels"]
    rows = [dict(model.examples[0]) | {"carrier": name} for name in ("van", "drone", "drone")]

    answered = batch(model, json.dumps({"rows": rows}).encode())

    assert answered.unseen == {"carrier": 2}
    kinds = [
        [w["kind"] for w in result["warnings"]] for result in orjson.loads(answered.body)["results"]
    ]
    assert ["unseen" in of_row for of_row in kinds] == [False, True, True]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'{"rows": 3}',
        b'{"rows": []}',
        b'{"rows": [{}], "more": 1}',
        b'{"rows": [{"line": "red", "line": "blue"}]}',
        b'{"rows":[{"line":"red","line":"blue"}]}',
        b'{"rows":[{"line":"red" ,"stops" :1,"line":"blue"}]}',
        b'{"rows": [{}], "rows": [{}]}',
        b'{"rows": ' + b"[" * 100_000,
        b"\xff",
    ],
)
def test_malformed(body: bytes) -> None:
    """A body that is no batch, or has a key twice, is refused whole."""
    with pytest.raises(Malformed):
        batch(models()["trains"], body)


def test_too_many() -> None:
    """A batch over the limit is refused with the limit."""
    with pytest.raises(TooManyRows, match=f"has more than {MOST} rows"):
        answer(models()["trains"], [{}] * (MOST + 1))


def test_contracts_have_what_is_tested() -> None:
    """The tables have dates, times, closed and open categories, and values that may be missing."""
    both = [*trains.CONTRACT.columns.values(), *parcels.contract().columns.values()]
    inputs = [column for column in both if column.role in (Role.TIME, Role.FEATURE)]

    assert {str(column.type) for column in inputs} >= {"date", "datetime", "category", "boolean"}
    assert {column.serving.unseen for column in inputs if column.values} == {"accept", "refuse"}
    assert {column.refuses_missing for column in inputs} == {True, False}


def test_only_some_refused_rows_are_compared() -> None:
    """Likeness takes time: after fifty refused rows of a batch nothing is looked for."""
    reader = BatchReader(models()["trains"].reader, 200)
    row = dict(models()["trains"].examples[0])
    batch_of_slips = {"rows": [row | {"line": f"red{number}"} for number in range(120)]}

    faults = reader.read(json.dumps(batch_of_slips).encode()).faults

    hinted = ["did you mean" in fault.message for (fault,) in faults.values()]
    assert hinted == [True] * 50 + [False] * 70
