"""Filters for the runs that the Prefect API is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType


def of_deployment(deployment_id: UUID | None) -> DeploymentFilter:
    """One deployment; without an id, none."""
    return DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id] if deployment_id else []))


def due_before(time: datetime) -> FlowRunFilter:
    """Runs that were due before a time."""
    return FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime(before_=time))


def due_by_now(states: Sequence[StateType]) -> FlowRunFilter:
    """Runs that are due by now and in one of some states."""
    return FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=list(states))),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
    )
