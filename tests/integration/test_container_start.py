"""`kedro weekly up`: the weekly run as a container has it, on a real Prefect server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import flows
import runs
import stores
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

DEPLOYMENT = "deployments/name/Weekly%20Run/weekly-test"


@pytest.fixture
def stopped_server(tmp_path: Path) -> Iterator[flows.Server]:
    """A Prefect server that has not been started yet."""
    server = flows.Server(tmp_path / "prefect")
    yield server
    server.kill()


@contextmanager
def up(server: flows.Server, data: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`kedro weekly up`, with its log in a file; killed with its runs at the latest."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "kedro", "weekly", "up", "--env", "test"],
            cwd=runs.PROJECT,
            env=stores.environment(
                **server.environment, WEEKWISE_DATA_DIR=str(data.parent), COLUMNS="400"
            ),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its runs at once, as the end of a container does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def started_runs(server: flows.Server) -> list[dict[str, Any]]:
    """The deployment's runs that have started."""
    deployment = server.ask(DEPLOYMENT, method="GET")
    if deployment is None:
        return []
    flow_runs = server.flow_runs(deployment_id={"any_": [deployment["id"]]})
    return [run for run in flow_runs if run["start_time"]]


def test_from_nothing_to_a_champion(stopped_server: flows.Server, tmp_path: Path) -> None:
    """It waits for its services, runs a first week, resumes it when killed, and then serves."""
    data, log = tmp_path / "test", tmp_path / "log"
    with up(stopped_server, data, log) as process:
        flows.wait_until(lambda: "waiting for Prefect" in log.read_text("utf-8"))
        stopped_server.start()
        first = flows.wait_until(lambda: started_runs(stopped_server))[0]
        flows.wait_until(lambda: stopped_server.subflows(first["id"]))
        kill(process)
    assert started_runs(stopped_server)[0]["state_type"] == "RUNNING"

    with up(stopped_server, data, log) as process:
        flows.wait_until(lambda: started_runs(stopped_server)[0]["state_type"] == "COMPLETED")
        assert "was interrupted" in log.read_text("utf-8")
        assert [str(week) for week in DataFolder(data).weeks()] == [runs.WEEKS[0]]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    assert [run["id"] for run in started_runs(stopped_server)] == [first["id"]]


def test_sigterm_ends_the_wait_for_services(stopped_server: flows.Server, tmp_path: Path) -> None:
    """SIGTERM ends the wait for a service at once, with status 0."""
    log = tmp_path / "log"
    with up(stopped_server, tmp_path / "test", log) as process:
        flows.wait_until(lambda: "waiting for Prefect" in log.read_text("utf-8"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_a_second_one_is_refused(stopped_server: flows.Server, tmp_path: Path) -> None:
    """Whoever comes second says who serves already, even while that one still waits."""
    data, log = tmp_path / "test", tmp_path / "log"
    with up(stopped_server, data, log) as process:
        flows.wait_until(lambda: "waiting for Prefect" in log.read_text("utf-8"))
        second = tmp_path / "second"
        with up(stopped_server, data, second) as other:
            assert other.wait(timeout=60) == 1
        assert process.poll() is None
    said = " ".join(second.read_text("utf-8").split())
    assert f"are served already (process {process.pid}, since" in said
    assert "Traceback" not in said
