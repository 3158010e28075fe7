"""Serving the deployment in this process until somebody ends it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner

POLL_SECONDS = 10

logger = logging.getLogger(__name__)


class WeeklyRunner(Runner):
    """Prefect's runner, whose end is asked for in its own event loop.

    Prefect's handler waits inside the signal handler for the loop that it has interrupted.
    """

    def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:
        """Take no further run, cancel the one in hand, and end."""
        logger.warning("told to end: the run in hand, if any, is canceled")
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self.astop()))


async def serve_until_told(deployment: RunnerDeployment) -> None:
    """Run what a deployment schedules, one run at a time.

    The schedule goes on while nobody serves it, so that missed runs are late and not forgotten.

    Args:
        deployment: The deployment; created, or updated, first.
    """
    runner = WeeklyRunner(
        name="weekly", limit=1, pause_on_shutdown=False, query_seconds=POLL_SECONDS
    )
    await runner.aadd_deployment(deployment)
    await runner.start()
