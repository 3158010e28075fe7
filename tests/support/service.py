"""The service for tests: small registries, and the real process on a free port."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import mlflow
import numpy as np
import pandas as pd
import parcels
import stores
import trains
from fastapi import FastAPI
from mlflow import MlflowClient

from api.http.middleware import Gate
from api.main import create_app
from api.rows.reader import RowReader
from api.serving.loaded_model import Served
from api.serving.service import Service
from api.settings import Settings
from weekwise.contract.model import Contract
from weekwise.contract.types import ColumnType
from weekwise.model.fitting import fit
from weekwise.model.predictor import Predictor
from weekwise.model.registry import Registry
from weekwise.model.release import Release
from weekwise.model.verdict import Decision, Verdict

PROJECT = Path(__file__).parents[2]
TRAINS, PARCELS = "late_trains", "late_parcels"
START_SECONDS = 180


@dataclass(frozen=True)
class Store:
    """An MLflow store in a folder.

    Attributes:
        folder: Where it lies: `mlflow.db` and `artifacts/`.
    """

    folder: Path

    @property
    def uri(self) -> str:
        """Its tracking URI."""
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Let MLflow use this store, and then the one before."""
        with stores.in_use(self.uri):
            yield

    def register(
        self, name: str, predictor: Predictor, example: pd.DataFrame, fingerprint: str
    ) -> str:
        """Register a predictor, and give its version."""
        with self.in_use():
            experiment = mlflow.get_experiment_by_name("test")
            number = (
                mlflow.create_experiment("test", artifact_location=str(self.folder / "artifacts"))
                if experiment is None
                else experiment.experiment_id
            )
            with mlflow.start_run(experiment_id=number):
                mlflow.log_metric("holdout.challenger.log_loss", 0.4)
                return Registry(name).register(predictor, fingerprint=fingerprint, example=example)

    def judge(self, name: str, version: str, week: int, champion: str | None) -> None:
        """Let the promotion gate make a version champion in the n-th week."""
        verdict = Verdict(
            as_of=trains.train_end() + timedelta(weeks=week),
            decision=Decision.FIRST if champion is None else Decision.PROMOTED,
            reasons=("It is better.",),
            challenger_version=version,
            champion_version=champion,
        )
        with self.in_use():
            Registry(name).apply(verdict)

    def promote(self, name: str, version: str) -> None:
        """Promote a version by hand."""
        with self.in_use():
            Registry(name).promote(version, why="a test asks for it", who="test")

    def rollback(self, name: str) -> str | None:
        """Go back to the champion before, and give its version."""
        with self.in_use():
            return Registry(name).rollback(why="a test asks for it", who="test").version

    @property
    def client(self) -> MlflowClient:
        """MLflow's own client of this store."""
        return MlflowClient(self.uri)

    def files_of(self, name: str, version: str) -> Path:
        """The folder of a version's files."""
        source = self.client.get_model_version(name, version).source
        (found,) = self.folder.rglob(str(source).removeprefix("models:/"))
        return found / "artifacts"

    def copy_to(self, folder: Path) -> Store:
        """The same store elsewhere, with its files, so that a test may break it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        from sqlite3 import connect

        with connect(folder / "mlflow.db") as database:
            for table, column in _LOCATIONS:
                database.execute(
                    f"UPDATE {table} SET {column} = replace({column}, ?, ?)",
                    (str(self.folder), str(folder)),
                )
        database.close()
        return Store(folder)


_LOCATIONS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow's database holds paths."""


def empty_store(folder: Path) -> Store:
    """A store with nothing in it; making its tables takes seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder)
    store.client.search_experiments()
    return store


def trains_store(store: Store) -> Store:
    """The same store with two versions of a model of trains, the second one champion."""
    champion = None
    for week, days in enumerate((trains.DAYS - 10, trains.DAYS)):
        example = trains.trains(2)
        version = store.register(TRAINS, trains.predictor(days), example, f"{days} days")
        store.judge(TRAINS, version, week, champion)
        champion = version
    return store


def parcels_store(store: Store) -> Store:
    """The same store with a model of another table: dates, not times; flags; open categories."""
    predictor, rows = parcels_predictor()
    version = store.register(PARCELS, predictor, rows, "parcels")
    store.judge(PARCELS, version, 0, None)
    return store


def parcels_contract() -> Contract:
    """Parcels, their carrier known at prediction, everything else as in the contract's tests."""
    return parcels.contract()


