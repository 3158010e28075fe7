from __future__ import annotations

import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

import parcels
from weekwise.hooks import tracking
from weekwise.hooks.tracking import TrackingHook, flattened
from weekwise.paths import DataFolder

PARAMETERS = {"as_of": "2013-07-08", "training": {"fit": {"depth": 6}, "slices": ["origin"]}}


@dataclass
class FakeMlflow:
    """MLflow with one run, or none, that keeps what it is told."""

    active: bool = True
    info: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(run_id="r1"))
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)

    def active_run(self) -> object | None:
        """The run, if there is one."""
        return self if self.active else None

    def set_tags(self, tags: dict[str, str]) -> None:
        """Keep some tags."""
        self.tags |= tags

    def set_tag(self, name: str, value: str) -> None:
        """Keep a tag."""
        self.tags[name] = value

    def log_params(self, params: dict[str, str]) -> None:
        """Keep some parameters, each once, as MLflow does."""
        assert not set(params) & set(self.params)
        self.params |= params


@pytest.fixture
def mlflow(monkeypatch: pytest.MonkeyPatch) -> FakeMlflow:
    """The MLflow that the hook imports."""
    fake = FakeMlflow()
    # Making a database takes the real MLflow, and seconds.
    monkeypatch.setattr(tracking, "prepare", lambda _: None)
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    return fake


def a_context(project: Path) -> Any:
    """A project's context, with its configuration."""
    config = {
        "parameters": PARAMETERS,
        "globals": {"data": "data", "registered_model": "late_parcels"},
    }
    return SimpleNamespace(config_loader=config, project_path=project)


def start(project: Path) -> TrackingHook:
    """Start a run of a pipeline that uses one table with a contract."""
    hook = TrackingHook()
    hook.after_context_created(a_context(project))
    use = Node(lambda *_: 1, inputs=["parcels", "parcels_contract", "no_contract"], outputs="n")
    catalog = DataCatalog(
        {
            "parcels_contract": MemoryDataset(parcels.contract(), copy_mode="assign"),
            "depots_contract": MemoryDataset(parcels.contract(table="depots")),
            "no_contract": MemoryDataset("a table that only sounds like one"),
        }
    )
    hook.before_pipeline_run(pipeline=Pipeline([use]), catalog=catalog)
    return hook


def test_what_a_run_was_made_of(mlflow: FakeMlflow, tmp_path: Path) -> None:
    """A run is tagged with its date, its code and the contracts it uses, and no others."""
    start(tmp_path)

    assert mlflow.tags == {
        "as_of": "2013-07-08",
        "git_commit": "unknown",
        "registered_model": "late_parcels",
        "weekwise.data": f"{socket.gethostname()}:{tmp_path / 'data'}",
        "contract_hash.parcels": parcels.contract().hash,
    }


def test_parameters_by_path(mlflow: FakeMlflow, tmp_path: Path) -> None:
    """Every parameter is logged by its path."""
    start(tmp_path)

    assert mlflow.params == {
        "as_of": "2013-07-08",
        "training.fit.depth": "6",
        "training.slices": "['origin']",
    }


@pytest.mark.parametrize(
    ("values", "flat"),
    [
        ({}, {}),
        ({"a": {}}, {}),
        ({"a": None, "b": 0}, {"a": "None", "b": "0"}),
        ({"a": {"b": {"c": 1.5}, "d": True}}, {"a.b.c": "1.5", "a.d": "True"}),
        ({"a.b": 1, "a": {"c": 2}}, {"a.b": "1", "a.c": "2"}),
    ],
)
def test_flattened(values: dict[str, Any], flat: dict[str, str]) -> None:
    """Nested values stand under dotted names, as text; empty groups leave nothing."""
    assert flattened(values) == flat


@pytest.mark.parametrize("event", ["after_dataset_saved", "after_dataset_loaded"])
def test_the_data_a_run_saw(mlflow: FakeMlflow, tmp_path: Path, event: str) -> None:
    """The data's fingerprint is a tag as soon as a run makes it, or finds it."""
    notify = getattr(start(tmp_path), event)
    notify(dataset_name="exploration", data=SimpleNamespace(data_hash="of another kind"))
    assert "data_hash" not in mlflow.tags

    notify(dataset_name="wrangling_summary", data=SimpleNamespace(data_hash="d1"))

    assert mlflow.tags["data_hash"] == "d1"


def test_without_a_run_nothing_is_logged(mlflow: FakeMlflow, tmp_path: Path) -> None:
    """Where tracking is off the hook stays quiet."""
    mlflow.active = False

    hook = start(tmp_path)
    hook.after_dataset_saved(dataset_name="wrangling_summary", data=SimpleNamespace(data_hash="d1"))

    assert (mlflow.tags, mlflow.params) == ({}, {})


def git(project: Path, *words: str) -> str:
    """Run git in a project, with no settings but its own."""
    who = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *who, *words], cwd=project, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_the_commit(mlflow: FakeMlflow, tmp_path: Path) -> None:
    """In a git repository a run is tagged with the commit, marked if files differ from it."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code").write_text("1")
    git(tmp_path, "add", "code")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    git(tmp_path, "tag", "--annotate", "v1.0", "--message", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")

    start(tmp_path)
    assert mlflow.tags["git_commit"] == commit

    mlflow.params.clear()
    (tmp_path / "code").write_text("2")
    start(tmp_path)
    assert mlflow.tags["git_commit"] == f"{commit}-dirty"


def test_without_git(mlflow: FakeMlflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git is not installed the commit is unknown, and the run goes on."""
    monkeypatch.setenv("PATH", str(tmp_path))

    start(tmp_path)

    assert mlflow.tags["git_commit"] == "unknown"


@pytest.mark.parametrize(("server", "made"), [(None, True), ("http://127.0.0.1:5000", False)])
def test_the_embedded_database(
    server: str | None, made: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow's own database is made before MLflow wants it, unless there is a server."""
    prepared: list[DataFolder] = []
    monkeypatch.setattr(tracking, "SERVER", server)
    monkeypatch.setattr(tracking, "prepare", prepared.append)

    TrackingHook().after_context_created(a_context(tmp_path))

    assert prepared == ([DataFolder(tmp_path / "data")] if made else [])
