"""The request log: rows and answers as tables by day, off the path of answers."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.rows.table_body import ARROW
from api.serving.loaded_model import LoadedModel
from loaded_models import (
    loaded_delays,
    loaded_faults,
    loaded_model,
    loaded_parcels,
    loaded_trains,
    parcels_predictor,
)
from parcels import contract
from service_client import application, recording
from trains import PARAMS
from weekwise.contract.column import Column, Serving
from weekwise.model.fitting import fit
from weekwise.scoring.score_rows import score_rows

Ask = Callable[[httpx.AsyncClient], Any]


def logged(model: LoadedModel, folder: Path, ask: Ask, **settings: Any) -> str:
    """Ask a service that keeps a request log, then stop it; its metrics after that."""
    app, service = application(model, request_log=True, request_log_dir=folder, **settings)

    async def run() -> None:
        async with recording(service):
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                await ask(client)

    asyncio.run(run())
    return bytes(service.metrics.response().body).decode()


def table_of(folder: Path) -> pd.DataFrame:
    """All rows of a log, in the order of their requests."""
    files = sorted(folder.glob("day=*/*.parquet"))
    table = pa.concat_tables([pq.ParquetFile(path).read() for path in files])
    return table.to_pandas().sort_values(["request_id", "request_row"], ignore_index=True)


@pytest.mark.parametrize("model", [loaded_trains, loaded_delays, loaded_faults, loaded_parcels])
def test_rows_and_answers(model: Callable[[], LoadedModel], tmp_path: Path) -> None:
    """Every predicted row is kept with its answer, and can be predicted again from the log."""
    loaded = model()
    first, second, *_ = map(dict, loaded.examples)

    async def ask(client: httpx.AsyncClient) -> None:
        batch = {"rows": [second, {"nothing": 1}, first]}
        await client.post("/predict", json=first, headers={"x-request-id": "a"})
        await client.post("/predict/batch", json=batch, headers={"x-request-id": "b"})
        await client.post("/predict", json={"nothing": 1}, headers={"x-request-id": "c"})

    metrics = logged(loaded, tmp_path, ask)

    table = table_of(tmp_path)
    assert table[["request_id", "request_row"]].to_numpy().tolist() == [
        ["a", 0],
        ["b", 0],
        ["b", 2],
    ]
    assert set(table["answered_version"]) == {loaded.version}
    replayed = loaded.output_columns(loaded.predictor.predict(table).tolist())
    for name, values in replayed.items():
        assert table[f"answered_{name}"].tolist() == pytest.approx(values.tolist()), name
    assert 'weekwise_recorded_rows_total{outcome="written",record="requests"} 3.0' in metrics


def test_foreign_rows_are_kept(tmp_path: Path) -> None:
    """Rows that come through the doors of other servers, or as tables, are kept as well."""
    loaded = loaded_parcels()
    row = dict(loaded.examples[0])
    table = pa.Table.from_pylist([row])
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)

    async def ask(client: httpx.AsyncClient) -> None:
        await client.post("/invocations", json={"dataframe_records": [row, row]})
        await client.post(
            "/predict/batch", content=sink.getvalue(), headers={"content-type": ARROW}
        )

    logged(loaded, tmp_path, ask)

    assert len(table_of(tmp_path)) == 3


def test_types_are_the_contracts_own(tmp_path: Path) -> None:
    """A value has one type, whichever way it came."""
    loaded = loaded_parcels()
    row = dict(loaded.examples[0])

    async def ask(client: httpx.AsyncClient) -> None:
        await client.post("/predict", json=row)
        await client.post("/predict/batch", json={"rows": [row, row | {"fragile": None}]})

    logged(loaded, tmp_path, ask)

    schemas = {
        str(pq.read_schema(path).remove_metadata()) for path in tmp_path.glob("day=*/*.parquet")
    }
    assert len(schemas) == 1
    (schema,) = schemas
    for column in ("day: date32[day]", "pieces: int64", "fragile: bool", "carrier: string"):
        assert column in schema


def test_the_contract_keeps_a_column_out(tmp_path: Path) -> None:
    """A column that the contract does not log is in no file."""
    _, rows = parcels_predictor()
    hidden = contract({"carrier": {"serving": {"unseen": "accept", "logged": False}}})
    predictor = fit(rows, hidden, hidden.features, PARAMS, as_of=date(2020, 3, 1))
    loaded = loaded_model(predictor, rows)
    row = dict(loaded.examples[0]) | {"carrier": "a secret carrier"}

    async def ask(client: httpx.AsyncClient) -> None:
        await client.post("/predict", json=row)
        await client.post("/predict/batch", json={"rows": [row]})

    logged(loaded, tmp_path, ask)

    table = table_of(tmp_path)
    assert "carrier" not in table
    assert len(table) == 2
    assert all(b"secret" not in path.read_bytes() for path in tmp_path.glob("*/*"))


def test_unset_redaction_leaves_the_contract_as_it_was() -> None:
    """What a contract does not say is not in its JSON, so that its hash stays."""
    assert "logged" not in contract().model_dump_json()
    hidden = Serving(logged=False)
    assert Serving.model_validate_json(hidden.model_dump_json()) == hidden
    column = Column.model_validate({"type": "number", "role": "feature", "title": "A"})
    assert column.serving.logged


def test_replayed(tmp_path: Path) -> None:
    """The log as it is can be predicted by another version, which leaves what was answered."""
    loaded = loaded_parcels()

    async def ask(client: httpx.AsyncClient) -> None:
        await client.post("/predict/batch", json={"rows": list(map(dict, loaded.examples))})

    logged(loaded, tmp_path / "requests", ask)
    with duckdb.connect() as connection:
        rows = connection.read_parquet(f"{tmp_path}/requests/*/*.parquet")
        output, refused = tmp_path / "replayed.parquet", tmp_path / "refused.parquet"
        done = score_rows(rows, loaded.predictor, "8", output, refused)

    replayed = pd.read_parquet(output)
    assert (done.rows, done.refused, done.absent) == (3, 0, ())
    assert replayed["probability"].tolist() == replayed["answered_probability"].tolist()
    assert (set(replayed["model_version"]), set(replayed["answered_version"])) == ({"8"}, {"1"})


def test_off_unless_asked_for(tmp_path: Path) -> None:
    """Nothing is kept by default."""
    _, service = application(loaded_trains(), request_log_dir=tmp_path)

    assert service.recorders == []
    assert list(tmp_path.iterdir()) == []
