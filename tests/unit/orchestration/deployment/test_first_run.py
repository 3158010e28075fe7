from __future__ import annotations

import asyncio
from typing import cast

import pytest
from prefect.client.schemas.objects import State
from prefect.states import Completed, Crashed, Failed, Running, Scheduled

from fake_deployment import FakeDeploymentRuns, flow_run
from weekwise.orchestration.deployment.deployment_runs import DeploymentRuns
from weekwise.orchestration.deployment.first_run import STATE_POLL_SECONDS, run_until_success


def delays_of_first_run(runs: FakeDeploymentRuns) -> list[float]:
    """Run a first week; gives the delays that it made."""
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    asyncio.run(run_until_success(cast("DeploymentRuns", runs), sleep))
    return delays


def test_the_first_week_runs_once() -> None:
    """A first week that is complete is not run again."""
    runs = FakeDeploymentRuns(final_states=[Completed()])
    assert delays_of_first_run(runs) == [STATE_POLL_SECONDS] * 2
    assert runs.created == 1


def test_a_first_week_that_fails_is_retried_after_a_delay() -> None:
    """Attempts that fail or crash are followed by others, each after a longer delay."""
    runs = FakeDeploymentRuns(final_states=[Failed(), Crashed(), Completed()])
    delays = [seconds for seconds in delays_of_first_run(runs) if seconds != STATE_POLL_SECONDS]
    assert delays == [60, 120]
    assert runs.created == 3


@pytest.mark.parametrize("state", [Scheduled(), Running()])
def test_a_run_that_is_due_is_the_first_week(state: State[None]) -> None:
    """A run that is due already is waited for, and no other is created."""
    runs = FakeDeploymentRuns(existing=[flow_run(state)], final_states=[Completed()])
    delays_of_first_run(runs)
    assert runs.created == 0
