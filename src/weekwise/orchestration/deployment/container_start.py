"""The weekly run as a service that starts by itself, in any order, and after any end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import AwaitingRetry, Cancelled, Crashed

from weekwise.errors import OrchestrationError, RunInProgressError
from weekwise.orchestration.deployment.weekly_deployment import serve_weekly, weekly_deployment
from weekwise.orchestration.flow.lock import one_run_at_a_time
from weekwise.orchestration.project import Project
from weekwise.orchestration.server.connection import plain_api_errors
from weekwise.orchestration.server.readiness import services, tracking_uri, wait_for
from weekwise.paths import DataFolder

POLL_SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
MOST_ATTEMPTS = 3
"""Starts of a run after which it is not taken up again: it may be what ends the process."""
MOST = 50
BEGUN = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)
FAILED = (StateType.FAILED, StateType.CRASHED)

logger = logging.getLogger(__name__)


def up(project: Project, *, wait_seconds: float) -> None:
    """Wait for the services, run a first week if there is no champion, and serve, until SIGTERM.

    Args:
        project: The environment.
        wait_seconds: How long to wait for MLflow and Prefect.

    Raises:
        OrchestrationError: If they do not answer in time.
    """
    # Until the runner has its own, nothing is running that would have to be ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    wait_for(services(project), wait_seconds)
    version = champion(project)
    if version is None:
        logger.info("there is no champion yet: a first week is run now")
    # Before the schedule is served: what then begins is no longer told from what was interrupted.
    with plain_api_errors():
        asyncio.run(take_up_what_was_cut_short(project))
    serve_weekly(project, see_to_first_week if version is None else None)


def champion(project: Project) -> str | None:
    """The version in service, if there is one.

    Raises:
        OrchestrationError: If the registry cannot be read.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    from weekwise.model.registry import Registry

    uri = tracking_uri(project)
    if uri.startswith("sqlite:"):
        # MLflow makes the file, but not its folder.
        DataFolder(project.data).mlflow.mkdir(parents=True, exist_ok=True)
    name = str(project.config["globals"]["registered_model"])
    try:
        return Registry(name, MlflowClient(uri)).champion()
    except MlflowException as error:
        raise OrchestrationError(
            f"the registry at {uri} cannot be read: {str(error).splitlines()[0]}"
        ) from None


async def see_to_first_week(deployment_id: UUID) -> None:
    """Run a first week of a deployment, as soon as that can be done.

    Args:
        deployment_id: The deployment that is being served.
    """
    try:
        async with get_client() as client:
            await patiently(lambda: run_first_week(Runs(client, deployment_id)))
    except Exception:
        # Nobody waits for this: the schedule is served whatever becomes of it.
        logger.exception("the first week is not seen to any longer; run: kedro weekly run")


async def take_up_what_was_cut_short(project: Project) -> None:
    """Have runs go on that ended with the process that served the deployment before."""
    async with get_client() as client:
        try:
            known = await client.read_deployment_by_name(weekly_deployment(project).full_name)
        except ObjectNotFound:
            return
        await take_up(Runs(client, known.id), project.data)


@dataclass(frozen=True)
class Runs:
    """The runs of one deployment, as the API knows them.

    Attributes:
        client: The API.
        deployment_id: The deployment.
    """

    client: PrefectClient
    deployment_id: UUID

    async def due(self, *states: StateType) -> list[FlowRun]:
        """Runs that are due by now and in one of some states."""
        return await self.client.read_flow_runs(
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[self.deployment_id])),
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))),
                expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
            ),
            limit=MOST,
        )

    async def start(self) -> FlowRun:
        """Ask for a run of the next week, now."""
        return await self.client.create_flow_run_from_deployment(self.deployment_id)

    async def put(self, run: FlowRun, state: State[None]) -> None:
        """Put a run in a state, whatever it is in."""
        await self.client.set_flow_run_state(run.id, state, force=True)

    async def end_of(self, run: FlowRun) -> State[None] | None:
        """A run's final state; None while it has none."""
        state = (await self.client.read_flow_run(run.id)).state
        return state if state is not None and state.is_final() else None


async def take_up(runs: Runs, data: Path) -> None:
    """Have the runs go on that the API takes for running, although nothing runs.

    Args:
        runs: The deployment's runs.
        data: The environment's data folder. Who holds its lock is at work.
    """
    cut_short = await runs.due(*BEGUN)
    if not cut_short or not _lock_is_free(data):
        return
    for run in cut_short:
        state = _after_a_cut(run)
        logger.warning("%s was interrupted: %s", run.name, state.message)
        await runs.put(run, state)


def _lock_is_free(data: Path) -> bool:
    try:
        with one_run_at_a_time(data, "a look"):
            return True
    except RunInProgressError:
        return False


def _after_a_cut(run: FlowRun) -> State[None]:
    if run.state_type is StateType.CANCELLING:
        return Cancelled(message="its process ended while it was being canceled")
    if run.run_count >= MOST_ATTEMPTS:
        return Crashed(message=f"its process ended {run.run_count} times; it is not taken up again")
    return AwaitingRetry(message="its process ended; it goes on where it was")


async def run_first_week(
    runs: Runs, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Run the next week until a run of it does not fail, with longer and longer pauses."""
    for pause in pauses():
        waiting = await runs.due(StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING)
        run = waiting[0] if waiting else await runs.start()
        while (end := await runs.end_of(run)) is None:
            await sleep(POLL_SECONDS)
        if end.type not in FAILED:
            return
        logger.warning("the first week failed; it is tried again in %.0f s", pause)
        await sleep(pause)


def pauses() -> Iterator[float]:
    """Seconds between attempts: each twice the last, up to an hour."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)


async def patiently(
    do: Callable[[], Awaitable[None]], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Do something that asks the API, again and again while the API is away."""
    for pause in pauses():
        try:
            await do()
        except (httpx.TransportError, PrefectHTTPStatusError) as error:
            logger.warning("the Prefect API is away (%s); next try in %.0f s", error, pause)
            await sleep(pause)
        else:
            return
