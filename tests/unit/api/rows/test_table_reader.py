"""Arrow and Parquet: the same rows refused, and the same numbers, as in JSON."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from json import loads
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.rows.table_body import ARROW, PARQUET
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
        ("rain", pa.array([Decimal("1.25")]), True),
        ("stops", pa.array([Decimal("4.00")]), True),
        ("stops", pa.array([Decimal("4.50")]), False),
        ("stops", pa.array([2**63], pa.uint64()), False),
        ("line", pa.array(["red"], pa.string_view()), True),
        ("line", pa.array(["red"], pa.string_view()).dictionary_encode(), True),
        ("express", pa.array([None], pa.bool_()), True),
        ("express", pa.array([1]), False),
        ("departure", pa.array(["2013-01-07T20:35:00"]), True),
        ("departure", pa.array([datetime(2013, 1, 7, 20, 35, tzinfo=UTC)]), True),
        ("departure", pa.array([date(2013, 1, 7)]), True),
        ("departure", pa.array(["tomorrow"]), False),
        ("departure", pa.array([2**62]).cast(pa.timestamp("s")), False),
        ("departure", pa.array([2**62]).cast(pa.timestamp("ms")), False),
        ("departure", pa.array([2**62]).cast(pa.timestamp("us", "UTC")), False),
        ("departure", pa.array([-(2**62)]).cast(pa.timestamp("us")), False),
        # Times a million, 64 bits of microseconds begin anew near today.
        ("departure", pa.array([2**64 // 10**6 + 1_357_590_900]).cast(pa.timestamp("s")), False),
        ("departure", pa.array([2**31 - 1], pa.int32()).cast(pa.date32()), False),
        ("departure", pa.array([2**62]).cast(pa.timestamp("us", "No/Where")), False),
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


TOLD = pa.ipc.IpcWriteOptions(compression="zstd")


def zipped(table: pa.Table, options: pa.ipc.IpcWriteOptions = TOLD) -> bytes:
    """A table as an Arrow stream whose buffers are compressed."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
        stream.write_table(table)
    return sink.getvalue()


def with_lines(lines: pa.Array) -> pa.Table:
    """A table of trains with some lines."""
    table = table_of([train()] * len(lines))
    return table.set_column(table.column_names.index("line"), "line", lines)


def repeated(text: pa.Array) -> pa.Array:
    """A text that stands once, and is meant nine times."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * 9, pa.int8()), text)


LONG = "x" * 20_000


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (lambda: zipped(with_lines(pa.array([LONG] * 9))), ARROW),
        (lambda: zipped(with_lines(repeated(pa.array([LONG] * 9)))), ARROW),
        (lambda: packed(with_lines(repeated(pa.array([LONG])))), ARROW),
        (lambda: packed(with_lines(repeated(pa.array([LONG], pa.large_string())))), ARROW),
        (lambda: packed(with_lines(repeated(pa.array([LONG], pa.string_view())))), ARROW),
        (lambda: packed(with_lines(pa.array([LONG] * 9)), PARQUET), PARQUET),
        (lambda: packed(with_lines(pa.array([f"{n}{LONG}" for n in range(9)])), PARQUET), PARQUET),
    ],
)
def test_becomes_too_large(content: Callable[[], bytes], kind: str) -> None:
    """A small body that becomes a large table is refused, however it does that."""
    body = content()
    client = trains_client(max_body_bytes=100_000)
    answer = client.post("/predict/batch", content=body, headers={"content-type": kind})

    assert len(body) < 100_000
    assert (answer.status_code, problem_kind(answer)) == (413, "too-large")


@pytest.mark.parametrize("name", ["zstd", "lz4"])
def test_compressed(name: str) -> None:
    """Arrow's own compression is read."""
    body = zipped(table_of([train()] * 9), pa.ipc.IpcWriteOptions(compression=name))
    client = trains_client()
    answer = client.post("/predict/batch", content=body, headers={"content-type": ARROW})

    assert unpacked(answer)["errors"] == [None] * 9


@pytest.mark.parametrize(
    "array",
    [
        pa.array([[1.0]]),
        pa.array([{"a": 1.0}]),
        pa.RunEndEncodedArray.from_arrays([1], ["red"]),
        pa.array([b"red"], pa.binary(3)),
    ],
)
def test_no_single_values(array: pa.Array) -> None:
    """A column of lists, of structs, or of what becomes larger than it is, refuses the table."""
    body = packed(with_lines(array))
    answer = trains_client().post("/predict/batch", content=body, headers={"content-type": ARROW})

    assert (answer.status_code, problem_kind(answer)) == (422, "malformed")
    assert "'line'" in answer.json()["detail"]


def broken(offsets: list[int], text: bytes = b"redred") -> pa.Array:
    """Text by places in a buffer, which may be wrong."""
    places = pa.py_buffer(np.array(offsets, dtype=np.int32).tobytes())
    return pa.Array.from_buffers(pa.string(), 2, [None, places, pa.py_buffer(text)])


@pytest.mark.parametrize(
    "array",
    [
        broken([0, 3, 6], b"\xff\xfe\xfdred"),
        broken([0, -(10**8), 6]),
        pa.DictionaryArray.from_arrays(pa.array([0, 10**6]), pa.array(["red"]), safe=False),
    ],
)
def test_broken_buffers(array: pa.Array) -> None:
    """Text that is none, and places outside of a buffer, are a problem and no defect."""
    table = with_lines(array)
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    answer = trains_client().post(
        "/predict/batch", content=sink.getvalue(), headers={"content-type": ARROW}
    )

    assert (answer.status_code, problem_kind(answer)) == (422, "malformed")


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
