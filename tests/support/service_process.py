"""The real service as a process on a free port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import stores

PROJECT = Path(__file__).parents[2]
START_SECONDS = 180


@dataclass(frozen=True)
class Running:
    """A running service.

    Attributes:
        url: Where it answers, without a slash at the end.
        process: The process.
        log: The file of its log.
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
            # Of several workers one may still be loading the model.
            while (answer := client.get("/schema")).status_code == httpx.codes.SERVICE_UNAVAILABLE:
                time.sleep(0.1)
        row: dict[str, Any] = answer.json()["examples"][0]
        return row

    def stop(self, seconds: float = 120) -> int:
        """Send SIGTERM and wait; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def lines(self) -> list[dict[str, Any]]:
        """Its log, line by line."""
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
    port: int | None = None,
) -> Iterator[Running]:
    """The real service as a process on a port of this machine; ended at the end.

    Args:
        tracking_uri: MLflow's.
        folder: Where its log and its local copy go.
        settings: Its settings by name, such as `{"POLL_SECONDS": "0.2"}`.
        wait: Whether to wait until it can predict.
        port: The port; by default a free one.
    """
    variables = {"POLL_SECONDS": "0.2", "STATE_DIR": str(folder / "state"), **(settings or {})}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("WEEKWISE_")},
        "MLFLOW_TRACKING_URI": tracking_uri,
        **{f"WEEKWISE_API_{name}": value for name, value in variables.items()},
    }
    with _process(environment, folder, wait=wait, port=port) as service:
        yield service


@contextmanager
def of_environment(
    env: str, data_dir: Path, folder: Path, *, project: Path = PROJECT
) -> Iterator[Running]:
    """The service of an environment, which finds by itself what the environment's runs made.

    Args:
        env: Kedro's environment.
        data_dir: The folder with one data folder for each environment.
        folder: Where its log goes.
        project: The project it is started in.
    """
    environment = stores.environment(KEDRO_ENV=env, WEEKWISE_DATA_DIR=str(data_dir))
    with _process(environment, folder, wait=True, project=project) as service:
        yield service


@contextmanager
def _process(
    environment: dict[str, str],
    folder: Path,
    *,
    wait: bool,
    project: Path = PROJECT,
    port: int | None = None,
) -> Iterator[Running]:
    folder.mkdir(parents=True, exist_ok=True)
    port, log = port or free_port(), folder / "service.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "--port", str(port)],
            cwd=project,
            env=environment,
            stderr=stream,
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
