"""The whole system in containers, from its images to a prediction through nginx."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.http.static_files import APP_POLICY

ROOT = Path(__file__).parents[2]
NAME = "weekwise-test"
FILES = (ROOT / "docker-compose.yml", Path(__file__).with_name("docker-compose.test.yml"))
PORTS = ("WEEKWISE_PORT", "MLFLOW_PORT", "PREFECT_PORT")
PASSWORDS = ("POSTGRES_PASSWORD", "MLFLOW_DB_PASSWORD", "PREFECT_DB_PASSWORD")
NO_MODEL = 503
SHADOW_ROWS = """
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from pathlib import Path
bootstrap_project(Path.cwd())
with KedroSession.create(Path.cwd()) as session:
    print(int(session.load_context().catalog.load("shadow_days")["rows"].sum()))
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Answer:
    """What a service said.

    Attributes:
        status: The HTTP status.
        headers: The headers, by name in lower case.
        body: The body, read as JSON if it is JSON.
    """

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Stack:
    """The compose project under test.

    Attributes:
        compose: The words that call Docker Compose.
        settings: What its `.env` says.
    """

    compose: list[str]
    settings: dict[str, str]
    folder: Path
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.set()
        # What this shell says would go before the file.
        hidden = ("COMPOSE_", "WEEKWISE_", "PREFECT_", "MLFLOW_")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(hidden) or name == "COMPOSE_DOCKER_CLI_BUILD"
        }

    def set(self, **settings: str) -> None:
        """Change settings, for what is brought up from now on."""
        self.settings.update(settings)
        (self.folder / "env").write_text(
            "".join(f"{name}={value}\n" for name, value in self.settings.items()), "utf-8"
        )

    def call(self, *words: str, seconds: float = 300) -> str:
        """Call Docker Compose; gives what it printed."""
        files = [word for file in FILES for word in ("--file", str(file))]
        done = subprocess.run(
            [*self.compose, "-p", NAME, "--env-file", str(self.folder / "env"), *files, *words],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    def ask(self, port: str, path: str, body: object = None) -> Answer:
        """Ask one of the published ports, with GET or, given a body, with POST."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.settings[port]}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return read(answer.status, answer)
        except urllib.error.HTTPError as error:
            return read(error.code, error)


def read(status: int, answer: Any) -> Answer:
    """What came back, whether it was good or bad news."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    body = answer.read().decode("utf-8", "replace")
    if "json" in headers.get("content-type", ""):
        body = json.loads(body)
    return Answer(status, headers, body)


def compose() -> list[str]:
    """The words that call Docker Compose here; the tests are skipped if there is no engine."""
    if shutil.which("docker") is None:
        pytest.skip("there is no `docker` on this machine: install Docker, then: make compose-test")
    engine = subprocess.run(
        ["docker", "info", "--format", "{{.ServerVersion}}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if engine.returncode != 0:
        said = engine.stderr.strip().splitlines()[-1:]
        pytest.skip(f"no Docker engine answers: {' '.join(said)}; start it, or set DOCKER_HOST")
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if plugin.returncode == 0:
        return ["docker", "compose"]
    if shutil.which("docker-compose") is None:
        pytest.skip("there is no Docker Compose here (Debian: apt-get install docker-compose)")
    return ["docker-compose"]


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def until(found: Callable[[], Any], *, seconds: float) -> Any:
    """What something gives as soon as it gives anything."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if value := found():
                return value
        except OSError:
            # Refused and cut connections: the service is starting.
            pass
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The system, built and brought up with an empty registry; taken down whatever happens."""
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    # With what a URL or a shell would stumble over.
    passwords = {name: f"{secrets.token_hex(12)}@:/#" for name in PASSWORDS}
    made = Stack(compose(), {**ports, **passwords}, tmp_path_factory.mktemp("compose"))
    try:
        made.call("build", seconds=1800)
        made.call("up", "--detach", seconds=600)
        yield made
    finally:
        print(made.call("logs", "--tail", "40", "--no-color"))  # noqa: T201 - shown on failure
        made.call("down", "--volumes", "--remove-orphans")


def test_the_system_predicts(stack: Stack) -> None:
    """The API lives at once, and predicts through nginx once the first week has made a champion."""
    until(lambda: stack.ask("WEEKWISE_PORT", "/api/health/live").status == 200, seconds=60)
    waiting = stack.ask("WEEKWISE_PORT", "/api/health/ready")
    if waiting.status == NO_MODEL:
        assert waiting.body["type"].endswith(":no-model")
    until(lambda: stack.ask("WEEKWISE_PORT", "/api/health/ready").status == 200, seconds=400)
    row = stack.ask("WEEKWISE_PORT", "/api/schema").body["examples"][0]
    answer = stack.ask("WEEKWISE_PORT", "/api/predict", row)
    assert answer.status == 200
    assert 0 < answer.body["probability"] < 1
    assert answer.headers["x-model-version"] == "1"


def test_the_app_is_served_with_its_headers(stack: Stack) -> None:
    """The page is checked anew each time, shows itself to nobody, and loads from here only."""
    page = until(lambda: stack.ask("WEEKWISE_PORT", "/"), seconds=60)
    assert page.status == 200
    assert '<div id="app">' in page.body
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-security-policy"] == APP_POLICY
    script = page.body.split('src="./')[1].split('"')[0]
    asset = stack.ask("WEEKWISE_PORT", f"/{script}")
    assert "immutable" in asset.headers["cache-control"]
    assert stack.ask("WEEKWISE_PORT", "/nothing").status == 404


def test_the_run_is_in_mlflow_and_the_deployment_in_prefect(stack: Stack) -> None:
    """The first week is a run in MLflow, and its deployment is on its schedule in Prefect."""
    done = until(lambda: finished(stack), seconds=400)
    assert len(done) == 1
    assert done[0]["info"]["artifact_uri"].startswith("mlflow-artifacts:")

    deployment = stack.ask("PREFECT_PORT", "/api/deployments/name/Weekly%20Run/weekly-test").body
    assert deployment["schedules"][0]["schedule"]["cron"] == "0 6 * * 1"
    made = stack.ask(
        "PREFECT_PORT",
        "/api/flow_runs/filter",
        {"deployments": {"id": {"any_": [deployment["id"]]}}, "sort": "START_TIME_ASC"},
    ).body
    assert [run["name"] for run in made if run["state_type"] == "COMPLETED"] == ["as of 2013-01-15"]


def finished(stack: Stack) -> list[dict[str, Any]]:
    """The runs in MLflow that are done."""
    words = {"experiment_ids": ["1"], "filter": "attributes.status = 'FINISHED'"}
    answer = stack.ask("MLFLOW_PORT", "/api/2.0/mlflow/runs/search", words)
    return list(answer.body.get("runs", []))


def test_any_other_command_works(stack: Stack) -> None:
    """The pipeline's image runs any command, such as a given week, on the same data."""
    until(lambda: finished(stack), seconds=400)
    stack.call("run", "--rm", "-T", "pipeline", "kedro", "run", "--params", "as_of=2013-01-22")
    assert len(finished(stack)) == 2
    reports = stack.ask("WEEKWISE_PORT", "/api/reports").body
    assert [report["as_of"] for report in reports] == ["2013-01-22", "2013-01-15"]


def test_the_runs_see_the_shadow(stack: Stack) -> None:
    """What the API keeps of its shadow lies where the pipeline's catalog looks for it."""
    stack.call("run", "--rm", "-T", "pipeline", "kedro", "run", "--params", "as_of=2013-01-29")
    champion = stack.ask("WEEKWISE_PORT", "/api/model").body["version"]
    shadow = "1" if champion != "1" else "2"
    stack.set(WEEKWISE_API_SHADOW=shadow, WEEKWISE_API_SHADOW_SHARE="1")
    stack.call("up", "--detach", "--no-deps", "api")
    until(lambda: is_shadow(stack, shadow), seconds=120)
    row = stack.ask("WEEKWISE_PORT", "/api/schema").body["examples"][0]
    for _ in range(20):
        assert stack.ask("WEEKWISE_PORT", "/api/predict", row).status == 200
    stack.call("stop", "api")
    stack.call("start", "api")

    seen = stack.call("run", "--rm", "-T", "--no-deps", "pipeline", "python", "-c", SHADOW_ROWS)
    assert seen.split()[-1] == "20"
    until(lambda: stack.ask("WEEKWISE_PORT", "/api/health/ready").status == 200, seconds=60)


def is_shadow(stack: Stack, version: str) -> bool:
    """Whether a version is the shadow now."""
    answer = stack.ask("WEEKWISE_PORT", "/api/shadow")
    return answer.status == 200 and answer.body["version"] == version


def test_told_to_end_the_pipeline_ends_well(stack: Stack) -> None:
    """SIGTERM ends the pipeline with status 0, and the rest goes on."""
    stack.call("stop", "pipeline")
    container = stack.call("ps", "--all", "--quiet", "pipeline").split()[-1]
    status = subprocess.run(
        ["docker", "inspect", "--format", "{{.State.ExitCode}}", container],
        capture_output=True,
        text=True,
        check=True,
    )
    assert status.stdout.strip() == "0"
    assert stack.ask("WEEKWISE_PORT", "/api/health/live").status == 200
