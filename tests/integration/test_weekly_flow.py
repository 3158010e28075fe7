"""The weekly flow on a real Prefect server, on the thin slice."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest
from kedro.framework.hooks import hook_impl

import flows
import runs

pytestmark = pytest.mark.slow

STAGES = [
    "Data Wrangling",
    "Exploratory Data Analysis",
    "Model Training",
    "Data Prediction",
    "Model Monitoring",
]


@pytest.fixture(scope="module")
def whole(server: flows.Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder after a week that nothing disturbed but one flaky node."""
    data = tmp_path_factory.mktemp("whole") / "test"
    flows.Run(server, data, flows.week(runs.WEEKS[0], hook=FailOnce)).result()
    return data


@pytest.fixture(scope="module")
def whole_run(server: flows.Server, whole: Path) -> dict[str, Any]:
    """Its flow run."""
    return flow_run(server, whole)


def journal(data: Path) -> dict[str, Any]:
    """The journal of the last run of a data folder."""
    return dict(json.loads((data / "orchestration" / "last_run.json").read_text()))


def flow_run(server: flows.Server, data: Path) -> dict[str, Any]:
    """The last flow run of a data folder."""
    return dict(server.ask(f"flow_runs/{journal(data)['flow_run_id']}", method="GET"))


def stage_name(server: flows.Server, run: dict[str, Any]) -> str:
    """The name of a flow run's flow."""
    return str(server.ask(f"flows/{run['flow_id']}", method="GET")["name"])


class FailOnce:
    """Makes a node fail at its first attempt."""

    node = "select_features"

    def __init__(self) -> None:
        self.failed = False

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        """Fail, once."""
        if node.short_name == self.node and not self.failed:
            self.failed = True
            raise ConnectionError("a passing failure")


class KillBefore:
    """Kills the process when a node is about to run."""

    node = "score_holdout"

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        """Kill at the node."""
        if node.short_name == self.node:
            runs.kill_now()


