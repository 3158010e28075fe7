"""The weekly deployment: served in this process, or for workers of a work pool."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runner.storage import LocalStorage
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from weekwise.orchestration.deployment.weekly_runner import Beside, serve_until_told
from weekwise.orchestration.flow.catch_up import skip_missed
from weekwise.orchestration.flow.weekly_flow import weekly
from weekwise.orchestration.project import Project
from weekwise.orchestration.server.connection import check_api, check_work_pool, plain_api_errors

NAME = "weekly"
ENTRYPOINT = "weekwise.orchestration.deployment.entrypoint.weekly"

logger = logging.getLogger(__name__)


def weekly_deployment(project: Project) -> RunnerDeployment:
    """The deployment as `orchestration.yml` describes it, not yet known to the API."""
    schedule = project.options.schedule
    deployment = RunnerDeployment.from_flow(
        weekly,
        name=NAME if project.env is None else f"{NAME}-{project.env}",
        schedules=[Cron(schedule.cron, timezone=schedule.timezone)],
        parameters={"env": project.env},
        tags=["weekwise"],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    deployment.entrypoint = ENTRYPOINT
    return deployment


def serve_weekly(project: Project, beside: Beside | None = None) -> None:
    """Create or update the deployment and run what it schedules, until SIGTERM.

    Args:
        project: The environment.
        beside: What goes on meanwhile.

    Raises:
        OrchestrationError: If there is no API to serve for.
    """
    check_api(server_needed=True)
    deployment = weekly_deployment(project)
    with plain_api_errors():
        if project.options.schedule.catch_up == "newest":
            _skip_missed(deployment)
        schedule = project.options.schedule
        logger.info("serving %s: %s, %s", deployment.full_name, schedule.cron, schedule.timezone)
        asyncio.run(serve_until_told(deployment, beside))


def deploy_weekly(project: Project, work_pool: str) -> str:
    """Create or update the deployment for a work pool; gives its full name.

    Raises:
        OrchestrationError: If there is no API, or no such pool.
    """
    check_api(server_needed=True)
    check_work_pool(work_pool)
    deployment = weekly_deployment(project)
    # A worker starts runs in a folder of its own; the project is here.
    deployment.storage = LocalStorage(path=str(Path(project.path)))
    with plain_api_errors():
        deployment.apply(work_pool_name=work_pool)
    return deployment.full_name


def _skip_missed(deployment: RunnerDeployment) -> None:
    with get_client(sync_client=True) as client:
        try:
            known = client.read_deployment_by_name(deployment.full_name)
        except ObjectNotFound:
            return
        missed = skip_missed(client, known.id)
    if missed:
        logger.warning("%d late runs were skipped; the newest makes the offer to catch up", missed)
