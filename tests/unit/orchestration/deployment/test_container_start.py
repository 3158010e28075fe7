from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from weekwise.errors import OrchestrationError
from weekwise.orchestration.deployment import container_start
from weekwise.orchestration.deployment.container_start import champion_version, start_and_serve
from weekwise.orchestration.deployment.first_run import ensure_first_run
from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project
from weekwise.paths import DataFolder

PROJECT = Path(__file__).parents[4]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ProjectEnvironment:
    """The test environment, with a data folder that is not there yet."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path / "data"))
    return ProjectEnvironment.of(set_up_project(), "test")


@pytest.mark.parametrize(("version", "first"), [(None, True), ("3", False)])
def test_a_first_week_is_run_only_without_a_champion(
    version: str | None, first: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A first week runs beside the schedule if, and only if, the registry has no champion."""
    calls: list[object] = []

    async def resume(_environment: object) -> None:
        calls.append("resume")

    monkeypatch.setattr(container_start.signal, "signal", lambda *_args: None)
    monkeypatch.setattr(container_start, "required_services", lambda _environment: ())
    monkeypatch.setattr(container_start, "champion_version", lambda _environment: version)
    monkeypatch.setattr(container_start, "resume_interrupted_runs", resume)
    monkeypatch.setattr(
        container_start,
        "serve_alone",
        lambda _environment, background: calls.append(background),
    )
    environment = SimpleNamespace(data=DataFolder(tmp_path))
    start_and_serve(cast("ProjectEnvironment", environment), wait_seconds=0)
    assert calls == ["resume", ensure_first_run if first else None]


def test_an_empty_store_has_no_champion(environment: ProjectEnvironment) -> None:
    """The embedded registry is asked before anything was ever run."""
    assert champion_version(environment) is None


def test_a_registry_that_cannot_be_read_is_one_line(
    environment: ProjectEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where MLflow answers and its registry does not, one line says so."""
    monkeypatch.setattr(container_start, "tracking_uri", lambda _environment: "nowhere://registry")
    with pytest.raises(OrchestrationError, match="registry at nowhere://registry cannot be read"):
        champion_version(environment)
