from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path
from typing import cast

import pytest
from prefect.client.schemas.objects import State, StateType
from prefect.states import Completed, Failed, Running, Scheduled

from fake_deployment import FakeDeploymentRuns, flow_run
from weekwise.orchestration.deployment.deployment_runs import DeploymentRuns
from weekwise.orchestration.deployment.interrupted_runs import MAX_STARTS, reschedule_interrupted
from weekwise.orchestration.flow.run_lock import one_run_at_a_time
from weekwise.paths import DataFolder


def reschedule(runs: FakeDeploymentRuns, folder: Path) -> list[StateType]:
    """Reschedule interrupted runs; gives the types of the states that runs were set to."""
    asyncio.run(reschedule_interrupted(cast("DeploymentRuns", runs), DataFolder(folder)))
    return [state.type for state in runs.states_set]


@pytest.mark.parametrize(
    ("state", "starts", "then"),
    [
        (Running(), 1, StateType.SCHEDULED),
        (State(type=StateType.PENDING), 0, StateType.SCHEDULED),
        (Running(), MAX_STARTS, StateType.CRASHED),
        (State(type=StateType.CANCELLING), 1, StateType.CANCELLED),
    ],
)
def test_interrupted_runs_are_resumed(
    state: State[None], starts: int, then: StateType, tmp_path: Path
) -> None:
    """A run whose process is gone is resumed; one that ended too many processes is not."""
    assert reschedule(FakeDeploymentRuns(existing=[flow_run(state, starts)]), tmp_path) == [then]


@pytest.mark.parametrize("state", [Completed(), Failed(), Scheduled()])
def test_runs_that_ended_or_never_started_are_left_alone(
    state: State[None], tmp_path: Path
) -> None:
    """Only active runs can have been interrupted."""
    assert reschedule(FakeDeploymentRuns(existing=[flow_run(state)]), tmp_path) == []


def test_a_run_that_is_running_is_not_interrupted(tmp_path: Path) -> None:
    """While a run holds the environment's lock, no run is rescheduled."""
    runs = FakeDeploymentRuns(existing=[flow_run(Running())])
    with one_run_at_a_time(DataFolder(tmp_path), "as_of 2013-01-15"):
        assert reschedule(runs, tmp_path) == []


def test_checking_the_lock_leaves_it_free(tmp_path: Path) -> None:
    """Whether a run is running can be checked without holding up the next one."""
    reschedule(FakeDeploymentRuns(existing=[flow_run(Running())]), tmp_path)
    with DataFolder(tmp_path).run_lock.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