def test_pipelines_are_subflows_in_order(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """Each Kedro pipeline is a completed subflow, in the order of a weekly run."""
    subflows = server.subflows(whole_run["id"])
    assert [stage_name(server, run) for run in subflows] == STAGES
    assert {run["state_type"] for run in subflows} == {"COMPLETED"}
    assert whole_run["state_type"] == "COMPLETED"
    assert whole_run["name"] == f"as of {runs.WEEKS[0]}"


def test_nodes_are_tasks(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """Each node is a completed task of its pipeline's subflow, with its name and tags."""
    from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project
    from weekwise.pipeline_registry import register_pipelines

    # Reading an environment's configuration makes its pipelines the active ones.
    ProjectEnvironment.of(set_up_project(), "test")
    pipelines = list(register_pipelines().values())[1:]
    for subflow, pipeline in zip(server.subflows(whole_run["id"]), pipelines, strict=True):
        tasks = {run["name"]: run for run in server.task_runs(subflow["id"])}
        assert set(tasks) == {node.short_name for node in pipeline.nodes}
        assert {run["state_type"] for run in tasks.values()} == {"COMPLETED"}
        for node in pipeline.nodes:
            assert set(tasks[node.short_name]["tags"]) >= node.tags


def test_the_graph_shows_dependencies(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """A task's inputs are the tasks that make what its node uses."""
    training = server.subflows(whole_run["id"])[2]
    tasks = {run["name"]: run for run in server.task_runs(training["id"])}
    names = {run["id"]: name for name, run in tasks.items()}
    upstream = {names[task["id"]] for task in tasks["fit_challenger"]["task_inputs"]["wait_for"]}
    assert upstream == {"plan_retraining", "split_history"}


def test_a_flaky_node_is_retried(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """A node that fails once is retried, and its run goes on."""
    analysis = server.subflows(whole_run["id"])[1]
    tasks = {run["name"]: run for run in server.task_runs(analysis["id"])}
    assert tasks[FailOnce.node]["run_count"] == 2
    assert {run["run_count"] for name, run in tasks.items() if name != FailOnce.node} == {1}


def test_log_lines_reach_the_run(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """What Weekwise logs of a node, and the number of the node, is in Prefect's logs."""
    wrangling = server.subflows(whole_run["id"])[0]
    lines = flows.wait_until(lambda: server.logs(wrangling["id"]))
    messages = [line["message"] for line in lines]
    assert any(re.match(r"node \d+ of \d+: data_wrangling", message) for message in messages)
    tasks = {run["id"]: run["name"] for run in server.task_runs(wrangling["id"])}
    of_nodes = {tasks[line["task_run_id"]] for line in lines if line["task_run_id"]}
    assert "clean_flights" in of_nodes


def test_a_run_has_artifacts(server: flows.Server, whole: Path, whole_run: dict[str, Any]) -> None:
    """The report's first line, the gate's findings, the verdict and links are artifacts."""
    artifacts = server.artifacts(whole_run["id"])
    report = json.loads((whole / "08_reporting" / runs.WEEKS[0] / "weekly_report.json").read_text())
    assert report["headline"] in artifacts["weekly-report"]["data"]
    assert "first champion" in artifacts["verdict"]["data"]
    assert "none" in artifacts["data-gate"]["data"]
    assert "index.html" in artifacts["data-docs"]["data"]


def test_mlflow_and_prefect_are_linked(
    server: flows.Server, whole: Path, whole_run: dict[str, Any]
) -> None:
    """There is one MLflow run, tagged with the flow run that shows it."""
    with closing(sqlite3.connect(whole / "mlflow" / "mlflow.db")) as store:
        mlflow_runs = store.execute("SELECT run_uuid, status FROM runs").fetchall()
        tags = dict(store.execute("SELECT key, value FROM tags").fetchall())
    assert [status for _, status in mlflow_runs] == ["FINISHED"]
    assert tags["prefect.flow_run_id"] == whole_run["id"]
    artifacts = {
        key: artifact
        for subflow in [whole_run, *server.subflows(whole_run["id"])]
        for key, artifact in server.artifacts(subflow["id"]).items()
    }
    assert mlflow_runs[0][0] in artifacts["mlflow-run"]["data"]


def test_a_killed_run_is_resumed(server: flows.Server, whole: Path, tmp_path: Path) -> None:
    """Killed in training and retried, a run repeats no stage and ends as an unkilled one."""
    data = tmp_path / "test"
    with pytest.raises(runs.RunKilledError):
        flows.Run(server, data, flows.week(runs.WEEKS[0], hook=KillBefore)).result()
    crashed = journal(data)
    made_at = (data / "08_reporting" / runs.WEEKS[0] / "exploration.json").stat().st_mtime_ns

    flows.Run(server, data, flows.retry).result()

    assert crashed["stages"] == ["data_wrangling", "exploratory_data_analysis"]
    assert journal(data)["flow_run_id"] == crashed["flow_run_id"]
    assert journal(data)["mlflow_run_id"] == crashed["mlflow_run_id"]
    exploration = data / "08_reporting" / runs.WEEKS[0] / "exploration.json"
    assert exploration.stat().st_mtime_ns == made_at
    assert flow_run(server, data)["state_type"] == "COMPLETED"
    killed, unkilled = runs.end_state(data), runs.end_state(whole)
    assert [name for name in unkilled if killed.get(name) != unkilled[name]] == []


class BreakFlights:
    """Takes a column away from the flights before the gate sees them."""

    @hook_impl
    def before_node_run(self, node: Any, inputs: dict[str, Any]) -> dict[str, Any]:
        """Drop the destination."""
        if node.short_name == "replay_flights":
            return {"flights_2013": inputs["flights_2013"].drop(columns="dest")}
        return {}


def test_a_gate_failure_stops_at_once(server: flows.Server, tmp_path: Path) -> None:
    """A broken contract fails the flow at once; no later stage runs, and one alert goes out."""
    data = tmp_path / "test"
    with Inbox() as inbox:
        run = flows.week(runs.WEEKS[0], hook=BreakFlights)
        with pytest.raises(RuntimeError, match="the data gate stops the run"):
            flows.Run(server, data, inbox.used_by(run)).result()

    failed = flow_run(server, data)
    stages = server.subflows(failed["id"])
    assert [(stage_name(server, run), run["state_type"]) for run in stages] == [
        ("Data Wrangling", "FAILED")
    ]
    tasks = {run["name"]: run for run in server.task_runs(stages[0]["id"])}
    # The first node that reads the flights.
    assert tasks["name_sources"]["state_type"] == "FAILED"
    assert tasks["name_sources"]["run_count"] == 1
    artifacts = server.artifacts(failed["id"])
    assert "dest" in artifacts["data-gate"]["data"]
    assert "data gate stops" in artifacts["failure"]["data"]
    assert len(inbox.messages) == 1
    assert "failed" in inbox.messages[0]["title"]


def test_a_second_run_at_once_is_refused(server: flows.Server, whole: Path, tmp_path: Path) -> None:
    """While one run is running a second is refused, says which, and one alert goes out."""
    data = runs.copied(whole, tmp_path / "test")
    gate = tmp_path / "go on"
    first = flows.Run(server, data, flows.week(runs.WEEKS[1], hook=partial(WaitFor, gate)))
    flows.wait_until((data / "orchestration" / "run.lock").read_text)
    with Inbox() as inbox:
        second = inbox.used_by(flows.command("run", "--as-of", runs.WEEKS[1]))
        status, output = flows.Run(server, data, second).result()
    assert [message["title"] for message in inbox.messages] == [
        f"Weekwise: the run of {runs.WEEKS[1]} was not started"
    ]
    assert status == 1
    error = output.strip().splitlines()[-1]
    assert error.startswith("Error: another weekly run on")
    assert f"is running (as_of {runs.WEEKS[1]}, process {first.pid}, since" in error
    gate.touch()
    first.result()
    assert journal(data)["finished"]


def test_a_run_outlives_its_server(server: flows.Server, whole: Path, tmp_path: Path) -> None:
    """A run outlives its server's death, if that comes back, and is complete there too."""
    data = runs.copied(whole, tmp_path / "test")
    gate = tmp_path / "go on"
    run = flows.Run(server, data, flows.week(runs.WEEKS[1], hook=partial(WaitFor, gate)))
    flows.wait_until((data / "waiting").exists)
    server.kill()
    gate.touch()
    time.sleep(4)
    server.start()
    run.result()
    completed = flow_run(server, data)
    assert completed["state_type"] == "COMPLETED"
    assert [run["state_type"] for run in server.subflows(completed["id"])] == ["COMPLETED"] * 5


class WaitFor:
    """Holds a run at its first node until a file is there."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        """Wait."""
        if node.short_name == "replay_flights":
            Path(os.environ["WEEKWISE_DATA_DIR"], "test", "waiting").touch()
            flows.wait_until(self.file.exists)


class Inbox:
    """Takes what Apprise sends to an ordinary web address."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                inbox.messages.append(json.loads(self.rfile.read(size)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                """Stay silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def used_by(self, run: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The function, with alerts sent here."""
        url = f"json://127.0.0.1:{self._server.server_port}"

        def with_alerts(environment: Any) -> Any:
            os.environ["WEEKWISE_ALERT_URLS"] = url
            return run(environment)

        return with_alerts


def test_a_backfill_runs_what_is_missing(server: flows.Server, whole: Path, tmp_path: Path) -> None:
    """A backfill runs what is missing, resumes a killed week, and ends with a table."""
    data = runs.copied(whole, tmp_path / "test")
    words = ("backfill", "--from", runs.WEEKS[0], "--to", runs.WEEKS[1])
    with pytest.raises(runs.RunKilledError):
        flows.Run(server, data, flows.command(*words, hook=KillBefore)).result()
    crashed = journal(data)

    status, output = flows.Run(server, data, flows.command(*words)).result()

    assert status == 0, output
    assert journal(data)["flow_run_id"] == crashed["flow_run_id"]
    assert crashed["stages"] == ["data_wrangling", "exploratory_data_analysis"]
    assert f"week 2 of 2: {runs.WEEKS[1]}" in output
    assert "week 1 of 2" not in output
    header, first, second = output.strip().splitlines()[-3:]
    assert header.split() == ["as_of", "status", "expected", "actual", "verdict"]
    assert first.startswith(runs.WEEKS[0])
    assert first.rstrip().endswith("already complete")
    assert re.match(rf"{runs.WEEKS[1]} +(OK|WARN|ACT) +0\.\d{{4}} +0\.\d{{4}} ", second)
    assert not second.rstrip().endswith("already complete")


def test_a_node_over_its_time_limit_fails(server: flows.Server, tmp_path: Path) -> None:
    """A node that exceeds its limit fails once it returns, and nothing that needs it runs."""

    def run(_environment: Any) -> None:
        from kedro.framework.hooks.manager import _create_hook_manager
        from kedro.io import DataCatalog, MemoryDataset
        from kedro.pipeline import Node, Pipeline

        from weekwise.orchestration.options import NodeOptions, OrchestrationOptions
        from weekwise.orchestration.runner.prefect_runner import PrefectRunner

        nodes = [
            Node(sleep_a_while, "a", "b", name="too_slow"),
            Node(sleep_a_while, "b", "c", name="never"),
        ]
        limited = NodeOptions(retries=0, timeout_seconds=0.5)
        runner = PrefectRunner(options=OrchestrationOptions(nodes=limited), label=str(tmp_path))
        catalog = DataCatalog({"a": MemoryDataset(1)})
        runner.run(Pipeline(nodes), catalog, hook_manager=_create_hook_manager())

    with pytest.raises(RuntimeError, match=r"'too_slow' took longer than its limit of 0\.5 s"):
        flows.Run(server, tmp_path, run).result()
    stage = server.flow_runs(name={"any_": [str(tmp_path)]})[0]
    states = {run["name"]: run["state_name"] for run in server.task_runs(stage["id"])}
    assert states == {"too_slow": "TimedOut"}
    assert stage["state_name"] == "Failed"


def sleep_a_while(value: int) -> int:
    """Sleep, where no limit can interrupt it."""
    time.sleep(1.5)
    return value
