"""Runs whose process ended with them, and which are resumed by the next one."""

from __future__ import annotations

import logging

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import AwaitingRetry, Cancelled, Crashed

from weekwise.orchestration.deployment.definition import define_deployment
from weekwise.orchestration.deployment.deployment_runs import DeploymentRuns
from weekwise.orchestration.flow.run_lock import is_running
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.paths import DataFolder

MAX_STARTS = 3
"""Starts of a run after which it is not resumed: it may be what ends the process."""
ACTIVE_STATES = (StateType.PENDING, StateType.RUNNING, StateType.CANCELLING)

logger = logging.getLogger(__name__)


async def resume_interrupted_runs(environment: ProjectEnvironment) -> None:
    """Resume runs that ended with the process that served the deployment before."""
    async with get_client() as client:
        try:
            deployment = define_deployment(environment)
            deployment_id = (await client.read_deployment_by_name(deployment.full_name)).id
        except ObjectNotFound:
            # Never served before, so nothing can have been interrupted.
            return
        await reschedule_interrupted(DeploymentRuns(client, deployment_id), environment.data)


async def reschedule_interrupted(runs: DeploymentRuns, data: DataFolder) -> None:
    """Put runs back on the schedule that the API believes to be active, although nothing runs.

    Args:
        runs: The deployment's runs.
        data: The environment's data folder, with the lock that an active run holds.
    """
    interrupted = await runs.due(*ACTIVE_STATES)
    if not interrupted or is_running(data):
        return
    for run in interrupted:
        state = _state_after_interruption(run)
        logger.warning("%s was interrupted: %s", run.name, state.message)
        await runs.set_state(run, state)


def _state_after_interruption(run: FlowRun) -> State[None]:
    if run.state_type is StateType.CANCELLING:
        return Cancelled(message="its process ended while it was being canceled")
    if run.run_count >= MAX_STARTS:
        return Crashed(message=f"its process ended {run.run_count} times; it is not resumed again")
    return AwaitingRetry(message="its process ended; it resumes where it stopped")
