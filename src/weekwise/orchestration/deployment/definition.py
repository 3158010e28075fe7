"""The weekly deployment as `orchestration.yml` defines it, also for workers of a work pool."""

from __future__ import annotations

from prefect.deployments.runner import RunnerDeployment
from prefect.runner.storage import LocalStorage
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from weekwise.orchestration.flow.weekly_flow import weekly
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.orchestration.server.connection import check_api, check_work_pool, plain_api_errors

DEPLOYMENT_NAME = "weekly"
ENTRYPOINT = "weekwise.orchestration.deployment.entrypoint.weekly"


def define_deployment(environment: ProjectEnvironment) -> RunnerDeployment:
    """The deployment of an environment, not yet known to the API."""
    schedule, env = environment.options.schedule, environment.env
    deployment = RunnerDeployment.from_flow(
        weekly,
        name=DEPLOYMENT_NAME if env is None else f"{DEPLOYMENT_NAME}-{env}",
        schedules=[Cron(schedule.cron, timezone=schedule.timezone)],
        parameters={"env": env},
        tags=["weekwise"],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    # The flow's own module would leave logging to Kedro: see the entrypoint's.
    deployment.entrypoint = ENTRYPOINT
    return deployment


def deploy_to_work_pool(environment: ProjectEnvironment, work_pool: str) -> str:
    """Create or update the deployment for a work pool.

    Args:
        environment: The environment.
        work_pool: The pool whose workers run it.

    Returns:
        The deployment's full name.

    Raises:
        OrchestrationError: If there is no API, or no such pool.
    """
    check_api(server_needed=True)
    check_work_pool(work_pool)
    deployment = define_deployment(environment)
    # A worker starts runs in a folder of its own; the project is here.
    deployment.storage = LocalStorage(path=str(environment.path))
    with plain_api_errors():
        deployment.apply(work_pool_name=work_pool)
    return deployment.full_name
