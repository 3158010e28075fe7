"""A run that is killed anywhere and run again ends as one that was never killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
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
    """Kills the process in the middle of writing a table of the store, new or there already."""

    def __init__(self, table: str) -> None:
        from ibis.backends.duckdb import Backend

        def killing(write: Callable[..., Any]) -> Callable[..., Any]:
            def write_and_kill(backend: Backend, name: str, *args: Any, **kwargs: Any) -> Any:
                written = write(backend, name, *args, **kwargs)
                if name == table:
                    runs.kill_now()
                return written

            return write_and_kill

        for method in ("create_table", "insert"):
            setattr(Backend, method, killing(getattr(Backend, method)))


class KillInRegistry:
    """Kills the process when it is about to call a method of MLflow's client."""

    def __init__(self, method: str) -> None:
        from mlflow import MlflowClient

        def kill(*_args: Any, **_kwargs: Any) -> None:
            runs.kill_now()

        setattr(MlflowClient, method, kill)


class SmallPieces:
    """Checks tables of some size in pieces, and kills the process at one of the pieces.

    Args:
        kill_at: The number of the piece, from 1; none by default.
    """

    def __init__(self, kill_at: int = 0) -> None:
        from weekwise.quality import large_table, table_check
        from weekwise.quality.pieces import Pieces

        table_check.PIECE_ROWS = 5_000
        large_table.validate_large.__kwdefaults__["piece_rows"] = 5_000
        look, looked_at = Pieces.look, list[int]()

        def look_or_kill(pieces: Pieces, *args: Any, **kwargs: Any) -> None:
            looked_at.append(1)
            if len(looked_at) == kill_at:
                runs.kill_now()
            look(pieces, *args, **kwargs)

        Pieces.look = look_or_kill  # type: ignore[method-assign]


POINTS = {
    "wrangling: before the first node": lambda: KillBefore("clean_flights"),
    "wrangling: between feed and features": lambda: KillBefore("build_features"),
    "wrangling: while features are written": lambda: KillInTransaction("features_weeks"),
    "wrangling: after its summary": lambda: KillAfterSaving("wrangling_summary"),
    "exploration: before its report": lambda: KillAfterSaving("selected_features"),
    "exploration: after its report": lambda: KillAfterSaving("exploration"),
    "training: before the version is made": lambda: KillInRegistry("create_model_version"),
    "training: after the version is made": lambda: KillAfterSaving("challenger"),
    "training: before the alias moves": lambda: KillInRegistry("set_registered_model_alias"),
    "training: after the verdict": lambda: KillAfterSaving("verdict"),
    "prediction: while predictions are written": lambda: KillInTransaction("predictions"),
    "prediction: between store and file": lambda: KillAfterSaving("predictions@week"),
    "monitoring: between log and report": lambda: KillAfterSaving("monitoring_week"),
    "monitoring: between page and report": lambda: KillAfterSaving("weekly_report_page"),
}


ALL = pytest.param(tuple(POINTS), id="all", marks=pytest.mark.drill)
FEW_OF_THE_FIRST = (
    "training: after the version is made",
    "monitoring: between log and report",
)
FEW_OF_THE_SECOND = (
    "prediction: between store and file",
    "training: before the alias moves",
)
"""In every test run."""


def killed_at_each(points: tuple[str, ...], data: Path, week: str) -> None:
    """Run a week, kill it at each point in turn, and let the last run go on to the end.

    Each run begins with what the kills before it have left.
    """
    for point in points:
        with pytest.raises(runs.RunKilledError):
            runs.run(data, week, kill=POINTS[point])
    runs.run(data, week)


def differences(killed: Path, whole: Path) -> list[str]:
    """What is not alike after a week that was killed and after one that was not."""
    one, other = runs.end_state(killed), runs.end_state(whole)
    assert one.keys() == other.keys()
    return [name for name in other if one[name] != other[name]]


def open_runs(data: Path) -> list[str]:
    """The MLflow runs that are not finished, by their status."""
    with closing(sqlite3.connect(DataFolder(data).mlflow_database)) as database:
        rows = database.execute("SELECT status FROM runs WHERE status != 'FINISHED'").fetchall()
    return sorted(status for (status,) in rows)


@pytest.mark.parametrize("points", [pytest.param(FEW_OF_THE_FIRST, id="few"), ALL])
def test_a_first_week_killed_at_every_point(
    points: tuple[str, ...], week_1: Path, tmp_path: Path
) -> None:
    """From an empty folder, a first week ends as one that was never killed."""
    data = tmp_path / "test"

    killed_at_each(points, data, runs.WEEKS[0])

    assert differences(data, week_1) == []
    # A new run ends in MLflow what a dead one has left open.
    assert open_runs(data) == ["KILLED"] * len(points)


@pytest.mark.parametrize("points", [pytest.param(FEW_OF_THE_SECOND, id="few"), ALL])
def test_a_second_week_killed_at_every_point(
    points: tuple[str, ...], week_1: Path, week_2: Path, tmp_path: Path
) -> None:
    """From a full folder, a second week ends as one that was never killed."""
    data = runs.copied(week_1, tmp_path / "test")

    killed_at_each(points, data, runs.WEEKS[1])

    assert differences(data, week_2) == []


@pytest.mark.drill
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_is_finished_by_the_next(
    point: str, week_1: Path, week_2: Path, tmp_path: Path
) -> None:
    """Killed at this point alone and run again, a week leaves what it leaves undisturbed."""
    data = runs.copied(week_1, tmp_path / "test")
    with pytest.raises(runs.RunKilledError):
        runs.run(data, runs.WEEKS[1], kill=POINTS[point])
    assert [str(week) for week in DataFolder(data).weeks()] == [runs.WEEKS[0]]

    runs.run(data, runs.WEEKS[1])

    assert differences(data, week_2) == []


@pytest.mark.drill
def test_a_large_table_killed_between_pieces(tmp_path: Path) -> None:
    """What is noted of the pieces that were good says nothing of those that were not looked at."""
    data, whole = tmp_path / "killed" / "test", tmp_path / "whole" / "test"
    for kill_at in (1, 3):
        with pytest.raises(runs.RunKilledError):
            runs.run(data, runs.WEEKS[0], kill=lambda at=kill_at: SmallPieces(at))

    runs.run(data, runs.WEEKS[0], kill=SmallPieces)

    runs.run(whole, runs.WEEKS[0], kill=SmallPieces)
    assert list(whole.glob("08_reporting/gate/*.checked.json"))
    assert differences(data, whole) == []


@pytest.mark.drill
def test_a_better_model_that_could_not_take_over_does_so_later(
    week_2: Path, tmp_path: Path
) -> None:
    """Killed after its report, a week is complete; the next one carries its verdict out."""
    data = tmp_path / "test"
    with pytest.raises(runs.RunKilledError):
        runs.run(data, runs.WEEKS[0], kill=lambda: KillAfterSaving("weekly_report"))
    assert [str(week) for week in DataFolder(data).weeks()] == [runs.WEEKS[0]]

    runs.run(data, runs.WEEKS[1])

    assert differences(data, week_2) == []
