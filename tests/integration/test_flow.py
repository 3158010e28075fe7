"""The weekly flow on a real Prefect server, on the thin slice."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import flows
import pytest
import runs
from kedro.framework.hooks import hook_impl

pytestmark = pytest.mark.slow

STAGES = [
    "Data Wrangling",
    "Preliminary Analysis",
    "Model Training",
    "Data Prediction",
    "Monitoring",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flows.Server]:
    """A server that lives as long as this module."""
    made = flows.Server(tmp_path_factory.mktemp("prefect")).start()
    yield made
    made.kill()


@pytest.fixture(scope="module")
def whole(server: flows.Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder after a week that nothing disturbed but one flaky node."""
    data = tmp_path_factory.mktemp("whole") / "data"
    flows.Run(server, data, flows.week(runs.WEEKS[0], hook=FailOnce)).result()
    return data


@pytest.fixture(scope="module")
def whole_run(server: flows.Server, whole: Path) -> dict[str, Any]:
    """Its flow run."""
    return flow_run(server, whole)


def journal(data: Path) -> dict[str, Any]:
    """What the last run of a data folder has noted."""
    return dict(json.loads((data / "orchestration" / "last_run.json").read_text()))


def flow_run(server: flows.Server, data: Path) -> dict[str, Any]:
    """The last flow run of a data folder."""
    found: dict[str, Any] = server.ask(f"flow_runs/{journal(data)['flow_run_id']}", method="GET")
    return found


class FailOnce:
    """Makes a node fail at its first attempt."""

    node = "select_features"

    def __init__(self) -> None:
        self.failed = False

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        """Fail, once."""
        if node.name == self.node and not self.failed:
            self.failed = True
            raise ConnectionError("a passing trouble")


class KillBefore:
    """Kills the process when a node is about to run."""

    node = "score_holdout"

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        """Kill at the node."""
        if node.name == self.node:
            runs.kill_now()




def test_pipelines_are_subflows_in_order(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """Each Kedro pipeline is a completed subflow, in the order of a weekly run."""
    subflows = server.subflows(whole_run["id"])
    assert [run["name"] for run in subflows] == STAGES
    assert {run["state_type"] for run in subflows} == {"COMPLETED"}
    assert whole_run["state_type"] == "COMPLETED"
    assert whole_run["name"] == f"as of {runs.WEEKS[0]}"


def test_nodes_are_tasks(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """Each node is a completed task of its pipeline's subflow, with its name and tags."""
    from weekwise.pipeline_registry import register_pipelines

    pipelines = list(register_pipelines().values())[1:]
    for subflow, pipeline in zip(server.subflows(whole_run["id"]), pipelines, strict=True):
        tasks = {run["name"]: run for run in server.task_runs(subflow["id"])}
        assert set(tasks) == {node.name for node in pipeline.nodes}
        assert {run["state_type"] for run in tasks.values()} == {"COMPLETED"}
        for node in pipeline.nodes:
            assert set(tasks[node.name]["tags"]) >= node.tags


def test_the_graph_shows_what_needs_what(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """A task's inputs are the tasks that make what its node uses."""
    training = server.subflows(whole_run["id"])[2]
    tasks = {run["name"]: run for run in server.task_runs(training["id"])}
    names = {run["id"]: name for name, run in tasks.items()}
    before = {names[each["id"]] for each in tasks["fit_challenger"]["task_inputs"]["wait_for"]}
    assert before == {"plan_retraining", "split_history"}


def test_a_flaky_node_is_tried_again(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """A node that fails once is retried, and its run goes on."""
    analysis = server.subflows(whole_run["id"])[1]
    tasks = {run["name"]: run for run in server.task_runs(analysis["id"])}
    assert tasks[FailOnce.node]["run_count"] == 2
    assert {run["run_count"] for name, run in tasks.items() if name != FailOnce.node} == {1}


def test_log_lines_reach_the_run(server: flows.Server, whole_run: dict[str, Any]) -> None:
    """What Kedro and Weekwise log of a node and of a stage's progress is in Prefect's logs."""
    wrangling = server.subflows(whole_run["id"])[0]
    lines = flows.until(lambda: server.logs(wrangling["id"]))
    messages = [line["message"] for line in lines]
    assert any(re.match(r"Completed \d out of 7 tasks", message) for message in messages)
    tasks = {run["id"]: run["name"] for run in server.task_runs(wrangling["id"])}
    of_nodes = {tasks[line["task_run_id"]] for line in lines if line["task_run_id"]}
    assert "clean_flights" in of_nodes


def test_artifacts(server: flows.Server, whole: Path, whole_run: dict[str, Any]) -> None:
    """The report's first line, the gate's findings, the verdict and links are artifacts."""
    artifacts = server.artifacts(whole_run["id"])
    report = json.loads(
        (whole / "08_reporting" / runs.WEEKS[0] / "weekly_report.json").read_text()
    )
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
    shown = {
        key: artifact
        for subflow in [whole_run, *server.subflows(whole_run["id"])]
        for key, artifact in server.artifacts(subflow["id"]).items()
    }
    assert mlflow_runs[0][0] in shown["mlflow-run"]["data"]


def test_killed_and_retried(server: flows.Server, whole: Path, tmp_path: Path) -> None:
    """Killed in training and retried, a run makes no stage again and ends as an unkilled one."""
    data = tmp_path / "data"
    with pytest.raises(runs.Killed):
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
    for each in (killed, unkilled):
        each.pop("last_run.json", None)
    assert [name for name in unkilled if killed.get(name) != unkilled[name]] == []
