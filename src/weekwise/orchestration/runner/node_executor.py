"""A thread pool that runs each Kedro node as a Prefect task."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from kedro.pipeline.node import Node
from kedro.runner.task import Task as NodeTask
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.tasks import Task, exponential_backoff

from weekwise.errors import AsOfError, ContractError, DataGateError, OrchestrationError
from weekwise.orchestration.runner.run_plan import Stage, TaskPlan

FINAL_ERRORS = (DataGateError, ContractError, AsOfError)
"""What no further attempt can fix."""

TIMED_OUT = "TimedOut"

logger = logging.getLogger(__name__)


class ConcurrencyLimits:
    """How many nodes run at once, and only one of those that need the store's connection.

    Args:
        concurrency: Nodes at once.
    """

    def __init__(self, concurrency: int) -> None:
        self._connection = threading.Lock()
        self._slots = threading.Semaphore(concurrency)

    def acquire(self, task: TaskPlan) -> ExitStack:
        """Wait until the node may run; leaving the returned stack lets the next one run."""
        acquired = ExitStack()
        # The connection first, so that a node that waits for it takes no slot from another.
        if task.needs_connection:
            acquired.enter_context(self._connection)
        acquired.enter_context(self._slots)
        return acquired


class NodeExecutor(ThreadPoolExecutor):
    """What Kedro's runner submits its nodes to.

    Nothing passes through Prefect but states: the data stays in Kedro's catalog.

    Args:
        stage: The stage whose nodes are run.
        limits: Shared by all stages of a run.
    """

    def __init__(self, stage: Stage, limits: ConcurrencyLimits) -> None:
        # A thread for each node: those that wait for their limits wait in one.
        super().__init__(max_workers=len(stage.tasks), thread_name_prefix=stage.pipeline_name)
        self._stage = stage
        self._limits = limits
        self._states: dict[Node, State[Any]] = {}
        self._upstream: Mapping[Node, set[Node]] = stage.pipeline.node_dependencies

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a node's Kedro task as a Prefect task; its future gives the node."""
        if not isinstance(fn, NodeTask):
            return super().submit(fn, *args, **kwargs)
        upstream = [self._states[node] for node in self._upstream[fn.node] if node in self._states]
        # Threads start with an empty context. In a copy of the submitting one, Prefect finds the
        # stage's flow run, and log lines find their task.
        return super().submit(contextvars.copy_context().run, self._run, fn, upstream)

    def _run(self, task: NodeTask, upstream: list[State[Any]]) -> Node:
        node, attempts = task.node, NodeAttempts(task, self._stage.tasks[task.node.name])
        with self._limits.acquire(attempts.plan):
            state = attempts.prefect_task()(wait_for=upstream, return_state=True)
        self._states[node] = state
        if not state.is_completed():
            raise attempts.failure(state)
        return node


class NodeAttempts:
    """One node's attempts, and the error of the last of them.

    Args:
        task: Kedro's task for the node.
        plan: The node's options.
    """

    def __init__(self, task: NodeTask, plan: TaskPlan) -> None:
        self.plan = plan
        self.error: BaseException | None = None
        self._task = task

    def prefect_task(self) -> Task[..., None]:
        """The Prefect task; calling it makes all attempts."""
        options, node = self.plan.options, self.plan.node
        return Task(
            fn=self._attempt,
            # Without the namespace: the subflow around it is the pipeline.
            name=node.short_name,
            task_run_name=node.short_name,
            tags=sorted(node.tags),
            description=(node.func.__doc__ or "").partition("\n")[0],
            retries=options.retries,
            # Zeros in a list would put the task back on the schedule; a plain 0 retries at once.
            retry_delay_seconds=exponential_backoff(options.retry_delay_seconds)
            if options.retry_delay_seconds
            else 0,
            # Prefect 3.8 asks functions only: a method would, silently, forbid every retry.
            retry_condition_fn=lambda *_args: self._may_retry(),
            timeout_seconds=options.timeout_seconds,
            cache_policy=NO_CACHE,
            persist_result=False,
        )

    def failure(self, state: State[Any]) -> BaseException:
        """Why the last attempt did not complete."""
        name, limit = self.plan.node.short_name, self.plan.options.timeout_seconds
        # Prefect ends an attempt that is over its limit with a cancellation; passed on, that would
        # look like the end of the whole run.
        if state.name == TIMED_OUT:
            return OrchestrationError(
                f"node {name!r} took longer than its limit of {limit:g} s; find out why, or raise "
                "its timeout_seconds in orchestration.yml"
            )
        return self.error or RuntimeError(f"{name}: {state.name}: {state.message}")

    def _attempt(self) -> None:
        self.error = None
        try:
            self._task.execute()
        except BaseException as error:
            self.error = error
            raise

    def _may_retry(self) -> bool:
        """Whether another attempt can help; Prefect asks only while there are any left."""
        final = is_final(self.error)
        if not final:
            logger.warning(
                "%s failed and will be retried: %s", self.plan.node.short_name, self.error
            )
        return not final


def is_final(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is one that no further attempt can fix."""
    while error is not None:
        if isinstance(error, FINAL_ERRORS):
            return True
        error = error.__cause__ or error.__context__
    return False
