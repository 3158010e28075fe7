from __future__ import annotations

import asyncio
import fcntl
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.states import Completed, Crashed, Failed, Running, Scheduled

from weekwise.errors import OrchestrationError
from weekwise.orchestration.deployment import container_start as up
from weekwise.orchestration.deployment.container_start import (
    patiently,
    pauses,
    run_first_week,
    take_up,
)
from weekwise.orchestration.flow.lock import LOCK, one_run_at_a_time
from weekwise.orchestration.project import Project, set_up
from weekwise.paths import DataFolder

PROJECT = Path(__file__).parents[4]


def run(state: State[None], starts: int = 1) -> FlowRun:
    """A run of the deployment."""
    return FlowRun(flow_id=uuid4(), name="brave-owl", state=state, run_count=starts).model_copy(
        update={"state_type": state.type}
    )


@dataclass
class Runs:
    """The runs of a deployment, without an API: each run that is started ends as planned.

    Attributes:
        there: Runs that the API knows.
        ends: How each run ends, in the order of their starts.
        put_in: What runs were put in.
    """

    there: list[FlowRun] = field(default_factory=list)
    ends: list[State[None]] = field(default_factory=list)
    started: int = 0
    put_in: list[State[None]] = field(default_factory=list)
    asked: dict[UUID, int] = field(default_factory=dict)

    async def due(self, *states: StateType) -> list[FlowRun]:
        """Those in one of some states."""
        return [each for each in self.there if each.state_type in states]

    async def start(self) -> FlowRun:
        """One more."""
        self.started += 1
        return run(Scheduled())

    async def put(self, _run: FlowRun, state: State[None]) -> None:
        """Note it."""
        self.put_in.append(state)

    async def end_of(self, asked: FlowRun) -> State[None] | None:
        """A run ends when it is asked for a third time."""
        self.asked[asked.id] = self.asked.get(asked.id, 0) + 1
        if self.asked[asked.id] < 3:
            return None
        self.there = []
        return self.ends.pop(0)


async def sleep(_seconds: float) -> None:
    """Time passes at once."""


def first_week(runs: Runs) -> list[float]:
    """Run a first week; gives the pauses that it made."""
    slept: list[float] = []

    async def note(seconds: float) -> None:
        slept.append(seconds)

    asyncio.run(run_first_week(runs, note))
    return slept


def test_the_first_week_runs_once() -> None:
    """A first week that is complete is not run again."""
    runs = Runs(ends=[Completed()])
    assert first_week(runs) == [up.POLL_SECONDS] * 2
    assert runs.started == 1


def test_a_first_week_that_fails_is_tried_again_after_a_pause() -> None:
    """Attempts that fail or crash are followed by others, each after a longer pause."""
    runs = Runs(ends=[Failed(), Crashed(), Completed()])
    slept = [seconds for seconds in first_week(runs) if seconds != up.POLL_SECONDS]
    assert slept == [60, 120]
    assert runs.started == 3


@pytest.mark.parametrize("state", [Scheduled(), Running()])
def test_a_run_that_is_due_is_the_first_week(state: State[None]) -> None:
    """A run that somebody has asked for already is waited for, and no other is started."""
    runs = Runs(there=[run(state)], ends=[Completed()])
    first_week(runs)
    assert runs.started == 0


def test_pauses_grow_to_an_hour() -> None:
    """A first week that always fails does not keep the machine busy."""
    assert list(islice(pauses(), 9)) == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@pytest.mark.parametrize(
    ("state", "starts", "then"),
    [
        (Running(), 1, StateType.SCHEDULED),
        (State(type=StateType.PENDING), 0, StateType.SCHEDULED),
        (Running(), up.MOST_ATTEMPTS, StateType.CRASHED),
        (State(type=StateType.CANCELLING), 1, StateType.CANCELLED),
    ],
)
def test_what_was_cut_short_is_taken_up(
    state: State[None], starts: int, then: StateType, tmp_path: Path
) -> None:
    """A run whose process is gone goes on; one that ended too many processes does not."""
    runs = Runs(there=[run(state, starts)])
    asyncio.run(take_up(runs, tmp_path))
    assert [each.type for each in runs.put_in] == [then]


@pytest.mark.parametrize("state", [Completed(), Failed(), Scheduled()])
def test_what_has_ended_or_not_begun_is_left_alone(state: State[None], tmp_path: Path) -> None:
    """Only runs that had begun can have been cut short."""
    runs = Runs(there=[run(state)])
    asyncio.run(take_up(runs, tmp_path))
    assert runs.put_in == []


def test_a_run_at_work_is_not_cut_short(tmp_path: Path) -> None:
    """While somebody holds the environment's lock, a running run runs."""
    runs = Runs(there=[run(Running())])
    with one_run_at_a_time(tmp_path, "2013-01-15"):
        asyncio.run(take_up(runs, tmp_path))
    assert runs.put_in == []


def test_looking_at_the_lock_leaves_it_free(tmp_path: Path) -> None:
    """Whether a run is running can be asked without holding up the next one."""
    asyncio.run(take_up(Runs(there=[run(Running())]), tmp_path))
    with (DataFolder(tmp_path).orchestration / LOCK).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_an_api_that_is_away_is_asked_again() -> None:
    """What asks the API is done again until the API answers; other errors are raised."""
    troubles: list[Exception] = [httpx.ConnectError("away"), httpx.ReadTimeout("slow")]
    done: list[int] = []

    async def do() -> None:
        if troubles:
            raise troubles.pop()
        done.append(1)

    asyncio.run(patiently(do, sleep))
    assert done == [1]
    troubles.append(KeyError("a defect"))
    with pytest.raises(KeyError):
        asyncio.run(patiently(do, sleep))


@pytest.mark.parametrize(("version", "first"), [(None, True), ("3", False)])
def test_a_first_week_is_run_only_without_a_champion(
    version: str | None, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first week goes beside the schedule if, and only if, the registry has no champion."""
    beside: list[object] = []

    async def nothing(_project: object) -> None:
        """Nothing was cut short."""

    monkeypatch.setattr(up.signal, "signal", lambda *_: None)
    monkeypatch.setattr(up, "services", lambda _project: ())
    monkeypatch.setattr(up, "champion", lambda _project: version)
    monkeypatch.setattr(up, "take_up_what_was_cut_short", nothing)
    monkeypatch.setattr(up, "serve_weekly", lambda _project, other: beside.append(other))
    up.up(object(), wait_seconds=0)
    assert beside == [up.see_to_first_week if first else None]


def test_an_empty_store_has_no_champion(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The embedded registry is asked before anything was ever run."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path / "data"))
    assert up.champion(Project.of(set_up(), "test")) is None


def test_a_registry_that_cannot_be_read_is_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where MLflow answers and its registry does not, one line says so."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(up, "tracking_uri", lambda _project: "nowhere://registry")
    with pytest.raises(OrchestrationError, match="registry at nowhere://registry cannot be read"):
        up.champion(Project.of(set_up(), "test"))
