"""A run that a signal ends at any node: its status, its runs in MLflow and Prefect, its end state.

Nodes run in threads of the run's own process, so a signal to one is a signal to the run.
"""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings

import flows
import runs
import typed
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

SIGNALS = (signal.SIGTERM, signal.SIGKILL, signal.SIGINT)
STATUSES = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGKILL: -9}
NODES = 44
POINTS = [(node, SIGNALS[node % 3]) for node in range(0, NODES - 1, 2)]
"""Nodes, from 0, before which a run is ended, and by what."""
ALL = pytest.param(POINTS, id="all", marks=pytest.mark.drill)
FEW = [POINTS[3], POINTS[10], POINTS[17]]
"""One of each signal."""
FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


class EndAt:
    """Sends its own process a signal before one of a run's nodes.

    Args:
        node: Its number, from 0.
        number: The signal.
    """

    def __init__(self, node: int, number: int) -> None:
        self._left, self._number = node, number

    @hook_impl(tryfirst=True)
    def before_node_run(self) -> None:
        """Send it."""
        if self._left == 0:
            os.kill(os.getpid(), self._number)
        self._left -= 1


def ended_at(node: int, number: int, more: Callable[[], Any] | None = None) -> Callable[[], None]:
    """For a command's process: the hook, and more."""

    def before() -> None:
        if more is not None:
            more()
        settings.set("HOOKS", (*settings.HOOKS, EndAt(node, number)))

    return before


def mlflow_statuses(data: Path) -> list[str]:
    """The statuses of all runs in MLflow, in the order they began."""
    with closing(sqlite3.connect(DataFolder(data).mlflow_database)) as database:
        rows = database.execute("SELECT status FROM runs ORDER BY start_time").fetchall()
    return [status for (status,) in rows]


def check_ended(answer: typed.Answer, number: int, data: Path) -> None:
    """The status is the signal's, and MLflow knows what a process could still tell it."""
    assert answer.status == STATUSES[signal.Signals(number)], answer.said
    if number == signal.SIGKILL:
        return
    assert typed.TRACEBACK not in answer.said
    assert f"Interrupted ({signal.Signals(number).name})" in answer.said
    assert mlflow_statuses(data)[-1] == "KILLED"


def differences(data: Path, whole: Path) -> list[str]:
    """What is not as after a week that nothing ended, but for the weekly flow's own files."""
    state, other = runs.end_state(data), runs.end_state(whole)
    for each in (state, other):
        each["files"] = [name for name in each["files"] if not name.startswith("orchestration/")]
    return [name for name in {**state, **other} if state.get(name) != other.get(name)]


@pytest.mark.parametrize("points", [pytest.param(FEW, id="few"), ALL])
def test_a_first_week_ended_by_signals(
    points: list[tuple[int, int]], tmp_path: Path, week_1: Path
) -> None:
    """From an empty folder, under `kedro run`."""
    data = tmp_path / "test"

    for node, number in points:
        answer = typed.run_week(data, runs.WEEKS[0], before=ended_at(node, number))
        check_ended(answer, number, data)
    answer = typed.run_week(data, runs.WEEKS[0])

    assert answer.status == 0, answer.said
    assert mlflow_statuses(data) == [*["KILLED"] * len(points), "FINISHED"]
    assert differences(data, week_1) == []


@pytest.mark.drill
def test_a_second_week_ended_by_signals(tmp_path: Path, week_1: Path, week_2: Path) -> None:
    """From a full folder, under `kedro run`."""
    data = runs.copied(week_1, tmp_path / "test")

    for node, number in POINTS:
        answer = typed.run_week(data, runs.WEEKS[1], before=ended_at(node, number))
        check_ended(answer, number, data)
    answer = typed.run_week(data, runs.WEEKS[1])

    assert answer.status == 0, answer.said
    assert {*mlflow_statuses(data)} == {"KILLED", "FINISHED"}
    assert differences(data, week_2) == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flows.Server]:
    """A Prefect server."""
    with flows.running(tmp_path_factory.mktemp("prefect")) as made:
        yield made


@pytest.mark.parametrize("points", [pytest.param(FEW[1:], id="few"), ALL])
@pytest.mark.parametrize(
    "first", [True, pytest.param(False, marks=pytest.mark.drill)], ids=["first", "second"]
)
def test_a_weekly_flow_ended_by_signals(
    points: list[tuple[int, int]],
    first: bool,
    server: flows.Server,
    tmp_path: Path,
    week_1: Path,
    week_2: Path,
) -> None:
    """Under Prefect: no flow run is left open there, and the next run ends as one alone."""
    data = tmp_path / "test"
    if not first:
        runs.copied(week_1, data)
    words = ("weekly", "run", "--as-of", runs.WEEKS[0 if first else 1])
    known = {run["id"] for run in server.flow_runs()}
    use = flows.used(server)

    for node, number in points:
        answer = typed.type_command(*words, data=data, before=ended_at(node, number, use))
        check_ended(answer, number, data)
    answer = typed.type_command(*words, data=data, before=use)

    assert answer.status == 0, answer.said
    of_weeks = [
        run
        for run in server.flow_runs()
        if run["id"] not in known and run["parent_task_run_id"] is None
    ]
    states = [run["state_type"] for run in of_weeks]
    assert states.count("COMPLETED") == 1
    assert {*states} <= FINAL
    assert {*mlflow_statuses(data)} == {"KILLED", "FINISHED"}
    assert differences(data, week_1 if first else week_2) == []
