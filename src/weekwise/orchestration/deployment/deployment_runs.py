"""The runs of one deployment, and calls of the API that outlast its absence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import PrefectHTTPStatusError

from weekwise.orchestration.server.run_filters import due_by_now, of_deployment

FIRST_DELAY, LONGEST_DELAY = 60.0, 3600.0
MAX_DUE_RUNS = 50

Sleep = Callable[[float], Awaitable[None]]
"""Waits for some seconds."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeploymentRuns:
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
            deployment_filter=of_deployment(self.deployment_id),
            flow_run_filter=due_by_now(states),
            limit=MAX_DUE_RUNS,
        )

    async def create(self) -> FlowRun:
        """A new run of the next week, due now."""
        return await self.client.create_flow_run_from_deployment(self.deployment_id)

    async def set_state(self, run: FlowRun, state: State[None]) -> None:
        """Set a run's state, whatever it is in."""
        await self.client.set_flow_run_state(run.id, state, force=True)

    async def final_state(self, run: FlowRun) -> State[None] | None:
        """A run's final state; None while it has none."""
        state = (await self.client.read_flow_run(run.id)).state
        return state if state is not None and state.is_final() else None


def backoff_delays() -> Iterator[float]:
    """Seconds between attempts: each twice the last, up to an hour."""
    delay = FIRST_DELAY
    while True:
        yield delay
        delay = min(2 * delay, LONGEST_DELAY)


async def retry_while_unavailable(
    call: Callable[[], Awaitable[None]], sleep: Sleep = asyncio.sleep
) -> None:
    """Make a call that needs the API, again and again while the API is unavailable.

    Args:
        call: The call; made anew from its start.
        sleep: What passes the time.
    """
    for delay in backoff_delays():
        try:
            await call()
        except (httpx.TransportError, PrefectHTTPStatusError) as error:
            logger.warning("the Prefect API is unavailable (%s); retrying in %.0f s", error, delay)
            await sleep(delay)
        else:
            return
