"""The hooks of a weekly flow: the same calls as under Kedro's own runners."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl

import flows
import runs

pytestmark = pytest.mark.slow


class HookRecorder:
    """Records every call of every hook of a run."""

    def __init__(self, calls: list[tuple[str, str]], *, failing: str | None) -> None:
        self.calls = calls
        self.failing = failing

    @hook_impl
    def after_context_created(self, context: Any) -> None:
        """Record it."""
        self.calls.append(("after_context_created", context.env))

    @hook_impl
    def after_catalog_created(self, catalog: Any) -> None:
        """Record it."""
        self.calls.append(("after_catalog_created", type(catalog).__name__))

    @hook_impl
    def before_pipeline_run(self, pipeline: Any) -> None:
        """Record it."""
        self.calls.append(("before_pipeline_run", pipeline.describe()))

    @hook_impl
    def after_pipeline_run(self, pipeline: Any, run_result: Any) -> None:
        """Record it."""
        self.calls.append(("after_pipeline_run", pipeline.describe() + str(sorted(run_result))))

    @hook_impl
    def on_pipeline_error(self, error: Exception, pipeline: Any) -> None:
        """Record it."""
        self.calls.append(("on_pipeline_error", f"{error!r} {pipeline.describe()}"))

    @hook_impl
    def before_node_run(self, node: Any, inputs: dict[str, Any], is_async: bool) -> None:
        """Record it."""
        self.calls.append(("before_node_run", f"{node} {sorted(inputs)} {is_async}"))

    @hook_impl
    def after_node_run(self, node: Any, outputs: dict[str, Any]) -> None:
        """Record it."""
        self.calls.append(("after_node_run", f"{node} {sorted(outputs)}"))

    @hook_impl
    def on_node_error(self, error: Exception, node: Any) -> None:
        """Record it."""
        self.calls.append(("on_node_error", f"{error!r} {node}"))

    @hook_impl
    def before_dataset_loaded(self, dataset_name: str, node: Any) -> None:
        """Record it."""
        self.calls.append(("before_dataset_loaded", f"{dataset_name} {node}"))

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any, node: Any) -> None:
        """Record it."""
        called = f"{dataset_name} {type(data).__name__} {node}"
        self.calls.append(("after_dataset_loaded", called))

    @hook_impl
    def before_dataset_saved(self, dataset_name: str, data: Any, node: Any) -> None:
        """Record it."""
        called = f"{dataset_name} {type(data).__name__} {node}"
        self.calls.append(("before_dataset_saved", called))

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any, node: Any) -> None:
        """Record it."""
        called = f"{dataset_name} {type(data).__name__} {node}"
        self.calls.append(("after_dataset_saved", called))


def recorded(runner: str, *, failing: str | None) -> Callable[[Any], list[tuple[str, str]]]:
    """A function for `Run` that gives all hook calls of a run under a runner.

    All pipelines are run; if a node is to fail, only its own.
    """

    def run(environment: Any) -> list[tuple[str, str]]:
        from kedro.framework.session import KedroSession
        from kedro.pipeline.node import Node
        from kedro.runner import SequentialRunner, ThreadRunner

        from weekwise.orchestration.options import NodeOptions, OrchestrationOptions
        from weekwise.orchestration.runner.prefect_runner import PrefectRunner

        calls: list[tuple[str, str]] = []
        flows.add_hook(lambda: HookRecorder(calls, failing=failing))
        node_run = Node.run
        without_retries = OrchestrationOptions(nodes=NodeOptions(retries=0))

        def fail(node: Any, inputs: Any) -> Any:
            if node.short_name == failing:
                raise ValueError("as the test asked")
            return node_run(node, inputs)

        Node.run = fail  # type: ignore[method-assign, assignment]
        runners = {
            "sequential": SequentialRunner,
            "thread": ThreadRunner,
            "prefect": lambda: PrefectRunner(options=without_retries),
        }
        with (
            KedroSession.create(
                environment.path, env="test", runtime_params={"as_of": runs.WEEKS[0]}
            ) as session,
            contextlib.suppress(ValueError),
        ):
            only = ["exploratory_data_analysis"] if failing else None
            session.run(pipeline_names=only, runner=runners[runner]())
        return sorted(calls)

    return run


def test_recorder_knows_every_hook() -> None:
    """The hook calls that the next test compares are those of all of Kedro's specifications."""
    from kedro.framework.hooks import specs

    hooks = {
        name
        for group in vars(specs).values()
        if isinstance(group, type)
        for name in vars(group)
        if name.startswith(("before_", "after_", "on_"))
    }
    assert hooks <= set(vars(HookRecorder))


@pytest.mark.parametrize("failing", [None, "read_analysis_table"])
def test_hooks_fire_as_under_kedro_run(
    failing: str | None, server: flows.Server, week_1: Path, tmp_path: Path
) -> None:
    """Every hook call, of a run that succeeds or fails, is the same as under Kedro's runners."""
    calls = {}
    for runner in ("sequential", "thread", "prefect"):
        data = runs.copied(week_1, tmp_path / runner / "test")
        calls[runner] = flows.Run(server, data, recorded(runner, failing=failing)).result()
    assert len(calls["sequential"]) > (10 if failing else 400)
    assert calls["prefect"] == calls["sequential"]
    assert calls["prefect"] == calls["thread"]
