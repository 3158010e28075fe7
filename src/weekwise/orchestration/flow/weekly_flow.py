"""The weekly flow: one run of all pipelines, for one as-of date, kept whole."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from datetime import date
from typing import cast

from kedro.framework.project import settings
from kedro.framework.session import KedroSession
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.states import Cancelled, Completed

from weekwise.errors import EndOfFeed, WeekwiseError
from weekwise.hooks.data_gate import DataGateHook
from weekwise.orchestration.flow import catch_up
from weekwise.orchestration.flow.alerts import alert_failure, alert_refused, alert_status
from weekwise.orchestration.flow.artifacts import link_runs, publish_failure, publish_report
from weekwise.orchestration.flow.forwarded_logs import forwarded_logs
from weekwise.orchestration.flow.journal import Journal, digest, read_journal
from weekwise.orchestration.flow.lock import one_run_at_a_time
from weekwise.orchestration.project import Project, set_up
from weekwise.orchestration.runner.plan import Plan, Stage
from weekwise.orchestration.runner.prefect_runner import PrefectRunner

logger = logging.getLogger(__name__)


@flow(name="Weekly Run", persist_result=False, retries=0)
def weekly(
    as_of: str | None = None,
    env: str | None = None,
    resume: bool = False,
) -> State[None]:
    """Wrangle, analyze, train, predict and monitor one week.

    Args:
        as_of: The run's logical date, YYYY-MM-DD; by default the week after the last one.
        env: Kedro's environment.
        resume: Take up the last run of this date where it failed.
    """
    context = FlowRunContext.get()
    flow_run = context.flow_run if context else None
    if flow_run is None:
        raise RuntimeError("the weekly flow was called outside of Prefect")
    project = Project.of(set_up(), env)
    with forwarded_logs(), ExitStack() as lock:
        try:
            turn = catch_up.choose(project, flow_run, as_of)
            if turn.superseded:
                return Cancelled(name="Skipped", message=turn.superseded)
            day = project.calendar.parse(turn.as_of)
            lock.enter_context(one_run_at_a_time(project.data, day.isoformat()))
        except EndOfFeed as end:
            logger.info("%s", end)
            return Completed(message=str(end))
        except Exception as error:
            alert_refused(as_of, error)
            raise
        return _run_week(project, flow_run, day, resume=resume)


def _run_week(project: Project, flow_run: FlowRun, day: date, *, resume: bool) -> State[None]:
    as_of = day.isoformat()
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, name=f"as of {as_of}")
    plan = project.plan(as_of)
    record = Record.begin(project, flow_run, as_of, plan, resume=resume)
    runner = PrefectRunner(options=project.options, listener=record, label=f"as of {as_of}")
    try:
        with KedroSession.create(
            project.path, env=project.env, runtime_params={"as_of": as_of}
        ) as session:
            cast("KedroSession", session).run(pipeline_names=record.remaining, runner=runner)
    except Exception as error:
        if isinstance(error, WeekwiseError):
            logger.warning("the run of %s failed: %s", as_of, error)
        else:
            logger.exception("the run of %s failed", as_of)
        publish_failure(project, as_of, error)
        alert_failure(project, as_of, error)
        raise
    record.finish()
    report = publish_report(project, as_of, record.journal.mlflow_run_id)
    alert_status(project, report)
    return Completed(message=report.headline)


class Record:
    """Keeps the journal of a run, and links it with its MLflow run.

    Attributes:
        journal: The run so far.
        remaining: Kedro pipelines still to be run; None is all of them.
    """

    def __init__(self, project: Project, journal: Journal, remaining: list[str] | None) -> None:
        self._project = project
        self.journal = journal
        self.remaining = remaining

    @classmethod
    def begin(
        cls, project: Project, flow_run: FlowRun, as_of: str, plan: Plan, *, resume: bool
    ) -> Record:
        """Begin a run, or take up the one before if this is a retry of it."""
        before = read_journal(project.data)
        fresh = Journal(
            as_of=as_of,
            flow_run_id=str(flow_run.id),
            parameters=digest(project.parameters(as_of)),
        )
        if before is None or not _continues(before, fresh, resume=resume):
            return cls(project, fresh.write(project.data), None)
        names = [stage.pipeline_name for stage in plan.stages]
        done = before.stages if plan.resume_at == "stage" else ()
        remaining = [name for name in names if name not in done]
        logger.info("taking up the run of %s; done before: %s", as_of, ", ".join(done) or "nothing")
        if before.mlflow_run_id:
            # MLflow reads and removes it when the run is opened.
            os.environ["MLFLOW_RUN_ID"] = before.mlflow_run_id
        journal = before.noted(project.data, flow_run_id=fresh.flow_run_id, stages=done)
        return cls(project, journal, remaining)

    def started(self) -> None:
        """Link the Prefect run and the MLflow run with one another."""
        mlflow_run_id = link_runs(self._project, self.journal.flow_run_id)
        self.journal = self.journal.noted(self._project.data, mlflow_run_id=mlflow_run_id)

    def stage_done(self, stage: Stage) -> None:
        """Note that a retry need not make this stage again, with all that it leaves behind."""
        for hook in settings.HOOKS:
            if isinstance(hook, DataGateHook):
                hook.publish()
        done = (*self.journal.stages, stage.pipeline_name)
        self.journal = self.journal.noted(self._project.data, stages=done)

    def finish(self) -> None:
        """Note that there is nothing to retry."""
        self.journal = self.journal.noted(self._project.data, finished=True)


def _continues(before: Journal, now: Journal, *, resume: bool) -> bool:
    """Whether this run is the one before, tried again."""
    same = (before.as_of, before.parameters) == (now.as_of, now.parameters)
    return same and not before.finished and (resume or before.flow_run_id == now.flow_run_id)
