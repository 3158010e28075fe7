"""Weekly flows as tests run them: a real Prefect server, and runs in processes of their own.

The test's own process asks the server over plain HTTP, so that no Prefect client is alive in it
when processes are forked from it.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import runs

HOST = "127.0.0.1"
NOT_FOUND = 404
BUSY = 503
"""What Prefect answers while its SQLite is locked; its own client retries too."""
IMPORTS = (
    "weekwise.orchestration.flow.launch",
    "weekwise.orchestration.flow.backfill",
    "apprise",
)


class Server:
    """A Prefect server with a SQLite database of its own, which a test may kill and start again.

    Args:
        home: Its folder.
    """

    def __init__(self, home: Path) -> None:
        with socket.socket() as listener:
            listener.bind((HOST, 0))
            self.port = listener.getsockname()[1]
        self.home = home
        self.url = f"http://{HOST}:{self.port}/api"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a process of its own needs to use the server."""
        return {
            "PREFECT_API_URL": self.url,
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    def start(self) -> Server:
        """Start it, and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "uvicorn", "--factory", "--log-level", "error"]
        command += ["--host", HOST, "--port", str(self.port)]
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "prefect.server.api.server:create_app"],
                # As `make prefect` does: settings stand in the project's `prefect.toml`.
                cwd=runs.PROJECT,
                env={
                    **{k: v for k, v in os.environ.items() if k != "PREFECT_API_URL"},
                    **{k: v for k, v in self.environment.items() if k != "PREFECT_API_URL"},
                    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "3",
                    # Its pages are made anew at each start, and no test opens them.
                    "PREFECT_SERVER_UI_ENABLED": "false",
                },
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self.ask("health", method="GET"))
        return self

    def kill_from_afar(self) -> None:
        """End it at once, from a process that was forked from the test's; then `kill` it there."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def ask(self, path: str, content: Any = None, *, method: str = "POST") -> Any:
        """Its answer; None if it does not answer, or has nothing of that name."""
        body = None if method == "GET" else json.dumps(content or {}).encode()
        request = urllib.request.Request(  # noqa: S310 - the test's own server
            f"{self.url}/{path}", body, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                text = answer.read()
        except urllib.error.HTTPError as error:
            if error.code == NOT_FOUND:
                return None
            if error.code == BUSY:
                time.sleep(0.5)
                return self.ask(path, content, method=method)
            raise AssertionError(f"{path}: {error.read()[:500]!r}") from error
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return None
        return json.loads(text) if text else True

    def flow_runs(self, **filters: Any) -> list[dict[str, Any]]:
        """Flow runs, in the order they started."""
        query = {"flow_runs": filters or None, "sort": "START_TIME_ASC"}
        return list(self.ask("flow_runs/filter", query))

    def task_runs(self, flow_run_id: str) -> list[dict[str, Any]]:
        """The task runs of one flow run, without those that stand for subflows."""
        query = {"flow_runs": {"id": {"any_": [flow_run_id]}}, "sort": "ID_DESC"}
        task_runs = self.ask("task_runs/filter", query)
        subflows = {run["parent_task_run_id"] for run in self.subflows(flow_run_id)}
        return [run for run in task_runs if run["id"] not in subflows]

    def subflows(self, flow_run_id: str) -> list[dict[str, Any]]:
        """The subflows of one flow run, in the order they started."""
        return self.flow_runs(parent_flow_run_id={"any_": [flow_run_id]})

    def logs(self, flow_run_id: str) -> list[dict[str, Any]]:
        """The log lines of one flow run."""
        return list(self.ask("logs/filter", {"logs": {"flow_run_id": {"any_": [flow_run_id]}}}))

    def artifacts(self, flow_run_id: str) -> dict[str, dict[str, Any]]:
        """The artifacts of one flow run, by key."""
        query = {"artifacts": {"flow_run_id": {"any_": [flow_run_id]}}}
        artifacts = self.ask("artifacts/filter", query)
        return {artifact["key"]: artifact for artifact in artifacts}


def used(server: Server, *, retries: int = 8) -> Callable[[], None]:
    """For a command's process: it uses a server.

    Args:
        server: The server.
        retries: How often a request is made again while the server does not answer.
    """

    def use() -> None:
        # Prefect is imported after this, and reads them then.
        os.environ.update(server.environment, PREFECT_CLIENT_MAX_RETRIES=str(retries))

    return use


@contextmanager
def running(home: Path) -> Iterator[Server]:
    """A server, killed at the end.

    Args:
        home: Its folder.
    """
    server = Server(home)
    try:
        yield server.start()
    finally:
        server.kill()


def wait_until(condition: Callable[[], Any], *, seconds: float = 300) -> Any:
    """Wait until a condition holds; gives its value.

    Raises:
        TimeoutError: If it takes too long.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.3)
    raise TimeoutError(f"the condition did not hold within {seconds:g} s")


class Run:
    """A weekly flow in a process of its own.

    Args:
        server: The server it uses.
        data: Its data folder.
        function: What is called there with the test environment, a `ProjectEnvironment`.
    """

    def __init__(self, server: Server, data: Path, function: Callable[[Any], Any]) -> None:
        runs.import_heavy(*IMPORTS)
        context = multiprocessing.get_context("fork")
        self._results, self._sender = context.Pipe(duplex=False)
        self._process = context.Process(target=self._call, args=(server, data, function))
        self._process.start()
        # Only the run holds it now, so that its end is the end of what can be received.
        self._sender.close()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process.pid is not None
        return self._process.pid

    def result(self, seconds: float = 300) -> Any:
        """What the function returned.

        Raises:
            RunKilledError: If the process was killed.
            RuntimeError: If the function raised; its traceback is the message.
        """
        answer = None
        if self._results.poll(seconds):
            with contextlib.suppress(EOFError):
                answer = self._results.recv()
            self._process.join(30)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
            raise TimeoutError("the run did not end")
        if self._process.exitcode == -signal.SIGKILL:
            raise runs.RunKilledError
        if answer is None:
            raise RuntimeError("the run gave no result")
        value, error = answer
        if error:
            raise RuntimeError(error)
        return value

    def _call(self, server: Server, data: Path, function: Callable[[Any], Any]) -> None:
        warnings.simplefilter("ignore")
        try:
            os.environ.update(server.environment)
            os.environ["WEEKWISE_DATA_DIR"] = str(data.parent)
            os.chdir(runs.PROJECT)
            self._sender.send((_with_settings(server, function), None))
        except BaseException:  # noqa: BLE001 - handed to the test
            self._sender.send((None, traceback.format_exc()))
        # Prefect's threads end with the process; its lines are sent by then.
        from prefect.logging.handlers import APILogWorker

        APILogWorker.drain_all(timeout=10)
        time.sleep(1)
        os._exit(0)


def _with_settings(server: Server, function: Callable[[Any], Any]) -> Any:
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_LEVEL, temporary_settings

    from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project

    with temporary_settings({PREFECT_API_URL: server.url, PREFECT_LOGGING_LEVEL: "ERROR"}):
        return function(ProjectEnvironment.of(set_up_project(), "test"))


def week(as_of: str, *, hook: Callable[[], Any] | None = None) -> Callable[[Any], None]:
    """A function for `Run` that runs one week.

    Args:
        as_of: The week.
        hook: Makes a Kedro hook that goes with the run.
    """

    def run(environment: Any) -> None:
        from weekwise.orchestration.flow.launch import run_week

        add_hook(hook)
        run_week(environment, as_of)

    return run


def command(*words: str, hook: Callable[[], Any] | None = None) -> Callable[[Any], tuple[int, str]]:
    """A function for `Run` that types a `kedro weekly` command; it gives exit status and output.

    Args:
        words: What follows `kedro weekly`.
        hook: Makes a Kedro hook that goes with the runs.
    """

    def run(_environment: Any) -> tuple[int, str]:
        from click.testing import CliRunner

        from weekwise.cli.weekly import weekly

        add_hook(hook)
        os.environ["COLUMNS"] = "200"
        result = CliRunner().invoke(weekly, [*words, "--env", "test"])
        return result.exit_code, result.output

    return run


def retry(environment: Any) -> None:
    """A function for `Run` that resumes the last run."""
    from weekwise.orchestration.flow.launch import retry_last_run

    retry_last_run(environment)


def add_hook(hook: Callable[[], Any] | None) -> None:
    """Add a Kedro hook to the sessions of this process."""
    from kedro.framework.project import settings

    if hook is not None:
        settings.set("HOOKS", (*settings.HOOKS, hook()))
