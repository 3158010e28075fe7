"""The weekly deployment, served and scheduled on a real Prefect server."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import flows
import runs
import stores
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

DEPLOYMENT = "deployments/name/Weekly%20Run/weekly-test"


def kedro(*words: str, data: Path, **environment: str) -> subprocess.Popen[str]:
    """A kedro command of the project, in the test environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "kedro", *words, "--env", "test"],
        cwd=runs.PROJECT,
        env=stores.environment(WEEKWISE_DATA_DIR=str(data.parent), COLUMNS="400", **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def serving(server: flows.Server, data: Path) -> Iterator[subprocess.Popen[str]]:
    """`kedro weekly serve`, once it is ready; SIGTERM stops it at the latest."""
    process = kedro("weekly", "serve", data=data, **server.environment)
    assert process.stdout is not None
    # Its output is read to the end: on a full pipe the process would wait.
    reader = threading.Thread(target=process.stdout.read, daemon=True)
    try:
        for line in process.stdout:
            if "serving Weekly Run/weekly-test" in line:
                break
        reader.start()
        yield process
    finally:
        if process.poll() is None:
            stop(process)
        if reader.ident is not None:
            reader.join(10)
        process.stdout.close()


def stop(process: subprocess.Popen[str], *, seconds: float = 120) -> int:
    """Stop a process by SIGTERM, or kill it if that takes too long; gives its exit status."""
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def deployment(server: flows.Server) -> Any:
    """The deployment as the server knows it, with its schedule's runs made."""
    served = flows.wait_until(lambda: server.ask(DEPLOYMENT, method="GET"))
    flows.wait_until(lambda: len(scheduled(server, served["id"])) >= 3)
    return served


def scheduled(server: flows.Server, deployment_id: str) -> list[dict[str, Any]]:
    """Its runs that have not begun, the earliest first."""
    flow_runs = server.flow_runs(
        deployment_id={"any_": [deployment_id]}, state={"type": {"any_": ["SCHEDULED"]}}
    )
    return sorted(flow_runs, key=lambda run: run["expected_start_time"])


def make_late(server: flows.Server, late: list[dict[str, Any]]) -> None:
    """Have runs been due in the last weeks, as after an outage."""
    with closing(sqlite3.connect(server.home / "prefect.db", timeout=30)) as store, store:
        for weeks, run in enumerate(reversed(late), start=1):
            due = (datetime.now(UTC) - timedelta(weeks=weeks)).strftime("%Y-%m-%d %H:%M:%S.%f")
            store.execute(
                "UPDATE flow_run SET expected_start_time = ?, next_scheduled_start_time = ? "
                "WHERE replace(id, '-', '') = ?",
                (due, due, run["id"].replace("-", "")),
            )
            store.execute(
                "UPDATE flow_run_state SET state_details = "
                "json_set(state_details, '$.scheduled_time', ?) "
                "WHERE replace(flow_run_id, '-', '') = ?",
                (f"{due.replace(' ', 'T')}Z", run["id"].replace("-", "")),
            )


def test_a_served_deployment_starts_and_cancels_runs(
    server: flows.Server, week_1: Path, tmp_path: Path
) -> None:
    """It has its schedule, which SIGTERM leaves as it is; a running run is cancelled."""
    data = runs.copied(week_1, tmp_path / "test")
    with serving(server, data) as process:
        served = deployment(server)
        assert [entry["schedule"]["cron"] for entry in served["schedules"]] == ["0 6 * * 1"]
        assert served["schedules"][0]["schedule"]["timezone"] == "America/New_York"

        run = run_of(server, served, env="test", as_of=runs.WEEKS[1])
        flows.wait_until(lambda: server.subflows(run))
        assert stop(process) == 0
    stopped = flows.wait_until(lambda: ended(server, run))
    assert stopped["state_type"] == "CANCELLED"
    assert [str(week) for week in DataFolder(data).weeks()] == [runs.WEEKS[0]]
    assert not server.ask(DEPLOYMENT, method="GET")["paused"]


def test_after_an_outage_the_newest_late_run_starts(
    server: flows.Server, week_1: Path, tmp_path: Path
) -> None:
    """The others are skipped, with an offer; a failed run is retried from Prefect's UI."""
    data = runs.copied(week_1, tmp_path / "test")
    flows.Run(server, data, define).result()
    served = deployment(server)
    late = scheduled(server, served["id"])[:3]
    make_late(server, late)
    obstacle = data / "08_reporting" / runs.WEEKS[2] / "model_card.md"
    obstacle.mkdir(parents=True)
    with serving(server, data):
        newest = late[-1]["id"]
        run = flows.wait_until(lambda: ended(server, newest))
        assert run["state_type"] == "FAILED", run["state"]["message"]
        stages_before = len(server.subflows(newest))
        obstacle.rmdir()
        press_retry(server, newest)
        run = flows.wait_until(lambda: ended(server, newest))
        assert run["state_type"] == "COMPLETED", run["state"]["message"]
    assert len(server.subflows(newest)) == stages_before + 3, "two stages are not repeated"
    skipped = [server.ask(f"flow_runs/{run['id']}", method="GET") for run in late[:2]]
    assert [run["state_name"] for run in skipped] == ["Skipped", "Skipped"]
    assert [str(week) for week in DataFolder(data).weeks()] == [runs.WEEKS[0], runs.WEEKS[2]]
    messages = [line["message"] for line in server.logs(newest)]
    offer = f"kedro weekly backfill --from {runs.WEEKS[1]} --to {runs.WEEKS[1]} --env test"
    assert any(offer in message for message in messages)


def define(environment: Any) -> None:
    """A function for `flows.Run` that makes the deployment, which nothing serves."""
    from weekwise.orchestration.deployment.definition import define_deployment

    define_deployment(environment).apply()


def press_retry(server: flows.Server, flow_run_id: str) -> None:
    """What the button *Retry* on a run's page in Prefect's UI does."""
    response = server.ask(
        f"flow_runs/{flow_run_id}/set_state",
        {
            "state": {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"},
            "force": True,
        },
    )
    assert response["status"] == "ACCEPT"


def ended(server: flows.Server, flow_run_id: str) -> Any:
    """A flow run, once it has ended."""
    run = server.ask(f"flow_runs/{flow_run_id}", method="GET")
    final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    return run if run["state_type"] in final else None


def test_a_worker_runs_what_is_deployed_to_its_work_pool(
    server: flows.Server, week_1: Path, tmp_path: Path
) -> None:
    """A missing work pool is named in one line; with it a worker runs what is deployed."""
    missing = kedro(
        "weekly", "deploy", "--work-pool", "big", data=tmp_path / "test", **server.environment
    )
    output, _ = missing.communicate(timeout=300)
    assert missing.returncode == 1
    assert output.strip().splitlines()[-1].startswith("Error: there is no work pool 'big'")
    assert "Traceback" not in output

    server.ask("work_pools/", {"name": "big", "type": "process"})
    deploying = kedro(
        "weekly", "deploy", "--work-pool", "big", data=tmp_path / "test", **server.environment
    )
    output, _ = deploying.communicate(timeout=300)
    assert deploying.returncode == 0, output
    deployed = server.ask(DEPLOYMENT, method="GET")
    assert deployed["work_pool_name"] == "big"
    assert deployed["schedules"][0]["schedule"]["cron"] == "0 6 * * 1"
    folder = deployed["pull_steps"][0]["prefect.deployments.steps.set_working_directory"]
    assert folder["directory"] == str(runs.PROJECT)

    by_yaml = deployed_by_yaml(server)
    assert by_yaml["schedules"][0]["schedule"] == deployed["schedules"][0]["schedule"]
    data = runs.copied(week_1, tmp_path / "test")
    with worker(server, data, folder=tmp_path):
        week = run_of(server, deployed, env="test", as_of=runs.WEEKS[1])
        assert flows.wait_until(lambda: ended(server, week))["state_type"] == "COMPLETED"
        refused = run_of(server, by_yaml, env="test", as_of="2014-05-05")
        run = flows.wait_until(lambda: ended(server, refused))
        assert "as_of 2014-05-05 is outside the data" in run["state"]["message"]
    assert [str(week) for week in DataFolder(data).weeks()] == runs.WEEKS[:2]


def deployed_by_yaml(server: flows.Server) -> Any:
    """The deployment that `prefect deploy` makes of the project's `prefect.yaml`."""
    settings = {"WEEKWISE_PROJECT": str(runs.PROJECT), "WEEKWISE_WORK_POOL": "big"}
    subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--name", "weekly"],
        cwd=runs.PROJECT,
        env=stores.environment(**server.environment, **settings),
        check=True,
        capture_output=True,
        timeout=120,
    )
    return server.ask("deployments/name/Weekly%20Run/weekly", method="GET")


def run_of(server: flows.Server, deployed: Any, **parameters: str) -> str:
    """The id of a new run of a deployment, due now."""
    content = {"state": {"type": "SCHEDULED"}, "parameters": parameters}
    return str(server.ask(f"deployments/{deployed['id']}/create_flow_run", content)["id"])


@contextmanager
def worker(server: flows.Server, data: Path, *, folder: Path) -> Iterator[None]:
    """`prefect worker start` for the work pool, in a folder that is not the project's."""
    process = subprocess.Popen(
        [sys.executable, "-m", "prefect", "worker", "start", "--pool", "big", "--type", "process"],
        cwd=folder,
        env=stores.environment(**server.environment, WEEKWISE_DATA_DIR=str(data.parent)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield
        # The runs' processes are Weekwise's own: each must end by itself once its run has ended.
        flows.wait_until(lambda: not children(process), seconds=60)
    finally:
        # The worker is Prefect's, and with no run left it may still never stop: kill it then.
        stop(process, seconds=30)


def children(process: subprocess.Popen[str]) -> list[str]:
    """The ids of a process's own processes, where `/proc` shows them."""
    ids = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # It may end between the listing and the reading.
        with contextlib.suppress(OSError):
            state, parent, *_ = stat.read_text().rpartition(")")[2].split()
            if int(parent) == process.pid and state != "Z":
                ids.append(stat.parent.name)
    return ids
