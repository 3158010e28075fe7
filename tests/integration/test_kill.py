"""A run that is killed anywhere and run again ends as one that was never killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl

import runs
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow


class KillBefore:
    """Kills the process when a node is about to run."""

    def __init__(self, node: str) -> None:
        self.node = node

    @hook_impl
    def before_node_run(self, node: Any) -> None:
        """Kill at the node."""
        if node.short_name == self.node:
            runs.kill_now()


class KillAfterSaving:
    """Kills the process when a dataset has just been saved, before its node is done."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset

    @hook_impl
    def after_dataset_saved(self, dataset_name: str) -> None:
        """Kill at the dataset."""
        if dataset_name == self.dataset:
            runs.kill_now()


class KillInTransaction:
    """Kills the process in the middle of writing a table of the store."""

    def __init__(self, table: str) -> None:
        from ibis.backends.duckdb import Backend

        create_table = Backend.create_table

        def create_and_kill(backend: Backend, name: str, *args: Any, **kwargs: Any) -> Any:
            created = create_table(backend, name, *args, **kwargs)
            if name == table:
                runs.kill_now()
            return created

        Backend.create_table = create_and_kill


class KillInRegistry:
    """Kills the process when it is about to call a method of MLflow's client."""

    def __init__(self, method: str) -> None:
        from mlflow import MlflowClient

        def kill(*_args: Any, **_kwargs: Any) -> None:
            runs.kill_now()

        setattr(MlflowClient, method, kill)


POINTS = {
    "wrangling: between feed and features": lambda: KillBefore("build_features"),
    "wrangling: while features are written": lambda: KillInTransaction("features"),
    "exploration: before its report": lambda: KillAfterSaving("selected_features"),
    "training: before the version is made": lambda: KillInRegistry("create_model_version"),
    "training: after the version is made": lambda: KillAfterSaving("challenger"),
    "training: before the alias moves": lambda: KillInRegistry("set_registered_model_alias"),
    "training: after the verdict": lambda: KillAfterSaving("verdict"),
    "prediction: while predictions are written": lambda: KillInTransaction("predictions"),
    "prediction: between store and file": lambda: KillAfterSaving("predictions@week"),
    "monitoring: between log and report": lambda: KillAfterSaving("monitoring_week"),
    "monitoring: between page and report": lambda: KillAfterSaving("weekly_report_page"),
}


IN_EVERY_TEST_RUN = {
    "wrangling: while features are written",
    "training: after the version is made",
    "training: before the alias moves",
    "prediction: between store and file",
    "monitoring: between log and report",
    "monitoring: between page and report",
}


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=() if point in IN_EVERY_TEST_RUN else pytest.mark.drill)
        for point in POINTS
    ],
)
def test_a_killed_run_is_finished_by_the_next(
    point: str, week_1: Path, week_2: Path, tmp_path: Path
) -> None:
    """Killed at this point a week is not complete; run again, it leaves what it always leaves."""
    data = runs.copied(week_1, tmp_path / "test")
    with pytest.raises(runs.RunKilledError):
        runs.run(data, runs.WEEKS[1], kill=POINTS[point])
    assert [str(week) for week in DataFolder(data).weeks()] == runs.WEEKS[:1]

    runs.run(data, runs.WEEKS[1])

    killed, whole = runs.end_state(data), runs.end_state(week_2)
    assert killed.keys() == whole.keys()
    assert [name for name in whole if killed[name] != whole[name]] == []
