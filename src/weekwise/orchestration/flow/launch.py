"""Start a weekly run in this process: a new one, or a failed one again."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.flow_engine import run_flow
from prefect.states import AwaitingRetry

from weekwise.errors import OrchestrationError
from weekwise.orchestration.flow.run_journal import RunJournal, read_journal
from weekwise.orchestration.flow.run_lock import one_run_at_a_time
from weekwise.orchestration.flow.weekly_flow import weekly
from weekwise.orchestration.project_environment import ProjectEnvironment


def requested_week(environment: ProjectEnvironment, as_of: str | None) -> date:
    """The week that was asked for, by default the one after the last.

    Raises:
        AsOfError: If it is none of the feed's.
        EndOfFeed: If every week of the feed was run.
    """
    return environment.calendar.parse(as_of) if as_of else environment.next_week()


def unfinished_run(environment: ProjectEnvironment) -> RunJournal:
    """The environment's last run, if it did not finish.

    Raises:
        OrchestrationError: If there is nothing to retry.
    """
    journal = read_journal(environment.data)
    if journal is None or journal.finished:
        raise OrchestrationError("no run of this environment has failed; run: kedro weekly run")
    return journal


def run_week(environment: ProjectEnvironment, as_of: str | None) -> None:
    """Run a week in this process.

    Args:
        environment: The environment.
        as_of: The week; by default the one after the last.

    Raises:
        WeekwiseError: If it cannot be run, or fails in a way that a user can fix.
    """
    weekly(as_of=requested_week(environment, as_of).isoformat(), env=environment.env)


def retry_last_run(environment: ProjectEnvironment) -> None:
    """Resume the last run where it failed, as the same flow run if the API still knows it.

    Raises:
        OrchestrationError: If there is nothing to retry.
    """
    journal = unfinished_run(environment)
    # With the lock, no run of this journal is running whose state would be overwritten.
    with one_run_at_a_time(environment.data, f"as_of {journal.as_of}"):
        flow_run = _rescheduled(journal)
    if flow_run is None:
        weekly(as_of=journal.as_of, env=environment.env, resume=True)
    else:
        parameters = {"as_of": journal.as_of, "env": environment.env, "resume": True}
        run_flow(weekly, flow_run=flow_run, parameters=parameters)


def _rescheduled(journal: RunJournal) -> FlowRun | None:
    """The journal's flow run, ready to be run again, whatever state a crash left it in."""
    flow_run_id = UUID(journal.flow_run_id)
    with get_client(sync_client=True) as client:
        try:
            client.set_flow_run_state(flow_run_id, AwaitingRetry(), force=True)
            return client.read_flow_run(flow_run_id)
        except ObjectNotFound:
            # Made on another server, or on a temporary one whose database is gone.
            return None
