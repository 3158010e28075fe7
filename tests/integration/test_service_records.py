"""What the real service keeps of the rows it has answered."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import duckdb
import httpx
import pandas as pd
import pytest

import model_stores
import service_process
import trains
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

        async def ask_one(client: httpx.AsyncClient, stops: int) -> float:
            body, headers = row | {"stops": stops}, {"x-request-id": f"r{stops}"}
            answer = await client.post("/predict", json=body, headers=headers)
            # The second worker may still be loading the model.
            while answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                await asyncio.sleep(0.2)
                answer = await client.post("/predict", json=body, headers=headers)
            probability: float = answer.json()["probability"]
            return probability

        async def ask() -> dict[str, float]:
            limits = httpx.Limits(max_connections=8)
            async with httpx.AsyncClient(base_url=running.url, limits=limits, timeout=30) as client:
                answers = await asyncio.gather(*(ask_one(client, n) for n in range(100)))
            return {f"r{n}": answer for n, answer in enumerate(answers)}

        answered = asyncio.run(ask())
        assert running.stop() in (0, -signal.SIGTERM)

    query = "SELECT request_id, stops, answered_probability, day FROM read_parquet($files)"
    with duckdb.connect() as connection:
        found = connection.execute(query, {"files": f"{log}/*/*.parquet"}).fetchall()
    assert {request: value for request, _, value, _ in found} == answered
    assert all(request == f"r{stops}" for request, stops, _, _ in found)
    assert len(found) == 100
    assert all(path.suffix == ".parquet" for path in log.glob("*/*"))


def test_shadow(store: Store, tmp_path: Path) -> None:
    """An older version predicts all live rows beside the champion, whose answers stay the same."""
    scores = tmp_path / "shadow"
    settings = {
        "MODEL_NAME": TRAINS,
        "SHADOW": "1",
        "SHADOW_SHARE": "1",
        "SHADOW_DIR": str(scores),
    }
    with service_process.running(store.uri, tmp_path, settings=settings) as running:
        row = running.example()
        rows = [row | {"rain": rain / 10} for rain in range(50)]
        with running.client() as client:
            _wait_for(client, 'weekwise_shadow_info{version="1"} 1.0')
            answer = client.post("/predict/batch", json={"rows": rows}).json()
            versions = 'shadow="1",version="2"'
            _wait_for(client, f"weekwise_shadow_difference_count{{{versions}}} 50.0")
        assert running.stop() in (0, -signal.SIGTERM)

    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT request_row, model_version, shadow_version, predicted, shadow_predicted "
            "FROM read_parquet($files) ORDER BY request_row",
            {"files": f"{scores}/*/*.parquet"},
        ).fetchall()
    champion, shadow = (trains.predictor(days) for days in (trains.DAYS, trains.DAYS - 10))
    frame = pd.DataFrame(rows).assign(departure=lambda all_: pd.to_datetime(all_["departure"]))
    expected = zip(champion.predict(frame).tolist(), shadow.predict(frame).tolist(), strict=True)
    assert found == [
        (place, "2", "1", pytest.approx(ours), pytest.approx(theirs))
        for place, (ours, theirs) in enumerate(expected)
    ]
    assert [each["probability"] for each in answer["results"]] == [each[3] for each in found]


def _wait_for(client: httpx.Client, line: str, seconds: float = 60) -> None:
    """Wait until the metrics have a line."""
    end = time.monotonic() + seconds
    while line not in (metrics := client.get("/metrics").text).splitlines():
        if time.monotonic() > end:
            raise TimeoutError(metrics)
        time.sleep(0.05)
