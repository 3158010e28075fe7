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
from weekwise.orchestration.flow.journal import Journal, read_journal
from weekwise.orchestration.flow.lock import one_run_at_a_time
from weekwise.orchestration.flow.weekly_flow import weekly
from weekwise.orchestration.project import Project


def chosen_week(project: Project, as_of: str | None) -> date:
    """The week that is asked for, by default the one after the last.

    Raises:
        AsOfError: If it is none of the feed's.
        EndOfFeed: If every week of the feed was run.
    """
    return project.calendar.parse(as_of) if as_of else project.next_week()


def unfinished_run(project: Project) -> Journal:
    """The environment's last run, if there is something of it to retry.

    Raises:
        OrchestrationError: If there is not.
    """
    journal = read_journal(project.data)
    if journal is None or journal.finished:
        raise OrchestrationError("no run of this environment has failed; run: kedro weekly run")
    return journal


def run_now(project: Project, as_of: str | None) -> None:
    """Run a week in this process.

    Args:
        project: The environment.
        as_of: The week; by default the one after the last.

    Raises:
        WeekwiseError: If it cannot be run, or fails in a way that a user can fix.
    """
    weekly(as_of=chosen_week(project, as_of).isoformat(), env=project.env)


def retry_last(project: Project) -> None:
    """Take up the last run where it failed, as the same flow run if the API still knows it.

    Raises:
        OrchestrationError: If there is nothing to retry.
    """
    journal = unfinished_run(project)
    with one_run_at_a_time(project.data, journal.as_of):
        flow_run = _scheduled_again(journal)
    if flow_run is None:
        weekly(as_of=journal.as_of, env=project.env, resume=True)
    else:
        run_flow(weekly, flow_run=flow_run, parameters=_parameters(project, journal))


def _parameters(project: Project, journal: Journal) -> dict[str, object]:
    return {"as_of": journal.as_of, "env": project.env, "resume": True}


def _scheduled_again(journal: Journal) -> FlowRun | None:
    """The journal's flow run, ready to be run again, whatever state a crash left it in."""
    flow_run_id = UUID(journal.flow_run_id)
    with get_client(sync_client=True) as client:
        try:
            client.set_flow_run_state(flow_run_id, AwaitingRetry(), force=True)
            return client.read_flow_run(flow_run_id)
        except ObjectNotFound:
            return None
