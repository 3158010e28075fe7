"""The real service process on real registries: reload, outages, broken models, shutdown."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

import model_stores
import service_process
from asking import Asking
from model_stores import PARCELS, TRAINS, Store
from service_process import Running

pytestmark = pytest.mark.slow
SWAPS = 20


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store with two versions, made once; tests take copies of it."""
    return model_stores.trains_store(
        model_stores.empty_store(tmp_path_factory.mktemp("registries"))
    )


@pytest.fixture
def store(registries: Store, tmp_path: Path) -> Store:
    """A store with two versions that a test may change."""
    return registries.copy_to(tmp_path / "store")


def problem_of(running: Running, seconds: float = 120) -> str:
    """What the service says is wrong, once it says so."""
    end = time.monotonic() + seconds
    with running.client() as client:
        while time.monotonic() < end:
            problem = client.get("/model").json()["problem"]
            if problem is not None:
                return str(problem)
            time.sleep(0.05)
    raise TimeoutError(running.log.read_text())


def predicts(running: Running, version: str) -> None:
    """Make sure that a version answers."""
    with running.client() as client:
        answer = client.post("/predict", json=running.example())
    assert (answer.status_code, answer.json()["model_version"]) == (200, version)


def test_a_working_life(store: Store, tmp_path: Path) -> None:
    """Twenty promotions and rollbacks under load reach the service, and no request fails.

    Its log holds neither values nor queries, and SIGTERM lets the last request end.
    """
    with service_process.running(
        store.uri, tmp_path / "run", settings={"POLL_SECONDS": "0.1"}
    ) as running:
        asking = Asking(running.url, running.example())
        with asking.under_way():
            for swap in range(SWAPS):
                if swap % 2:
                    store.promote(TRAINS, "2")
                else:
                    assert store.rollback(TRAINS) == "1"
                running.wait_version("2" if swap % 2 else "1")

        assert asking.failures == []
        changes = [version for version, _ in itertools.groupby(asking.versions)]
        assert len(changes) >= SWAPS / 2
        with running.client() as client:
            text = client.get("/metrics").text
            assert client.get("/model").json()["why"] == "a test asks for it"
            client.post("/predict?q=hidden-word", json=asking.row, headers={"X-Request-ID": "mine"})
            client.post("/predict", json=asking.row | {"line": "secret-gray"})
        assert f'weekwise_model_reloads_total{{outcome="swapped"}} {SWAPS + 1:.1f}' in text

        assert b'"model_version":"2"' in _answer_after_sigterm(running, asking.row)
        assert running.process.wait(20) in (0, -signal.SIGTERM)

    (line,) = [line for line in running.lines() if line.get("request_id") == "mine"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/predict", 200)
    assert "hidden-word" not in running.log.read_text()
    assert "secret" not in running.log.read_text()


def _answer_after_sigterm(running: Running, row: dict[str, Any]) -> bytes:
    """The answer to a request of which a part was sent before SIGTERM, and the rest after it."""
    body = json.dumps(row).encode()
    port = int(running.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        head = (
            "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[:10])
        time.sleep(0.3)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.process.poll() is None
        connection.sendall(body[10:])
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_everything_that_breaks(store: Store, tmp_path: Path) -> None:
    """Alias gone, version deleted, files damaged, store gone: the old one goes on and says why."""
    with service_process.running(store.uri, tmp_path / "run") as running:
        predicts(running, "2")

        store.client.delete_registered_model_alias(TRAINS, "champion")
        assert "No version of late_trains has the alias champion" in problem_of(running)
        predicts(running, "2")

        (damaged,) = store.files_of(TRAINS, "1").rglob("model.cbm")
        content = damaged.read_bytes()
        damaged.write_bytes(content[: len(content) // 2])
        store.client.set_registered_model_alias(TRAINS, "champion", "1")
        _until(lambda: "Version 1 of late_trains cannot be served" in problem_of(running))
        predicts(running, "2")
        with running.client() as client:
            assert str(tmp_path) not in client.get("/model").text
        damaged.write_bytes(content)
        running.wait_version("1")

        store.client.set_registered_model_alias(TRAINS, "champion", "2")
        running.wait_version("2")
        store.client.delete_model_version(TRAINS, "2")
        problem_of(running)
        predicts(running, "2")

        (store.folder / "mlflow.db").write_bytes(b"no database any more" * 1000)
        _until(lambda: "MLflow cannot be read" in problem_of(running))
        predicts(running, "2")
        with running.client() as client:
            assert client.get("/reports").json()["type"].endswith("registry-unreachable")
            assert client.get("/model").json()["registry"] == "unreachable"

    with service_process.running(store.uri, tmp_path / "run") as again:
        predicts(again, "2")
        with again.client() as client:
            assert client.get("/model").json()["source"] == "local copy"


def test_no_model_then_the_first_then_another(tmp_path: Path) -> None:
    """A service that starts before the first model comes alive by itself; two ask for a name.

    In between the contract loses a column, and a rollback brings the older contract's model back.
    """
    store = model_stores.empty_store(tmp_path / "store")
    with service_process.running(store.uri, tmp_path / "run", wait=False) as running:
        running.wait_live()
        with running.client() as client:
            _until(lambda: "make run" in client.get("/health/ready").json()["detail"])
            assert client.post("/predict", json={}).status_code == httpx.codes.SERVICE_UNAVAILABLE
        model_stores.parcels_store(store)
        running.wait_ready()
        whole = {"day", "weight", "pieces", "carrier", "fragile"}
        assert set(running.example()) == whole

        model_stores.parcels_of_another_contract(store)
        running.wait_version("2")
        assert set(running.example()) == whole - {"fragile"}
        predicts(running, "2")
        store.rollback(PARCELS)
        running.wait_version("1")
        assert set(running.example()) == whole
        predicts(running, "1")

        store.client.create_registered_model("another")
        assert "WEEKWISE_API_MODEL_NAME" in problem_of(running)
        predicts(running, "1")


def test_a_server_that_dies(store: Store, tmp_path: Path) -> None:
    """A rollback on an MLflow server reaches the service, which goes on when it is killed."""
    with _mlflow_server(store) as server:
        settings = {"MODEL_NAME": TRAINS}
        with service_process.running(server.url, tmp_path / "run", settings=settings) as running:
            predicts(running, "2")
            store.rollback(TRAINS)
            running.wait_version("1")

            os.killpg(server.process.pid, signal.SIGKILL)
            assert "MLflow cannot be read" in problem_of(running, 30)
            predicts(running, "1")


def test_workers(store: Store, tmp_path: Path) -> None:
    """Several workers answer on one port, add their figures up, and all follow the alias."""
    with service_process.running(store.uri, tmp_path / "run", settings={"WORKERS": "2"}) as running:

        def asked() -> httpx.Response:
            with running.client() as client:
                return client.post("/predict", json=row)

        def info(version: str) -> bool:
            with running.client() as client:
                text = client.get("/metrics").text
            return any(
                line.startswith("weekwise_model_info") and f'"{version}"' in line and " 2.0" in line
                for line in text.splitlines()
            )

        _until(lambda: info("2"))
        row = running.example()
        assert {asked().status_code for _ in range(20)} == {200}
        with running.client() as client:
            text = client.get("/metrics").text
        assert 'weekwise_prediction_probability_count{version="2"} 20.0' in text

        store.rollback(TRAINS)
        _until(lambda: info("1"))
        assert {asked().json()["model_version"] for _ in range(20)} == {"1"}
        assert running.stop() in (0, -signal.SIGTERM)


def test_lean(store: Store, tmp_path: Path) -> None:
    """The service starts and answers where Kedro, Prefect and Great Expectations cannot be had."""
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": store.uri,
        "WEEKWISE_API_STATE_DIR": str(tmp_path / "state"),
    }
    done = subprocess.run(
        [sys.executable, "-c", _LEAN],
        cwd=service_process.PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["200", "200", "200"]


_LEAN = """
import asyncio, sys
BLOCKED = ("kedro", "kedro_mlflow", "prefect", "great_expectations", "ibis", "duckdb", "plotly")
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocker())
import httpx
from api.main import asgi_app
from api.serving.service import Service
from api.settings import Settings
service = Service(Settings())
app = asgi_app(service)
async def main():
    async with service.running(), httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
    ) as client:
        while service.model_in_service.current is None:
            await asyncio.sleep(0.1)
        row = (await client.get("/schema")).json()["examples"][0]
        for path, body in ("predict", row), ("explain", row), ("predict/batch", {"rows": [row]}):
            print((await client.post(path, json=body)).status_code)
asyncio.run(main())
"""


def _until(true: Any, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)


@contextmanager
def _mlflow_server(store: Store) -> Iterator[Running]:
    """An MLflow server on a store, on a free port of this machine."""
    port = service_process.free_port()
    log = store.folder / "server.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
                *("--port", str(port), "--workers", "1", "--backend-store-uri", store.uri),
                *("--artifacts-destination", str(store.folder / "artifacts")),
            ],
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
        server = Running(f"http://127.0.0.1:{port}", process, log)
        try:
            _until(lambda: _answers(f"{server.url}/health"), 60)
            yield server
        finally:
            # The server keeps its worker in a process of its own.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
