"""The weekly run as a service that starts by itself: in any order, and after any end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from weekwise.errors import OrchestrationError
from weekwise.orchestration.deployment.first_run import ensure_first_run
from weekwise.orchestration.deployment.interrupted_runs import resume_interrupted_runs
from weekwise.orchestration.deployment.serve import serve_alone
from weekwise.orchestration.deployment.serve_lock import one_serving_process
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.orchestration.server.connection import plain_api_errors
from weekwise.orchestration.server.readiness import required_services, tracking_uri, wait_for

logger = logging.getLogger(__name__)


def start_and_serve(environment: ProjectEnvironment, *, wait_seconds: float) -> None:
    """Wait for the services, run a first week if there is no champion, and serve, until SIGTERM.

    Args:
        environment: The environment.
        wait_seconds: How long to wait for MLflow and Prefect.

    Raises:
        OrchestrationError: If they do not answer in time, or another process serves already.
    """
    # Until the serving process has its own handler, no run is running that would have to end.
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(0))
    with one_serving_process(environment.data):
        wait_for(required_services(environment), wait_seconds)
        has_champion = champion_version(environment) is not None
        if not has_champion:
            logger.info("there is no champion yet: a first week is run now")
        # Before the schedule is served: afterwards an interrupted run and a new one look the same.
        with plain_api_errors():
            asyncio.run(resume_interrupted_runs(environment))
        serve_alone(environment, None if has_champion else ensure_first_run)


def champion_version(environment: ProjectEnvironment) -> str | None:
    """The version of the champion, if there is one.

    Raises:
        OrchestrationError: If the registry cannot be read.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    from weekwise.model.registry import Registry

    uri = tracking_uri(environment)
    if uri.startswith("sqlite:"):
        # MLflow makes the file, but not its folder.
        environment.data.mlflow.mkdir(parents=True, exist_ok=True)
    name = str(environment.config["globals"]["registered_model"])
    try:
        return Registry(name, MlflowClient(uri)).champion()
    except MlflowException as error:
        raise OrchestrationError(
            f"the registry at {uri} cannot be read: {str(error).splitlines()[0]}"
        ) from None
