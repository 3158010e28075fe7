"""Serving the deployment in this process until somebody ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner

POLL_SECONDS = 10

Beside = Callable[[UUID], Awaitable[None]]
"""What goes on beside the serving of a deployment, whose id it is given."""

logger = logging.getLogger(__name__)


class WeeklyRunner(Runner):
    """Prefect's runner, whose end is asked for in its own event loop.

    Prefect's handler waits inside the signal handler for the loop that it has interrupted.
    """

    def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:
        """Take no further run, cancel the running one, and end."""
        logger.warning("SIGTERM received: the running flow run, if any, is canceled")
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self.astop()))


async def serve_until_told(deployment: RunnerDeployment, beside: Beside | None = None) -> None:
    """Run what a deployment schedules, one run at a time.

    The schedule goes on while nobody serves it, so that missed runs are late and not forgotten.

    Args:
        deployment: The deployment; created, or updated, first.
        beside: What goes on meanwhile, in the same event loop; it ends with the serving.
    """
    runner = WeeklyRunner(
        name="weekly", limit=1, pause_on_shutdown=False, query_seconds=POLL_SECONDS
    )
    deployment_id = await runner.aadd_deployment(deployment)
    other = asyncio.ensure_future(beside(deployment_id)) if beside else None
    try:
        await runner.start()
    finally:
        if other is not None:
            other.cancel()
