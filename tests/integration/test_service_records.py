"""What the real service keeps of the rows it has answered."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import duckdb
import httpx
import pytest

import model_stores
import service_process
from model_stores import TRAINS, Store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with two versions."""
    return model_stores.trains_store(model_stores.empty_store(tmp_path_factory.mktemp("records")))


def test_request_log(store: Store, tmp_path: Path) -> None:
    """With two workers, every answer before SIGTERM is in the log, and DuckDB reads it."""
    log = tmp_path / "requests"
    settings = {
        "MODEL_NAME": TRAINS,
        "WORKERS": "2",
        "REQUEST_LOG": "true",
        "REQUEST_LOG_DIR": str(log),
    }
    with service_process.running(store.uri, tmp_path, settings=settings) as running:
        row = running.example()

        async def ask() -> dict[str, float]:
            limits = httpx.Limits(max_connections=8)
            async with httpx.AsyncClient(base_url=running.url, limits=limits, timeout=30) as client:
                answers = await asyncio.gather(
                    *(
                        client.post(
                            "/predict", json=row | {"stops": n}, headers={"x-request-id": f"r{n}"}
                        )
                        for n in range(100)
                    )
                )
            return {f"r{n}": each.json()["probability"] for n, each in enumerate(answers)}

        answered = asyncio.run(ask())
        assert running.stop() in (0, -signal.SIGTERM)

    query = "SELECT request_id, stops, probability, day FROM read_parquet($files)"
    found = duckdb.execute(query, {"files": f"{log}/*/*.parquet"}).fetchall()
    assert {request: value for request, _, value, _ in found} == answered
    assert all(request == f"r{stops}" for request, stops, _, _ in found)
    assert len(found) == 100
    assert all(path.suffix == ".parquet" for path in log.glob("*/*"))
