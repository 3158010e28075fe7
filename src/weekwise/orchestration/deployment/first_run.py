"""The first run of a new deployment, which gives the service its first champion."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType

from weekwise.orchestration.deployment.deployment_runs import (
    DeploymentRuns,
    Sleep,
    backoff_delays,
    retry_while_unavailable,
)

STATE_POLL_SECONDS = 5.0
WAITING_STATES = (StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING)
FAILED_STATES = (StateType.FAILED, StateType.CRASHED)

logger = logging.getLogger(__name__)


async def ensure_first_run(deployment_id: UUID) -> None:
    """Have a first run of a deployment, as soon as that is possible.

    Args:
        deployment_id: The deployment that is being served.
    """
    try:
        async with get_client() as client:
            await retry_while_unavailable(
                lambda: run_until_success(DeploymentRuns(client, deployment_id))
            )
    except Exception:
        # Nothing awaits this task, so its error would be lost; the schedule is served all the same.
        logger.exception("the first week will not run by itself; run: kedro weekly run")


async def run_until_success(runs: DeploymentRuns, sleep: Sleep = asyncio.sleep) -> None:
    """Run the next week until a run of it does not fail, with longer and longer delays.

    Args:
        runs: The deployment's runs.
        sleep: What passes the time.
    """
    for delay in backoff_delays():
        # A run that a user started, or that is resumed, is as good as a new one.
        waiting = await runs.due(*WAITING_STATES)
        run = waiting[0] if waiting else await runs.create()
        while (state := await runs.final_state(run)) is None:
            await sleep(STATE_POLL_SECONDS)
        if state.type not in FAILED_STATES:
            return
        logger.warning("the first week failed; retrying in %.0f s", delay)
        await sleep(delay)
