"""A real MLflow server of the tests' own, and commands that use it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import runs
import stores
import typed
from weekwise.paths import DataFolder

START_SECONDS = 240


@contextmanager
def running(
    data: Path, port: int, database: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A server whose artifacts are those of a data folder.

    Args:
        data: The data folder.
        port: Where it listens, on 127.0.0.1.
        database: The address of its database; by default that of the data folder.
    """
    folder = DataFolder(data)
    if database is None:
        database = f"sqlite:///{folder.mlflow_database}"
        if not folder.mlflow_database.exists():
            stores.make_empty(folder.mlflow_database)
    data.parent.mkdir(parents=True, exist_ok=True)
    with (data.parent / "server.log").open("ab") as log:
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        command += ["--backend-store-uri", database]
        command += ["--artifacts-destination", str(folder.mlflow_artifacts)]
        process = subprocess.Popen(
            command,
            env=stores.environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"),
            stdout=log,
            stderr=log,
            # Its worker is a process of its own, which must end with it.
            start_new_session=True,
        )
        try:
            wait_until_it_answers(port)
            yield process
        finally:
            end(process)


def wait_until_it_answers(port: int) -> None:
    """Wait for a server."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5)
            return
        time.sleep(0.2)
    raise TimeoutError("the MLflow server does not answer")


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a server and its worker, as far as they are there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def kedro(*words: str, data: Path, server: str) -> subprocess.Popen[str]:
    """A command as a process of its own: which MLflow is meant is read when it starts."""
    return subprocess.Popen(
        [sys.executable, "-m", "kedro", *words, "--env", "test"],
        cwd=runs.PROJECT,
        env=stores.environment(
            WEEKWISE_DATA_DIR=str(data.parent),
            MLFLOW_TRACKING_URI=server,
            # By default MLflow waits for minutes.
            MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
            PYTHONUNBUFFERED="1",
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def answer(command: subprocess.Popen[str], said: str = "") -> typed.Answer:
    """What it has left behind."""
    output, _ = command.communicate(timeout=300)
    return typed.Answer(command.returncode, said + output)


def interrupted_at(node: str, happening: Callable[[], Any], **command: Any) -> typed.Answer:
    """The answer of `kedro run`, to which something happens when its log comes to a node.

    Args:
        node: The node, with its pipeline.
        happening: What happens.
        **command: The data folder and the server.
    """
    run = kedro("run", f"--params=as_of={runs.WEEKS[0]}", **command)
    said = ""
    assert run.stdout is not None
    for line in run.stdout:
        said += line
        if node in line:
            break
    happening()
    return answer(run, said)


def differences(data: Path, whole: Path) -> list[str]:
    """What a first week with a server has left otherwise than one with a database of its own."""
    state, other = runs.end_state(data), runs.end_state(whole)
    names = [name for name in other if name.startswith(("table", runs.WEEKS[0]))]
    assert names
    return [name for name in names if state[name] != other[name]]