@cache
def parcels_predictor() -> tuple[Predictor, pd.DataFrame]:
    """A predictor of late parcels, and the rows it was fitted on."""
    rng, size = np.random.default_rng(0), 800
    rows = pd.DataFrame(
        {
            "day": pd.to_datetime("2020-01-01") + pd.to_timedelta(np.arange(size) // 20, unit="D"),
            "depot": rng.choice(["N", "S"], size),
            "number": np.arange(1, size + 1),
            "weight": rng.uniform(0, 100, size).round(2),
            "pieces": pd.array(rng.integers(1, 9, size), dtype="Int64"),
            "carrier": rng.choice(["bike", "van"], size),
            "fragile": pd.array(rng.random(size) < 0.5, dtype="boolean"),
        }
    )
    rows.loc[rng.random(size) < 0.1, ["weight", "fragile"]] = None
    heavy = rows["weight"].fillna(50) / 25 * (rows["carrier"] == "bike")
    rows["late"] = rng.random(size) < 1 / (1 + np.exp(2 - heavy))
    contract = parcels_contract()
    predictor = fit(rows, contract, contract.features, trains.PARAMS, as_of=date(2020, 3, 1))
    return predictor, rows


@dataclass(frozen=True)
class Running:
    """A running service.

    Attributes:
        url: Where it answers, without a slash at the end.
        process: The process.
        log: What it says.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def client(self) -> httpx.Client:
        """A client whose paths begin at the service."""
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def wait_ready(self, seconds: float = START_SECONDS) -> float:
        """Wait until it can predict; the seconds that took."""
        return self._wait("/health/ready", seconds)

    def wait_live(self, seconds: float = START_SECONDS) -> float:
        """Wait until it answers at all; the seconds that took."""
        return self._wait("/health/live", seconds)

    def wait_version(self, version: str, seconds: float = 120) -> None:
        """Wait until a version is in service."""
        end = time.monotonic() + seconds
        with self.client() as client:
            while client.get("/health/ready").headers.get("x-model-version") != version:
                if time.monotonic() > end:
                    raise TimeoutError(f"version {version} did not come: {self.log.read_text()}")
                time.sleep(0.05)

    def example(self) -> dict[str, Any]:
        """A row that the model predicts."""
        with self.client() as client:
            row: dict[str, Any] = client.get("/schema").json()["examples"][0]
            return row

    def stop(self, seconds: float = 120) -> int:
        """Send SIGTERM and wait; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def lines(self) -> list[dict[str, Any]]:
        """What it has said, line by line."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def _wait(self, path: str, seconds: float) -> float:
        start = time.monotonic()
        with self.client() as client:
            while time.monotonic() - start < seconds:
                if self.process.poll() is not None:
                    raise RuntimeError(f"the service ended: {self.log.read_text()}")
                try:
                    if client.get(path).status_code == httpx.codes.OK:
                        return time.monotonic() - start
                except httpx.TransportError:
                    pass
                time.sleep(0.05)
        raise TimeoutError(f"{path} was not reached: {self.log.read_text()}")


@contextmanager
def running(
    tracking_uri: str,
    folder: Path,
    *,
    settings: Mapping[str, str] | None = None,
    wait: bool = True,
) -> Iterator[Running]:
    """The real service as a process on a free port of this machine; ended in the end.

    Args:
        tracking_uri: MLflow's.
        folder: Where its log and its local copy go.
        settings: Its settings by name, such as `{"POLL_SECONDS": "0.2"}`.
        wait: Whether to wait until it can predict.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    given = {"POLL_SECONDS": "0.2", "STATE_DIR": str(folder / "state"), **(settings or {})}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WEEKWISE_")},
        "MLFLOW_TRACKING_URI": tracking_uri,
        **{f"WEEKWISE_API_{name}": value for name, value in given.items()},
        "WEEKWISE_API_PORT": str(port),
    }
    log = folder / "service.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "api"], cwd=PROJECT, env=environment, stderr=stream
        )
        try:
            service = Running(f"http://127.0.0.1:{port}", process, log)
            if wait:
                service.wait_ready()
            yield service
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def served(predictor: Predictor, rows: pd.DataFrame, version: str = "1") -> Served:
    """A model ready to answer, without a registry.

    Args:
        predictor: The model.
        rows: Raw rows of its contract, the first of which become the examples.
        version: What it calls itself.
    """
    release = Release(name="tested", version=version, alias="champion", source=f"test:{version}")
    contract = predictor.contract
    examples = [plain_row(contract, row) for row in rows.head(3).to_dict("records")]
    return Served(
        release=release,
        predictor=predictor,
        reader=RowReader(contract),
        examples=examples,
        source="registry",
        loaded_at=datetime.now(UTC),
    )


def plain_row(contract: Contract, row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of a frame as a client would send it, null where there is no value."""
    return {name: _plain(contract.columns[name].type, row[name]) for name in contract.inputs}


def _plain(kind: ColumnType, value: Any) -> Any:
    if value is None or pd.isna(value):
        return None
    return _JSON.get(kind, str)(value)


_JSON: Mapping[ColumnType, Callable[[Any], Any]] = {
    ColumnType.DATE: lambda value: f"{value:%Y-%m-%d}",
    ColumnType.DATETIME: lambda value: value.isoformat(),
    ColumnType.INTEGER: int,
    ColumnType.NUMBER: float,
    ColumnType.BOOLEAN: bool,
}


def served_trains(version: str = "1") -> Served:
    """The model of trains, ready to answer."""
    return served(trains.predictor(), trains.trains(2), version)


def served_parcels() -> Served:
    """The model of another table, ready to answer."""
    return served(*parcels_predictor())


def app(one: Served | None, **settings: Any) -> tuple[Gate, Service]:
    """The application in this process, with a model in service and nothing that watches.

    Args:
        one: The model; none for a service that has none yet.
        **settings: Its settings.
    """
    gate = create_app(Settings(access_log=False, **settings))
    assert isinstance(gate, Gate)
    assert isinstance(gate.app, FastAPI)
    service: Service = gate.app.state.service
    if one is not None:
        service.store.put(one)
    return gate, service


class Client:
    """A client of an application in this process, without a socket."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def get(self, path: str, **options: Any) -> httpx.Response:
        """A GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """A POST."""
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request."""
        return asyncio.run(self._request(method, path, **options))

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._gate, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as asked:
            return await asked.request(method, path, **options)
