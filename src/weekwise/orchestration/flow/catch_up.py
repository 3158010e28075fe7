"""Which week a run takes, and what becomes of runs that an outage left late."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

from weekwise.orchestration.project import Project

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

SKIPPED = "Skipped"
MOST = 200
"""Runs that the API gives at once; it refuses a request that names no number."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Turn:
    """What a run is to do.

    Attributes:
        as_of: The week it takes.
        superseded: If it is to do nothing, why.
    """

    as_of: str
    superseded: str | None = None


def choose(project: Project, flow_run: FlowRun, as_of: str | None) -> Turn:
    """The week that a run takes; late runs of older weeks give way to the newest.

    Args:
        project: The environment.
        flow_run: The Prefect run.
        as_of: The week somebody asked for.

    Raises:
        EndOfFeed: If every week of the feed was run.
    """
    if as_of is not None:
        return Turn(as_of)
    schedule = project.options.schedule
    missed: list[date] = []
    if flow_run.auto_scheduled and flow_run.deployment_id and schedule.catch_up == "newest":
        with get_client(sync_client=True) as client:
            late = list(late_runs(client, flow_run.deployment_id))
            if any(_due(run) > _due(flow_run) for run in late):
                return Turn("", "a newer run is due; after an outage only the newest starts")
            earlier = [run for run in late if _due(run) < _due(flow_run)]
            for run in earlier:
                skip(client, run)
            skipped = skipped_since_last_run(client, flow_run)
        missed = sorted({_day(run, schedule.timezone) for run in [*earlier, *skipped]})
    if schedule.as_of == "scheduled":
        day = _day(flow_run, schedule.timezone)
        weeks = missed
    else:
        step = timedelta(days=project.calendar.step_days)
        first = project.next_week()
        days = [first + n * step for n in range(len(missed) + 1)]
        if project.calendar.end is not None:
            days = [each for each in days if each <= project.calendar.end]
        *weeks, day = days
    if weeks:
        logger.warning("%s", offer(weeks[0], weeks[-1], project.env))
    return Turn(day.isoformat())


def late_runs(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """Scheduled runs of a deployment that are due and have not begun, the oldest first."""
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(
                type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING])
            ),
            expected_start_time=FlowRunFilterExpectedStartTime(before_=datetime.now(UTC)),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=MOST,
    )
    return sorted((run for run in found if run.auto_scheduled), key=_due)


def skipped_since_last_run(client: SyncPrefectClient, flow_run: FlowRun) -> list[FlowRun]:
    """Runs that were skipped after the last one that did something."""
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(
            id=DeploymentFilterId(any_=[flow_run.deployment_id] if flow_run.deployment_id else [])
        ),
        flow_run_filter=FlowRunFilter(
            expected_start_time=FlowRunFilterExpectedStartTime(before_=_due(flow_run)),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=MOST,
    )
    skipped: list[FlowRun] = []
    for run in found:
        if run.id == flow_run.id:
            continue
        if run.state_name != SKIPPED:
            break
        skipped.append(run)
    return skipped


def skip(client: SyncPrefectClient, run: FlowRun) -> None:
    """Take a late run off the schedule."""
    message = "missed in an outage; only the newest late run starts"
    client.set_flow_run_state(run.id, Cancelled(name=SKIPPED, message=message), force=True)


def skip_missed(client: SyncPrefectClient, deployment_id: UUID) -> int:
    """Take all late runs but the newest off the schedule; gives their number."""
    earlier = late_runs(client, deployment_id)[:-1]
    for run in earlier:
        skip(client, run)
    return len(earlier)


def offer(first: date, last: date, env: str | None) -> str:
    """The command that makes up for missed weeks."""
    option = f" --env {env}" if env else ""
    return (
        f"weeks {first} to {last} were missed and are not run by themselves; "
        f"to make up for them: kedro weekly backfill --from {first} --to {last}{option}"
    )


def _due(run: FlowRun) -> datetime:
    return run.expected_start_time or datetime.min.replace(tzinfo=UTC)


def _day(run: FlowRun, timezone: str) -> date:
    return _due(run).astimezone(ZoneInfo(timezone)).date()
