"""A server that is not there, or goes while a week runs: one sentence, and the week goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import runs
import service_process
import stores
import typed
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

START_SECONDS = 120
STAGES = {
    "wrangling": "data_wrangling.clean_flights",
    "exploration": "exploratory_data_analysis.measure_drift",
    "training": "model_training.refit_challenger",
    "prediction": "data_prediction.predict_upcoming",
    "monitoring": "model_monitoring.log_week",
}
"""A node of each."""


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


@pytest.mark.parametrize("words", [("model", "list"), ("run",)], ids=lambda words: words[0])
def test_an_mlflow_server_that_is_not_there(words: tuple[str, ...], tmp_path: Path) -> None:
    """It is named, with what to do, before anything is made."""
    server = f"http://127.0.0.1:{service_process.free_port()}"

    told = answer(kedro(*words, data=tmp_path / "test", server=server))

    assert told.is_plain, told.said
    assert told.error == (
        f"the MLflow server {server} does not answer; start it, or fix MLFLOW_TRACKING_URI, and "
        "run again"
    )
    assert not DataFolder(tmp_path / "test").store.exists()


@contextmanager
def mlflow_server(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """An MLflow server whose database and artifacts are those of a data folder."""
    folder = DataFolder(data)
    if not folder.mlflow_database.exists():
        stores.make_empty(folder.mlflow_database)
    with (data.parent / "server.log").open("ab") as log:
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(port)]
        command += ["--backend-store-uri", f"sqlite:///{folder.mlflow_database}"]
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


@pytest.mark.drill
@pytest.mark.parametrize("stage", STAGES)
def test_an_mlflow_server_is_killed_while_a_stage_runs(
    stage: str, tmp_path: Path, week_1: Path
) -> None:
    """The run ends with one sentence; with the server back, the week ends as ever."""
    data, port = tmp_path / "test", service_process.free_port()
    url, week = f"http://127.0.0.1:{port}", f"--params=as_of={runs.WEEKS[0]}"

    with mlflow_server(data, port) as server:
        run = kedro("run", week, data=data, server=url)
        said = ""
        assert run.stdout is not None
        for line in run.stdout:
            said += line
            if STAGES[stage] in line:
                break
        end(server)
        told = answer(run, said)
    assert told.is_plain, told.said
    assert "the MLflow server" in told.error
    assert runs.WEEKS[0] not in [str(complete) for complete in DataFolder(data).weeks()]

    with mlflow_server(data, port):
        again = answer(kedro("run", week, data=data, server=url))

    assert again.status == 0, again.said
    state, whole = runs.end_state(data), runs.end_state(week_1)
    names = [name for name in whole if name.startswith(("table", runs.WEEKS[0]))]
    assert names
    assert [name for name in [*names, "aliases"] if state[name] != whole[name]] == []
