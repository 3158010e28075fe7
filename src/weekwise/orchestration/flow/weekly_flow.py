"""The weekly flow: one run of all pipelines for one as-of date, which can be resumed."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import date
from typing import cast

from kedro.framework.session import KedroSession
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.context import FlowRunContext
from prefect.states import Cancelled, Completed

from weekwise.errors import EndOfFeed
from weekwise.hooks.tracking import recorded_interruption
from weekwise.orchestration.flow.alerts import alert_failure, alert_if_act, alert_not_started
from weekwise.orchestration.flow.artifacts import publish_failure, publish_report
from weekwise.orchestration.flow.catch_up import SKIPPED, choose_week
from weekwise.orchestration.flow.log_forwarding import forward_logs
from weekwise.orchestration.flow.run_lock import one_run_at_a_time
from weekwise.orchestration.flow.run_progress import RunProgress
from weekwise.orchestration.flow.week_summary import read_weekly_report
from weekwise.orchestration.project_environment import ProjectEnvironment, set_up_project
from weekwise.orchestration.runner.prefect_runner import PrefectRunner
from weekwise.system_errors import explained

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
        resume: Resume the last run of this date where it failed.
    """
    context = FlowRunContext.get()
    flow_run = context.flow_run if context else None
    if flow_run is None:
        raise RuntimeError("the weekly flow was called outside of Prefect")
    project = set_up_project()
    with forward_logs(), ExitStack() as lock:
        try:
            environment = ProjectEnvironment.of(project, env)
            choice = choose_week(environment, flow_run, as_of)
            if choice.skip_reason:
                return Cancelled(name=SKIPPED, message=choice.skip_reason)
            week = environment.calendar.parse(choice.as_of)
            lock.enter_context(one_run_at_a_time(environment.data, f"as_of {week}"))
        except EndOfFeed as end:
            # No failure: on a schedule it is the same every week from now on.
            logger.info("%s", end)
            return Completed(message=str(end))
        except Exception as error:
            alert_not_started(as_of, error)
            raise
        return _run(environment, flow_run, week, resume=resume)


def _run(
    environment: ProjectEnvironment, flow_run: FlowRun, week: date, *, resume: bool
) -> State[None]:
    as_of = week.isoformat()
    with get_client(sync_client=True) as client:
        client.update_flow_run(flow_run.id, name=f"as of {as_of}")
    progress = RunProgress.start(environment, flow_run, as_of, resume=resume)
    runner = PrefectRunner(options=environment.options, listener=progress, label=f"as of {as_of}")
    try:
        with (
            recorded_interruption(),
            KedroSession.create(
                environment.path, env=environment.env, runtime_params={"as_of": as_of}
            ) as session,
        ):
            cast("KedroSession", session).run(pipeline_names=progress.remaining, runner=runner)
    except Exception as error:
        # A user's error says what to do; only a defect needs its traceback.
        plain = explained(error)
        if plain is not None:
            logger.warning("the run of %s failed: %s", as_of, plain)
        else:
            logger.exception("the run of %s failed", as_of)
        publish_failure(environment, as_of, plain or error)
        alert_failure(environment, as_of, plain or error)
        raise
    progress.finish()
    report = read_weekly_report(environment, week)
    publish_report(environment, report, progress.journal.mlflow_run_id)
    alert_if_act(environment, report)
    return Completed(message=report.headline)
