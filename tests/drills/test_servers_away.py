"""A server that is not there, or goes while a week runs: one sentence, and the week goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings

import flows
import mlflow_server
import runs
import service_process
import typed
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

STAGES = {
    "wrangling": "data_wrangling.clean_flights",
    "exploration": "exploratory_data_analysis.measure_drift",
    "training": "model_training.split_history",
    "registration": "model_training.refit_challenger",
    "prediction": "data_prediction.predict_upcoming",
    "monitoring": "model_monitoring.judge_week",
    "the report": "model_monitoring.log_week",
}
"""A node of each; a run says that a node is done, so that the next one is at work then."""


@pytest.mark.parametrize("words", [("model", "list"), ("run",)], ids=lambda words: words[0])
def test_an_mlflow_server_that_is_not_there(words: tuple[str, ...], tmp_path: Path) -> None:
    """It is named, with what to do, before anything is made."""
    server = f"http://127.0.0.1:{service_process.free_port()}"

    told = mlflow_server.answer(mlflow_server.kedro(*words, data=tmp_path / "test", server=server))

    assert told.is_plain, told.said
    assert told.error == (
        f"the MLflow server {server} does not answer; start it, or fix MLFLOW_TRACKING_URI, and "
        "run again"
    )
    assert not DataFolder(tmp_path / "test").store.exists()


@pytest.mark.drill
@pytest.mark.parametrize("stage", STAGES)
def test_an_mlflow_server_is_killed_while_a_stage_runs(
    stage: str, tmp_path: Path, week_1: Path
) -> None:
    """The run ends with one sentence; with the server back, the week ends as ever."""
    data, port = tmp_path / "test", service_process.free_port()
    url, week = f"http://127.0.0.1:{port}", f"--params=as_of={runs.WEEKS[0]}"

    with mlflow_server.running(data, port) as server:
        told = mlflow_server.interrupted_at(
            STAGES[stage], lambda: mlflow_server.end(server), data=data, server=url
        )
    assert told.is_plain, told.said
    assert "the MLflow server" in told.error
    assert runs.WEEKS[0] not in [str(complete) for complete in DataFolder(data).weeks()]

    with mlflow_server.running(data, port):
        again = mlflow_server.answer(mlflow_server.kedro("run", week, data=data, server=url))

    assert again.status == 0, again.said
    assert mlflow_server.differences(data, week_1) == []
    assert runs.end_state(data)["aliases"] == runs.end_state(week_1)["aliases"]


@pytest.mark.parametrize("command", ["run", "serve"])
def test_a_prefect_server_that_is_not_there(command: str, tmp_path: Path) -> None:
    """It is named, with what to look at, and nothing is begun."""
    data, server = tmp_path / "test", flows.Server(tmp_path / "prefect")

    told = typed.type_command("weekly", command, data=data, before=flows.used(server))

    assert told.is_plain, told.said
    assert told.error == (
        f"the Prefect API at {server.url} cannot be reached; is the server running, and is "
        "PREFECT_API_URL right?"
    )
    assert not DataFolder(data).store.exists()


class AtNode:
    """Lets something happen before a node runs.

    Args:
        node: The node, with its pipeline.
        happening: What happens.
    """

    def __init__(self, node: str, happening: Callable[[], object]) -> None:
        self._node, self._happening = node.rpartition(".")[2], happening

    @hook_impl(tryfirst=True)
    def before_node_run(self, node: Any) -> None:
        """Let it happen at the node."""
        if node.short_name == self._node:
            self._happening()


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flows.Server]:
    """A Prefect server."""
    with flows.running(tmp_path_factory.mktemp("prefect")) as server:
        yield server


@pytest.mark.drill
@pytest.mark.parametrize("stage", STAGES)
def test_a_prefect_server_is_killed_while_a_stage_runs(
    stage: str, prefect: flows.Server, tmp_path: Path, week_1: Path, week_2: Path
) -> None:
    """The run ends with one sentence; with the server back, `--retry` ends the week as ever."""
    data, use = runs.copied(week_1, tmp_path / "test"), flows.used(prefect, retries=1)

    def with_a_kill() -> None:
        use()
        kill = AtNode(STAGES[stage], prefect.kill_from_afar)
        settings.set("HOOKS", (*settings.HOOKS, kill))

    words = ("weekly", "run", "--as-of", runs.WEEKS[1])
    told = typed.type_command(*words, data=data, before=with_a_kill)
    prefect.kill()
    prefect.start()

    assert told.is_plain, told.said
    assert "the Prefect API" in told.error
    assert told.error.endswith("go on with: kedro weekly run --retry")

    again = typed.type_command("weekly", "run", "--retry", data=data, before=use)

    assert again.status == 0, again.said
    state, whole = runs.end_state(data), runs.end_state(week_2)
    assert [name for name in whole if name != "files" and state.get(name) != whole[name]] == []
