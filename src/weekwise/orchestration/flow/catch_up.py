"""Which week a run takes, and what becomes of runs that an outage left late."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Cancelled

from weekwise.features.calendar import EASTERNMOST
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.orchestration.server.run_filters import due_before, due_by_now, of_deployment

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

SKIPPED = "Skipped"
MAX_RUNS = 200
"""The most runs that one request to the API may ask for; it refuses a request without a limit."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WeekChoice:
    """Which week a run takes, if any.

    Attributes:
        as_of: The week; empty if the run is skipped.
        skip_reason: Why the run does nothing; None if it runs.
    """

    as_of: str
    skip_reason: str | None = None


def choose_week(
    environment: ProjectEnvironment, flow_run: FlowRun, as_of: str | None
) -> WeekChoice:
    """The week that a run takes; late runs of older weeks give way to the newest.

    Args:
        environment: The environment.
        flow_run: The Prefect run.
        as_of: The week that was asked for, if any was.

    Raises:
        EndOfFeed: If every week of the feed was run.
    """
    if as_of is not None:
        return WeekChoice(as_of)
    schedule = environment.options.schedule
    missed: list[date] = []
    if flow_run.auto_scheduled and flow_run.deployment_id and schedule.catch_up == "newest":
        with get_client(sync_client=True) as client:
            late = late_runs(client, flow_run.deployment_id)
            if any(_due(run) > _due(flow_run) for run in late):
                return WeekChoice("", "a newer run is due; after an outage only the newest starts")
            older = [run for run in late if _due(run) < _due(flow_run)]
            for run in older:
                skip_run(client, run)
            skipped = skipped_since_last_run(client, flow_run)
        # A second schedule of the same day misses no week.
        due_days = {_due_day(run, schedule.timezone) for run in [*older, *skipped]}
        missed = sorted(due_days - {_due_day(flow_run, schedule.timezone)})
    if schedule.as_of == "scheduled":
        week, missed_weeks = _due_day(flow_run, schedule.timezone), missed
    else:
        # The store says which week is next; how many were missed, the late runs say.
        *missed_weeks, week = _next_weeks(environment, len(missed) + 1)
    if missed_weeks:
        logger.warning("%s", backfill_offer(environment, missed_weeks[0], missed_weeks[-1]))
    return WeekChoice(week.isoformat())


def late_runs(client: SyncPrefectClient, deployment_id: UUID) -> list[FlowRun]:
    """Scheduled runs of a deployment that are due and have not started, the oldest first."""
    runs = client.read_flow_runs(
        deployment_filter=of_deployment(deployment_id),
        flow_run_filter=due_by_now([StateType.SCHEDULED, StateType.PENDING]),
        # The newest first, so that those over the limit are the oldest.
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=MAX_RUNS,
    )
    return sorted((run for run in runs if run.auto_scheduled), key=_due)


def skipped_since_last_run(client: SyncPrefectClient, flow_run: FlowRun) -> list[FlowRun]:
    """Runs before this one that were skipped, back to the last that was not."""
    runs = client.read_flow_runs(
        deployment_filter=of_deployment(flow_run.deployment_id),
        flow_run_filter=due_before(_due(flow_run)),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=MAX_RUNS,
    )
    skipped: list[FlowRun] = []
    for run in runs:
        if run.id == flow_run.id:
            continue
        if run.state_name != SKIPPED:
            break
        skipped.append(run)
    return skipped


def skip_run(client: SyncPrefectClient, run: FlowRun) -> None:
    """Take a late run off the schedule."""
    message = "missed in an outage; only the newest late run starts"
    # By force: were the API's own rules to refuse, the run would start after all.
    client.set_flow_run_state(run.id, Cancelled(name=SKIPPED, message=message), force=True)


def skip_older_runs(client: SyncPrefectClient, deployment_id: UUID) -> int:
    """Take all late runs but the newest off the schedule; gives their number."""
    older = late_runs(client, deployment_id)[:-1]
    for run in older:
        skip_run(client, run)
    return len(older)


def backfill_offer(environment: ProjectEnvironment, first: date, last: date) -> str:
    """What to type to run the weeks that were missed."""
    command = f"kedro weekly backfill --from {first} --to {last}{environment.cli_option}"
    return f"weeks {first} to {last} were missed and will not run by themselves; run: {command}"


def _next_weeks(environment: ProjectEnvironment, count: int) -> list[date]:
    """The next `count` weeks after the last one in the store that have come and are in the feed."""
    calendar, first = environment.calendar, environment.next_week()
    newest = min(calendar.end or date.max, datetime.now(EASTERNMOST).date())
    later = [first + number * timedelta(days=calendar.step_days) for number in range(1, count)]
    return [first, *(week for week in later if week <= newest)]


def _due(run: FlowRun) -> datetime:
    return run.expected_start_time or datetime.min.replace(tzinfo=UTC)


def _due_day(run: FlowRun, timezone: str) -> date:
    return _due(run).astimezone(ZoneInfo(timezone)).date()
