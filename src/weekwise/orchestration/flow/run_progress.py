"""The progress of a run, kept in its journal and linked with its MLflow run."""

from __future__ import annotations

import logging
import os
from uuid import UUID

from kedro.framework.project import settings
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.states import Crashed

from weekwise.hooks.data_gate import DataGateHook
from weekwise.orchestration.flow.artifacts import link_runs
from weekwise.orchestration.flow.run_journal import RunJournal, parameters_hash, read_journal
from weekwise.orchestration.project_environment import ProjectEnvironment
from weekwise.orchestration.runner.run_plan import Stage

logger = logging.getLogger(__name__)


class RunProgress:
    """Keeps the journal of a run, and links it with its MLflow run.

    Attributes:
        journal: The run so far.
        remaining: Kedro pipelines still to be run; None is all of them.
    """

    def __init__(
        self, environment: ProjectEnvironment, journal: RunJournal, remaining: list[str] | None
    ) -> None:
        self._environment = environment
        self.journal = journal
        self.remaining = remaining

    @classmethod
    def start(
        cls, environment: ProjectEnvironment, flow_run: FlowRun, as_of: str, *, resume: bool
    ) -> RunProgress:
        """Start a new run, or resume the last one if this is a retry of it.

        Args:
            environment: The environment.
            flow_run: The Prefect run.
            as_of: The run's logical date.
            resume: Whether a user asked to resume the last run.
        """
        plan = environment.plan(as_of)
        last = read_journal(environment.data)
        if last is not None and not last.finished and last.flow_run_id != str(flow_run.id):
            _close_dead_run(last)
        new = RunJournal(
            as_of=as_of,
            flow_run_id=str(flow_run.id),
            parameters=parameters_hash(environment.parameters(as_of)),
        )
        if last is None or not _is_retry(last, new, resume=resume):
            return cls(environment, new.write(environment.data), None)
        done = last.stages if plan.resume_at == "stage" else ()
        names = [stage.pipeline_name for stage in plan.stages]
        remaining = [name for name in names if name not in done]
        logger.info("resuming the run of %s; done before: %s", as_of, ", ".join(done) or "nothing")
        if last.mlflow_run_id:
            # MLflow reads and removes it when the run is opened.
            os.environ["MLFLOW_RUN_ID"] = last.mlflow_run_id
        journal = last.update(environment.data, flow_run_id=new.flow_run_id, stages=done)
        return cls(environment, journal, remaining)

    def run_started(self) -> None:
        """Link the Prefect run and the MLflow run with one another."""
        mlflow_run_id = link_runs(self._environment, self.journal.flow_run_id)
        self._update(mlflow_run_id=mlflow_run_id)

    def stage_completed(self, stage: Stage) -> None:
        """Note that a retry need not run this stage again."""
        # By itself the gate publishes at the end, which a run that is killed never reaches; a retry
        # from the next stage on does not check these tables again.
        for hook in settings.HOOKS:
            if isinstance(hook, DataGateHook):
                hook.publish()
        self._update(stages=(*self.journal.stages, stage.pipeline_name))

    def finish(self) -> None:
        """Note that there is nothing to retry."""
        self._update(finished=True)

    def _update(self, **changes: object) -> None:
        self.journal = self.journal.update(self._environment.data, **changes)


def _close_dead_run(last: RunJournal) -> None:
    """Crash the last flow run if the API believes that it is running: this one holds its lock."""
    flow_run_id = UUID(last.flow_run_id)
    with get_client(sync_client=True) as client:
        try:
            state = client.read_flow_run(flow_run_id).state
        except ObjectNotFound:
            # Made on another server, or on a temporary one whose database is gone.
            return
        if state is not None and not state.is_final():
            message = "its process ended without a word"
            client.set_flow_run_state(flow_run_id, Crashed(message=message), force=True)


def _is_retry(last: RunJournal, new: RunJournal, *, resume: bool) -> bool:
    """Whether the new run is the last one again: the same date and parameters, and unfinished."""
    same = (last.as_of, last.parameters) == (new.as_of, new.parameters)
    # Prefect keeps a flow run's id when it retries it.
    return same and not last.finished and (resume or last.flow_run_id == new.flow_run_id)
