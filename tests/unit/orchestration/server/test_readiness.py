from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from weekwise.errors import OrchestrationError
from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project
from weekwise.orchestration.server import readiness
from weekwise.orchestration.server.readiness import RequiredService, required_services, wait_for

PROJECT = Path(__file__).parents[4]


@dataclass
class Clock:
    """Time that passes only when a test sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        """The time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.seconds += seconds
        self.slept.append(seconds)


def service(name: str, *answers: str | None) -> RequiredService:
    """A service that gives one answer after the other, and the last one for ever."""
    given: Iterator[str | None] = iter(answers)
    last = answers[-1]
    return RequiredService(name, lambda: next(given, last))


def make_environment(monkeypatch: pytest.MonkeyPatch, data: Path) -> ProjectEnvironment:
    """The test environment on an empty data folder."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(data))
    return ProjectEnvironment.of(set_up_project(), "test")


def closed_address() -> str:
    """An address that does not answer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def test_waits_for_each_service_in_turn() -> None:
    """Waiting ends as soon as every service has answered once."""
    clock = Clock()
    services = [
        service("MLflow", "unavailable", "unavailable", None),
        service("Prefect", "unavailable", None),
    ]
    wait_for(services, 60, now=clock.now, sleep=clock.sleep)
    assert clock.slept == [readiness.POLL_SECONDS] * 3


def test_waiting_ends() -> None:
    """A service that does not answer in time is named, with its last problem."""
    clock = Clock()
    services = [service("MLflow", None), service("Prefect", "no answer")]
    with pytest.raises(OrchestrationError, match=r"Prefect is not available after 10 s: no answer"):
        wait_for(services, 10, now=clock.now, sleep=clock.sleep)
    assert clock.seconds == 10


def test_a_problem_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The log has each problem when it begins, and not at each attempt."""
    clock = Clock()
    caplog.set_level("INFO", logger=readiness.__name__)
    problems = ["unavailable", "unavailable", "starting", "starting", None]
    wait_for([service("MLflow", *problems)], 60, now=clock.now, sleep=clock.sleep)
    assert caplog.messages == ["waiting for MLflow: unavailable", "waiting for MLflow: starting"]


def test_an_embedded_mlflow_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """MLflow's own file store needs no server; Prefect's schedule always does."""
    assert [
        service.name for service in required_services(make_environment(monkeypatch, tmp_path))
    ] == ["Prefect"]


def test_an_mlflow_server_that_is_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that does not answer is waited for, and its address is named."""
    url = closed_address()
    monkeypatch.setattr("weekwise.settings.SERVER", url)
    mlflow, _ = required_services(make_environment(monkeypatch, tmp_path))
    assert mlflow.problem() == (
        f"{url} cannot be reached; is the server running, and is MLFLOW_TRACKING_URI right?"
    )


def test_a_prefect_server_that_is_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that does not answer is waited for; no address at all is refused at once."""
    prefect = required_services(make_environment(monkeypatch, tmp_path))[-1]
    with temporary_settings({PREFECT_API_URL: f"{closed_address()}/api"}):
        assert "cannot be reached" in (prefect.problem() or "")
    with (
        temporary_settings({PREFECT_API_URL: None}),
        pytest.raises(OrchestrationError, match="no Prefect API is set"),
    ):
        prefect.problem()
