from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import pandas as pd
import pytest
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.framework.hooks.markers import hook_impl
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Node, Pipeline
from mlflow import MlflowClient

import stores
from weekwise.datasets.store_table import StoreTable
from weekwise.errors import ConfigurationError, ContractError
from weekwise.hooks import run_guard
from weekwise.hooks.lost_weeks import MONITORING_LOG, REPORT
from weekwise.hooks.run_guard import RunGuardHook
from weekwise.hooks.tracking import DATA_TAG, data_tag
from weekwise.paths import DataFolder


@pytest.fixture
def experiment(tmp_path: Path) -> Any:
    """An experiment of a MLflow store of the test's own."""
    stores.make_empty(tmp_path / "mlflow.db")
    with stores.in_use(f"sqlite:///{tmp_path / 'mlflow.db'}"):
        yield mlflow.create_experiment("weekwise-test", artifact_location=str(tmp_path / "files"))


def start(tmp_path: Path, *others: object) -> None:
    """Start a run that uses the store, with some hooks besides the guard's."""
    config = {
        "globals": {"data": "data", "registered_model": "late_parcels"},
        "mlflow": {"tracking": {"experiment": {"name": "weekwise-test"}}},
    }
    guard = RunGuardHook()
    guard.after_context_created(
        SimpleNamespace(config_loader=config, project_path=tmp_path, env=None)  # type: ignore[arg-type]
    )
    connection = {"backend": "duckdb", "database": f"{tmp_path}/data/weekwise.duckdb"}
    catalog = DataCatalog(
        {
            "features": StoreTable(table_name="features", connection=connection),
            "count": MemoryDataset(),
        }
    )
    use = Node(lambda features: features, inputs="features", outputs="count")
    manager = _create_hook_manager()
    for hook in (guard, *others):
        manager.register(hook)
    manager.hook.before_pipeline_run(run_params={}, pipeline=Pipeline([use]), catalog=catalog)


def monitor(tmp_path: Path, stored: list[str], as_of: str) -> None:
    """Start a run that writes a weekly report, with some weeks in its store's monitoring log."""
    config = {
        "globals": {"data": "data", "registered_model": "late_parcels"},
        "mlflow": {"tracking": {"experiment": {"name": "weekwise-test"}}},
    }
    guard = RunGuardHook()
    guard.after_context_created(
        SimpleNamespace(config_loader=config, project_path=tmp_path, env="parcels")  # type: ignore[arg-type]
    )
    connection = {"backend": "duckdb", "database": f"{tmp_path}/data/weekwise.duckdb"}
    log = StoreTable(table_name=MONITORING_LOG, connection=connection)
    log.save(pd.DataFrame({"as_of": stored}))
    catalog = DataCatalog(
        {MONITORING_LOG: log, "params:as_of": MemoryDataset(as_of), REPORT: MemoryDataset()}
    )
    write = Node(lambda log: log, inputs=MONITORING_LOG, outputs=REPORT)
    manager = _create_hook_manager()
    manager.register(guard)
    manager.hook.before_pipeline_run(run_params={}, pipeline=Pipeline([write]), catalog=catalog)


def statuses(experiment: str) -> dict[str, str]:
    """The status of each run, by its name."""
    found = MlflowClient().search_runs([experiment])
    return {run.info.run_name: run.info.status for run in found}


@pytest.mark.parametrize("server", [None, "http://127.0.0.1:5000"])
def test_runs_that_died_are_ended(
    experiment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str | None
) -> None:
    """A server holds runs of other folders, which may be alive; the embedded MLflow has none."""
    monkeypatch.setattr(run_guard, "SERVER", server)
    client, folder = MlflowClient(), DataFolder(tmp_path / "data")
    for name, tags in (("ours", {DATA_TAG: data_tag(folder)}), ("other", {DATA_TAG: "x:/data"})):
        client.create_run(experiment, run_name=name, tags=tags)

    start(tmp_path)

    other = "RUNNING" if server else "KILLED"
    assert statuses(experiment) == {"ours": "KILLED", "other": other}


@pytest.mark.usefixtures("experiment")
def test_an_earlier_week_without_a_report_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With the command that brings it back; the run goes on, and its own week is none of them."""
    stored = ["2024-07-01", "2024-07-08", "2024-07-15"]

    monitor(tmp_path, stored, as_of=stored[0])
    assert caplog.messages == []
    monitor(tmp_path, stored, as_of=stored[2])

    (told,) = caplog.messages
    assert told.startswith("the weekly report of 2 weeks, 2024-07-01 to 2024-07-08 is gone, ")
    assert told.endswith("kedro weekly backfill --from 2024-07-01 --to 2024-07-08 --env parcels")


class OpensRun:
    """Opens a run in MLflow, as kedro-mlflow does."""

    def __init__(self, experiment: str) -> None:
        self.experiment = experiment

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self) -> None:
        """Open it."""
        mlflow.start_run(experiment_id=self.experiment, run_name="new")


class Refuses:
    """Refuses a run after it was opened."""

    def __init__(self, error: Callable[[], BaseException]) -> None:
        self.error = error

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Refuse it."""
        raise self.error()


@pytest.mark.parametrize(
    ("error", "status"), [(ContractError, "FAILED"), (KeyboardInterrupt, "KILLED")]
)
def test_a_run_that_is_refused_is_not_left_open(
    experiment: str, tmp_path: Path, error: type[BaseException], status: str
) -> None:
    """A run that a later hook stops has ended in MLflow, and is not called finished."""
    with pytest.raises(error):
        start(tmp_path, OpensRun(experiment), Refuses(error))

    assert statuses(experiment) == {"new": status}
    assert mlflow.active_run() is None


def test_an_error_that_a_signal_caused_is_the_signal() -> None:
    """Kedro wraps what DuckDB makes of Ctrl-C; the run must not be called failed for it."""
    query = RuntimeError("Query interrupted")
    query.__cause__ = KeyboardInterrupt()
    wrapped = DatasetError("failed while loading data")
    wrapped.__cause__ = query

    with pytest.raises(KeyboardInterrupt):
        RunGuardHook().on_pipeline_error(wrapped)
    RunGuardHook().on_pipeline_error(DatasetError("no signal"))


def test_a_deleted_run_is_not_resumed(
    experiment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry whose run somebody has deleted in MLflow begins a new one."""
    run = MlflowClient().create_run(experiment)
    MlflowClient().delete_run(run.info.run_id)
    monkeypatch.setenv("MLFLOW_RUN_ID", run.info.run_id)

    start(tmp_path, OpensRun(experiment))

    assert "new" in statuses(experiment)
    mlflow.end_run()


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            ["planes", "params:window", "rows_contract", "weather_contract"],
            "there is no contract rows, weather, which the run begins with; look into contracts",
        ),
        (["planes", "params:window"], "there is no parameters window, .* into parameters.yml"),
        (["planes"], "there is no dataset planes, .* into catalog.yml"),
    ],
)
def test_an_input_that_nothing_describes(experiment: str, inputs: list[str], message: str) -> None:
    """It is told before a run is opened in MLflow."""
    node = Node(lambda *tables: tables, inputs=inputs, outputs="count")
    manager = _create_hook_manager()
    manager.register(RunGuardHook())

    with pytest.raises(ConfigurationError, match=message):
        manager.hook.before_pipeline_run(
            run_params={}, pipeline=Pipeline([node]), catalog=DataCatalog()
        )

    assert statuses(experiment) == {}
