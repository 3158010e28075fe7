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

from weekwise.orchestration.options import OrchestrationOptions
from weekwise.orchestration.runner.node_executor import ConcurrencyLimits, NodeExecutor
from weekwise.orchestration.runner.run_plan import Stage, lives_in_memory, make_plan


class RunListener(Protocol):
    """Follows a run, in the thread of the session."""

    def run_started(self) -> None:
        """Called before the first node, and after Kedro's hooks before the run."""

    def stage_completed(self, stage: Stage) -> None:
        """Called when all of a stage's nodes are done."""


class PrefectRunner(ThreadRunner):
    """Runs each stage as a Prefect subflow, and each of its nodes as a task.

    Args:
        is_async: Kedro's own option; of no use here, since nodes are threads.
        options: The environment's `orchestration.yml`.
        listener: Follows the run.
        label: The name of this run's subflow runs.
    """

    def __init__(
        self,
        is_async: bool = False,
        *,
        options: OrchestrationOptions | None = None,
        listener: RunListener | None = None,
        label: str | None = None,
    ) -> None:
        super().__init__(is_async=is_async)
        self._options = options or OrchestrationOptions()
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
            self._listener.run_started()
        limits, previous = ConcurrencyLimits(self._options.concurrency), list[State[Any]]()
        for position, stage in enumerate(plan.stages):
            # ThreadRunner._run asks _get_executor for it.
            self._executor = NodeExecutor(stage, limits)
            run_nodes = super()._run

            def run_stage(stage: Stage = stage, run: Callable[..., None] = run_nodes) -> None:
                run(stage.pipeline, catalog, hook_manager, run_id)

            previous = [run_subflow(stage.title, run_stage, previous, label=self._label)]
            done, rest = plan.stages[: position + 1], plan.stages[position + 1 :]
            _release_unneeded(done, rest, pipeline, catalog)
            if self._listener is not None:
                self._listener.stage_completed(stage)


def run_subflow(
    title: str, run: Callable[[], None], previous: list[State[Any]], *, label: str | None = None
) -> State[Any]:
    """Run a function as a subflow that follows others.

    Args:
        title: The subflow's name.
        run: The function.
        previous: The states of the subflows before it.
        label: The name of this run of it; by default the title.

    Returns:
        Its final state, which is completed.

    Raises:
        BaseException: What the function raised.
    """
    # The error itself, for the caller: no result is persisted, so the state may not have it.
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
        state: State[Any] = flow(wait_for=previous, return_state=True)
    if not state.is_completed():
        raise raised[0] if raised else RuntimeError(f"{title}: {state.name}: {state.message}")
    return state


def _release_unneeded(
    done: tuple[Stage, ...],
    rest: tuple[Stage, ...],
    pipeline: Pipeline,
    catalog: CatalogProtocol[Any, Any],
) -> None:
    """Free datasets in memory that none of the remaining stages needs."""
    needed = {name for stage in rest for name in stage.pipeline.inputs()}
    made = {name for stage in done for name in stage.pipeline.all_outputs()}
    for name in made - needed - pipeline.outputs():
        if lives_in_memory(name, catalog):
            catalog.release(name)
