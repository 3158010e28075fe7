"""Serving the weekly deployment: this process runs what it schedules, until SIGTERM."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner

from weekwise.orchestration.deployment.definition import DEPLOYMENT_NAME, define_deployment
from weekwise.orchestration.deployment.serve_lock import one_serving_process
from weekwise.orchestration.flow.catch_up import skip_older_runs
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.orchestration.server.connection import check_api, plain_api_errors

SCHEDULE_POLL_SECONDS = 10

BackgroundTask = Callable[[UUID], Awaitable[None]]
"""What runs beside the serving of a deployment, whose id it is given."""

logger = logging.getLogger(__name__)


class ServeProcess(Runner):
    """Prefect's process that serves deployments, which here ends cleanly on SIGTERM.

    Prefect's own handler waits, inside the signal handler, for the event loop that the signal has
    just interrupted.
    """

    def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:
        """Start no further run, cancel the running one, and end."""
        logger.warning("SIGTERM received: the running flow run, if any, is canceled")
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self.astop()))


def serve_deployment(environment: ProjectEnvironment) -> None:
    """Create or update the deployment and run what it schedules, until SIGTERM.

    Args:
        environment: The environment.

    Raises:
        OrchestrationError: If there is no API to serve for, or another process serves it.
    """
    check_api(server_needed=True)
    with one_serving_process(environment.data):
        serve_alone(environment)


def serve_alone(environment: ProjectEnvironment, background: BackgroundTask | None = None) -> None:
    """Serve the deployment as the process that holds its lock, until SIGTERM.

    Args:
        environment: The environment.
        background: What runs beside it, in the same event loop; it ends with the serving.

    Raises:
        OrchestrationError: If the API refuses.
    """
    deployment, schedule = define_deployment(environment), environment.options.schedule
    with plain_api_errors():
        if schedule.catch_up == "newest":
            _skip_older_runs(deployment)
        logger.info("serving %s: %s, %s", deployment.full_name, schedule.cron, schedule.timezone)
        asyncio.run(_serve(deployment, background))


async def _serve(deployment: RunnerDeployment, background: BackgroundTask | None) -> None:
    # The schedule stays active when no process serves it: missed runs are late, not forgotten.
    process = ServeProcess(
        name=DEPLOYMENT_NAME,
        limit=1,
        pause_on_shutdown=False,
        query_seconds=SCHEDULE_POLL_SECONDS,
    )
    deployment_id = await process.aadd_deployment(deployment)
    task = asyncio.ensure_future(background(deployment_id)) if background else None
    try:
        await process.start()
    finally:
        if task is not None:
            task.cancel()


def _skip_older_runs(deployment: RunnerDeployment) -> None:
    with get_client(sync_client=True) as client:
        try:
            deployment_id = client.read_deployment_by_name(deployment.full_name).id
        except ObjectNotFound:
            return
        skipped = skip_older_runs(client, deployment_id)
    if skipped:
        logger.warning("%d late runs were skipped; the newest says how to catch up", skipped)
