"""Two environments on one machine: run, looked at and served at the same time, and apart."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import duckdb
import pytest

import flows
import other_tables
import runs
import service_process
import stores
from service_process import Running
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

KEDRO = Path(sys.executable).with_name("kedro")
WEEK = other_tables.WEEKS[0]
ENVIRONMENTS = {"orders": "returned_orders", "gifts": "gifts"}
"""Each environment and its registered model; the second one's is by default its own name."""


def kedro(project: Path, env: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Type a kedro command for an environment, as one would in the project's folder."""
    return subprocess.run(
        [KEDRO, *words, "--env", env],
        cwd=project,
        env=stores.environment(WEEKWISE_DATA_DIR=str(project / "stores")),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two environments; both have been run at the same time.

    The second extends the first, so that all that it does not say itself is shared.
    """
    folder = tmp_path_factory.mktemp("project")
    conf = other_tables.write_environment(folder)
    (conf / "gifts").mkdir()
    (conf / "gifts" / "globals.yml").write_text("extends: orders\n")
    (conf / "gifts" / "parameters.yml").write_text("training: {fit: {iterations: 10}}\n")
    shutil.copy(runs.PROJECT / "pyproject.toml", folder)
    (folder / "src").mkdir()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda env: kedro(folder, env, "run"), ENVIRONMENTS))
    return folder


@pytest.fixture(scope="module")
def services(project: Path) -> Iterator[dict[str, Running]]:
    """The service of each, by the variables that `make serve ENV=` sets."""
    with ExitStack() as stack:
        yield {
            env: stack.enter_context(
                service_process.of_environment(env, project / "stores", project / env)
            )
            for env in ENVIRONMENTS
        }


def test_each_has_a_store_of_its_own(project: Path) -> None:
    """Both runs are complete, each in its own folder, and nothing lies beside the two."""
    root = project / "stores"
    assert sorted(path.name for path in root.iterdir()) == sorted(ENVIRONMENTS)
    for env in ENVIRONMENTS:
        data = DataFolder(root / env)
        assert [str(week) for week in data.weeks()] == [WEEK]
        assert data.mlflow_database.exists()
        with duckdb.connect(str(data.store), read_only=True) as store:
            assert store.sql("SELECT count(*) FROM predictions").fetchall() == [(420,)]


def test_each_has_a_registered_model_of_its_own(project: Path) -> None:
    """`kedro model list` shows the environment's model, and no other."""
    for env, model in ENVIRONMENTS.items():
        listed = kedro(project, env, "model", "list").stdout
        assert model in listed
        assert not any(other in listed for other in ENVIRONMENTS.values() if other != model)


def test_each_is_served_at_the_same_time(services: dict[str, Running]) -> None:
    """Two services side by side each answer for their own model, with their own week."""
    for env, model in ENVIRONMENTS.items():
        with services[env].client() as client:
            facts = client.get("/model").json()
            assert facts["name"] == model
            assert [report["as_of"] for report in client.get("/reports").json()] == [WEEK]
            answer = client.post("/predict", json=services[env].example())
            assert answer.status_code == 200


def test_each_has_a_schedule_of_its_own(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deployments, locks and journals of two environments have different names and places."""
    from weekwise.orchestration.deployment.definition import define_deployment
    from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project

    set_up_project()
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(project / "stores"))
    made = [ProjectEnvironment.of(project, env) for env in ENVIRONMENTS]

    assert [define_deployment(each).name for each in made] == ["weekly-orders", "weekly-gifts"]
    assert len({each.data.run_lock for each in made}) == 2


@contextmanager
def scheduled(project: Path, env: str, stores_of: Path, server: flows.Server) -> Iterator[None]:
    """`kedro weekly serve --env`, once it is ready, until it is stopped."""
    process = subprocess.Popen(
        [KEDRO, "weekly", "serve", "--env", env],
        cwd=project,
        env=stores.environment(
            WEEKWISE_DATA_DIR=str(stores_of), COLUMNS="400", **server.environment
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    # Its output is read to the end: on a full pipe the process would wait.
    reader = threading.Thread(target=process.stdout.read, daemon=True)
    try:
        for line in process.stdout:
            if f"serving Weekly Run/weekly-{env}" in line:
                break
        reader.start()
        yield
    finally:
        process.terminate()
        try:
            process.wait(120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(10)
        process.stdout.close()


def test_their_schedules_run_side_by_side(project: Path, tmp_path: Path) -> None:
    """One server, two served deployments, two runs at once: each makes its own second week."""
    for env in ENVIRONMENTS:
        runs.copied(project / "stores" / env, tmp_path / env)
    with ExitStack() as stack:
        server = stack.enter_context(flows.running(tmp_path / "prefect"))
        for env in ENVIRONMENTS:
            stack.enter_context(scheduled(project, env, tmp_path, server))
        started = [start(server, env) for env in ENVIRONMENTS]
        for run in started:
            flows.wait_until(lambda run=run: state(server, run) == "COMPLETED")

    for env, model in ENVIRONMENTS.items():
        data = DataFolder(tmp_path / env)
        assert [str(week) for week in data.weeks()] == list(other_tables.WEEKS[:2])
        assert set(registered(data)) == {model}


def registered(data: DataFolder) -> list[str]:
    """The names of the models in an environment's registry, once for each version."""
    with closing(sqlite3.connect(data.mlflow_database)) as registry:
        return [name for (name,) in registry.execute("SELECT name FROM model_versions")]


def start(server: flows.Server, env: str) -> str:
    """Start a run of an environment's deployment, as the button of Prefect's UI does."""
    path = f"deployments/name/Weekly%20Run/weekly-{env}"
    deployment = flows.wait_until(lambda: server.ask(path, method="GET"))
    answer = server.ask(
        f"deployments/{deployment['id']}/create_flow_run", {"state": {"type": "SCHEDULED"}}
    )
    return str(answer["id"])


def state(server: flows.Server, run: str) -> str:
    """The state of a flow run.

    Raises:
        AssertionError: If it has failed.
    """
    found = server.ask(f"flow_runs/{run}", method="GET")
    if found is None:
        return ""
    assert found["state_type"] not in {"FAILED", "CRASHED", "CANCELLED"}, found["state"]["message"]
    return str(found["state_type"])
