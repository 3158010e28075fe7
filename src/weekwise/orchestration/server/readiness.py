"""Waiting for the services that a weekly run needs, in whatever order they start."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpx

from weekwise.errors import ApiUnavailableError, OrchestrationError
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.orchestration.server.connection import check_api

POLL_SECONDS = 2.0
RESPONSE_SECONDS = 5.0
SERVER_ERROR = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RequiredService:
    """Something that must answer before a run can begin.

    Attributes:
        name: What people call it.
        problem: Says what is wrong with it now; None if nothing is. What waiting cannot fix, it
            raises as an `OrchestrationError`.
    """

    name: str
    problem: Callable[[], str | None]


def required_services(environment: ProjectEnvironment) -> tuple[RequiredService, ...]:
    """What the environment's weekly flow needs: MLflow, if it is a server, and Prefect."""
    prefect = RequiredService("Prefect", _prefect_problem)
    uri = tracking_uri(environment)
    if not uri.startswith(("http://", "https://")):
        return (prefect,)
    return (RequiredService("MLflow", lambda: _mlflow_problem(uri)), prefect)


def wait_for(
    services: Iterable[RequiredService],
    seconds: float,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until each service has answered.

    Args:
        services: The services.
        seconds: How long to wait for all of them together.
        now: The clock, in seconds.
        sleep: What passes the time.

    Raises:
        OrchestrationError: If one does not answer in time, or refuses.
    """
    deadline = now() + seconds
    for service in services:
        logged = None
        while problem := service.problem():
            if now() >= deadline:
                raise OrchestrationError(
                    f"{service.name} is not available after {seconds:g} s: {problem}"
                )
            # Once for each problem: the same line every two seconds would hide all others.
            if problem != logged:
                logger.info("waiting for %s: %s", service.name, problem)
                logged = problem
            sleep(POLL_SECONDS)


def tracking_uri(environment: ProjectEnvironment) -> str:
    """Where the environment's configuration keeps MLflow's runs and registry."""
    return str(environment.config["mlflow"]["server"]["mlflow_tracking_uri"])


def _mlflow_problem(uri: str) -> str | None:
    try:
        response = httpx.get(f"{uri.rstrip('/')}/health", timeout=RESPONSE_SECONDS)
    except httpx.InvalidURL:
        raise OrchestrationError(
            f"{uri!r} is no address of an MLflow server; check MLFLOW_TRACKING_URI"
        ) from None
    except httpx.HTTPError:
        return f"{uri} cannot be reached; is the server running, and is MLFLOW_TRACKING_URI right?"
    if response.status_code >= SERVER_ERROR:
        return f"{uri} answers with status {response.status_code}"
    return None


def _prefect_problem() -> str | None:
    try:
        check_api(server_needed=True)
    except ApiUnavailableError as error:
        return str(error)
    return None
