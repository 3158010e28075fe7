"""Arrow and Parquet: the same rows refused, and the same numbers, as in JSON."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from json import loads
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.rows.table_reader import ARROW, PARQUET
from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_delays, loaded_faults, loaded_parcels, loaded_trains
from service_client import client_of, problem_kind
from trains_service import train, trains_client

TIMES = ("departure", "day")


def packed(table: pa.Table, kind: str = ARROW) -> bytes:
    """A table as a body."""
    sink = io.BytesIO()
    if kind == PARQUET:
        pq.write_table(table, sink)
    else:
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table, max_chunksize=2)
    return sink.getvalue()


def unpacked(answer: httpx.Response) -> dict[str, list[Any]]:
    """An answer's table."""
    assert answer.status_code == 200, answer.text
    if answer.headers["content-type"] == PARQUET:
        return dict(pq.read_table(io.BytesIO(answer.content)).to_pydict())
    return dict(pa.ipc.open_stream(answer.content).read_all().to_pydict())


def table_of(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as pandas would send them: times as times."""
    frame = pd.DataFrame(rows)
    for name in set(TIMES) & set(frame):
        frame[name] = pd.to_datetime(frame[name])
    return pa.Table.from_pandas(frame, preserve_index=False)


@pytest.mark.parametrize("kind", [ARROW, PARQUET])
@pytest.mark.parametrize("load", [loaded_trains, loaded_parcels, loaded_delays, loaded_faults])
def test_like_json(load: Callable[[], LoadedModel], kind: str) -> None:
    """Every task's outputs are those that the model gives for the same rows in JSON."""
    model = load()
    client = client_of(model)
    rows = [dict(row) for row in model.examples] * 2

    table = unpacked(
        client.post(
            "/predict/batch", content=packed(table_of(rows), kind), headers={"content-type": kind}
        )
    )

    name = model.predictor.task.output_names[0]
    json = client.post("/predict/batch", json={"rows": rows}).json()["results"]
    assert table[name] == [result[name] for result in json]
    assert set(table["errors"]) == {None}
    said = [None if text is None else loads(text) for text in table["warnings"]]
    assert said == [row["warnings"] or None for row in json]


def test_refused() -> None:
    """Wrong rows have the errors that they have in JSON, and the others are predicted."""
    rows = [
        train(),
        train() | {"line": "gray"},
        train() | {"rain": None},
        train() | {"stops": None},
        train() | {"rain": -1.0},
    ]
    client = trains_client()
    headers = {"content-type": ARROW}
    answer = client.post("/predict/batch", content=packed(table_of(rows)), headers=headers)
    table = unpacked(answer)

    json = client.post("/predict/batch", json={"rows": rows}).json()["results"]
    assert table["errors"] == [
        " ".join(fault["message"] for fault in row["errors"]) if "errors" in row else None
        for row in json
    ]
    assert [value is not None for value in table["probability"]] == [
        "probability" in row for row in json
    ]


@pytest.mark.parametrize(
    ("name", "array", "is_right"),
    [
        ("line", pa.array(["red"]).dictionary_encode(), True),
        ("line", pa.array(["red"], pa.large_string()), True),
        ("line", pa.array([1]), False),
        ("stops", pa.array([4], pa.int8()), True),
        ("stops", pa.array([4.0]), True),
        ("stops", pa.array([4.5]), False),
        ("stops", pa.array(["4"]), False),
        ("rain", pa.array([None], pa.float32()), True),
        ("rain", pa.array([np.nan]), True),
        ("rain", pa.array([np.inf]), False),
        ("rain", pa.array([None]), True),
        ("express", pa.array([None], pa.bool_()), True),
        ("express", pa.array([1]), False),
        ("departure", pa.array(["2013-01-07T20:35:00"]), True),
        ("departure", pa.array([datetime(2013, 1, 7, 20, 35, tzinfo=UTC)]), True),
        ("departure", pa.array([date(2013, 1, 7)]), True),
        ("departure", pa.array(["tomorrow"]), False),
        ("departure", pa.array([None], pa.timestamp("ns")), False),
    ],
)
def test_types(name: str, array: pa.Array, is_right: bool) -> None:
    """Arrow's types are read where they can hold the column's values, and refused elsewhere."""
    table = table_of([train()])
    changed = table.set_column(table.column_names.index(name), name, array)
    answer = trains_client().post(
        "/predict/batch", content=packed(changed), headers={"content-type": ARROW}
    )

    assert (unpacked(answer)["errors"] == [None]) is is_right


@pytest.mark.parametrize("kind", [ARROW, PARQUET])
@pytest.mark.parametrize(
    ("content", "status", "problem"),
    [
        (lambda _: b"", 422, "malformed"),
        (lambda _: b"PAR1nonsense", 422, "malformed"),
        (lambda kind: packed(table_of([train()]), kind)[:-200], 422, "malformed"),
        (lambda kind: packed(table_of([train() | {"other": 1}]), kind), 422, "malformed"),
        (lambda kind: packed(table_of([train()]).slice(0, 0), kind), 422, "malformed"),
        (lambda kind: packed(table_of([train()] * 20), kind), 413, "too-many-rows"),
    ],
)
def test_not_a_table(kind: str, content: Callable[[str], bytes], status: int, problem: str) -> None:
    """What is no table of rows is a problem, and no defect."""
    answer = trains_client(max_batch_rows=10).post(
        "/predict/batch", content=content(kind), headers={"content-type": kind}
    )

    assert (answer.status_code, problem_kind(answer)) == (status, problem)


def test_either_way() -> None:
    """What the client accepts decides what it gets, whatever it sent."""
    client = trains_client()
    table = packed(table_of([train()]))

    json = client.post(
        "/predict/batch",
        content=table,
        headers={"content-type": ARROW, "accept": "application/json"},
    ).json()
    assert json["predicted"] == 1
    arrow = client.post("/predict/batch", json={"rows": [train()]}, headers={"accept": ARROW})
    assert unpacked(arrow)["probability"] == [json["results"][0]["probability"]]
