"""A Kedro runner whose nodes are Prefect tasks, and whose pipelines are subflows.

It is called by the ordinary `KedroSession.run`, so that every hook fires as it does under
`kedro run`. Kedro 1.7 has no public way to choose a runner's executor: `_get_executor` and `_run`
are private names, pinned by the tests of this module.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, Protocol

from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline
from kedro.runner import ThreadRunner
from pluggy import PluginManager
from prefect import Flow
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from weekwise.orchestration.options import Orchestration
from weekwise.orchestration.runner.executor import NodeExecutor, Turns
from weekwise.orchestration.runner.plan import Stage, lives_in_memory, make_plan


class Listener(Protocol):
    """Who is told how a run goes, in the thread of the session."""

    def started(self) -> None:
        """Nothing has run yet; Kedro's hooks before the run have."""

    def stage_done(self, stage: Stage) -> None:
        """All of a stage's nodes are done."""


class PrefectRunner(ThreadRunner):
    """Runs each stage as a Prefect subflow, and each of its nodes as a task.

    Args:
        is_async: Of no use here; nodes are threads.
        options: The project's `orchestration.yml`.
        listener: Told how the run goes.
        label: What tells this run's subflows from another's.
    """

    def __init__(
        self,
        is_async: bool = False,
        *,
        options: Orchestration | None = None,
        listener: Listener | None = None,
        label: str | None = None,
    ) -> None:
        super().__init__(is_async=is_async)
        self._options = options or Orchestration()
        self._listener = listener
        self._label = label
        self._executor: Executor | None = None

    def _get_executor(self, max_workers: int) -> Executor:
        return self._executor or super()._get_executor(max_workers)

    def _run(
        self,
        pipeline: Pipeline,
        catalog: CatalogProtocol[Any, Any],
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        plan = make_plan(pipeline, catalog, self._options)
        if self._listener is not None:
            self._listener.started()
        turns, before = Turns(self._options.concurrency), list[State[Any]]()
        for number, stage in enumerate(plan.stages):
            self._executor = NodeExecutor(stage, turns)
            run_nodes = super()._run

            def run_stage(stage: Stage = stage, run: Callable[..., None] = run_nodes) -> None:
                run(stage.pipeline, catalog, hook_manager, run_id)

            before = [run_subflow(stage.title, run_stage, before, label=self._label)]
            _release(plan.stages[: number + 1], plan.stages[number + 1 :], pipeline, catalog)
            if self._listener is not None:
                self._listener.stage_done(stage)


def run_subflow(
    title: str, run: Callable[[], None], before: list[State[Any]], *, label: str | None = None
) -> State[Any]:
    """Run something as a subflow that follows others, and give back its state.

    Args:
        title: The subflow's name.
        run: What it does.
        before: The states of those before it.
        label: The name of this run of it.

    Raises:
        BaseException: What it raised.
    """
    raised: list[BaseException] = []

    def stage() -> None:
        try:
            run()
        except BaseException as error:
            raised.append(error)
            raise

    flow = Flow(
        fn=stage,
        name=title,
        flow_run_name=label or title,
        validate_parameters=False,
        persist_result=False,
        retries=0,
    )
    # The week's own flow run has a heartbeat; one for each subflow would cost it up to a second.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        state: State[Any] = flow(wait_for=before, return_state=True)
    if not state.is_completed():
        raise raised[0] if raised else RuntimeError(f"{title}: {state.name}: {state.message}")
    return state


def _release(
    done: tuple[Stage, ...],
    rest: tuple[Stage, ...],
    pipeline: Pipeline,
    catalog: CatalogProtocol[Any, Any],
) -> None:
    """Let go of what crossed stages in memory and is needed by none of the rest."""
    needed = {name for stage in rest for name in stage.pipeline.inputs()}
    made = {name for stage in done for name in stage.pipeline.all_outputs()}
    for name in made - needed - pipeline.outputs():
        if lives_in_memory(name, catalog):
            catalog.release(name)
