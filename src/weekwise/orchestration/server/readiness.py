"""Waiting for the services that a weekly run needs, in whatever order they start."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpx

from weekwise.errors import ApiUnavailableError, OrchestrationError
from weekwise.orchestration.project import Project
from weekwise.orchestration.server.connection import check_api

PAUSE_SECONDS = 2.0
ANSWER_SECONDS = 5.0
SERVER_ERROR = 500

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RequiredService:
    """Something that must answer before a run can begin.

    Attributes:
        name: What people call it.
        trouble: Says what is wrong with it now; None if nothing is. What waiting cannot fix, it
            raises as an `OrchestrationError`.
    """

    name: str
    trouble: Callable[[], str | None]


def services(project: Project) -> tuple[RequiredService, ...]:
    """What the project's weekly flow needs: MLflow, if it is a server, and Prefect."""
    mlflow = tracking_uri(project)
    servers = (
        [RequiredService("MLflow", lambda: _mlflow_trouble(mlflow))] if _is_server(mlflow) else []
    )
    return (*servers, RequiredService("Prefect", _prefect_trouble))


def wait_for(
    needed: Iterable[RequiredService],
    seconds: float,
    *,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until each service has answered.

    Args:
        needed: The services.
        seconds: How long to wait for all of them together.
        now: The clock, in seconds.
        sleep: What passes the time.

    Raises:
        OrchestrationError: If one does not answer in time, or refuses.
    """
    deadline = now() + seconds
    for service in needed:
        said = None
        while trouble := service.trouble():
            if now() >= deadline:
                raise OrchestrationError(
                    f"{service.name} is not there after {seconds:g} s: {trouble}"
                )
            if trouble != said:
                logger.info("waiting for %s: %s", service.name, trouble)
                said = trouble
            sleep(PAUSE_SECONDS)


def tracking_uri(project: Project) -> str:
    """Where the project's configuration keeps MLflow's runs and registry."""
    return str(project.config["mlflow"]["server"]["mlflow_tracking_uri"])


def _is_server(uri: str) -> bool:
    return uri.startswith(("http://", "https://"))


def _mlflow_trouble(uri: str) -> str | None:
    try:
        answer = httpx.get(f"{uri.rstrip('/')}/health", timeout=ANSWER_SECONDS)
    except httpx.InvalidURL:
        raise OrchestrationError(
            f"{uri!r} is no address of an MLflow server; check MLFLOW_TRACKING_URI"
        ) from None
    except httpx.HTTPError:
        return f"{uri} cannot be reached; is the server running, and is MLFLOW_TRACKING_URI right?"
    if answer.status_code >= SERVER_ERROR:
        return f"{uri} answers with status {answer.status_code}"
    return None


def _prefect_trouble() -> str | None:
    try:
        check_api(server_needed=True)
    except ApiUnavailableError as error:
        return str(error)
    return None
