from __future__ import annotations

from typing import cast

import pytest
from kedro.pipeline.node import Node
from kedro.runner.task import Task as NodeTask
from prefect.states import State, StateType

from weekwise.errors import AsOfError, ContractError, DataGateError, StoreError
from weekwise.orchestration.options import NodeOptions
from weekwise.orchestration.runner.node_executor import TIMED_OUT, NodeAttempts, is_final
from weekwise.orchestration.runner.run_plan import TaskPlan


def caused(error: Exception) -> Exception:
    """An error of a library, raised while it handled another."""
    outer = RuntimeError("wrapped")
    outer.__context__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (DataGateError("x"), True),
        (ContractError("x"), True),
        (AsOfError("x"), True),
        (StoreError("in use"), False),
        (ConnectionError("x"), False),
        (None, False),
    ],
)
def test_a_broken_contract_is_never_retried(error: Exception | None, final: bool) -> None:
    """What no further attempt can fix is final, also when a library has wrapped it."""
    assert is_final(error) is final
    if error is not None:
        assert is_final(caused(error)) is final


def draw(rows: int) -> int:
    """Draw some rows.

    It takes a while.
    """
    return rows


@pytest.mark.parametrize("namespace", [None, "monitoring"])
def test_a_task_is_called_as_its_node(namespace: str | None) -> None:
    """A task, its run and its errors have the node's name without its pipeline's namespace."""
    node = Node(draw, "rows", "drawn", name="draw_rows", tags=["figures"], namespace=namespace)
    options = NodeOptions(retries=3, retry_delay_seconds=2, timeout_seconds=60)
    # The task is only made here, and not run.
    unused = cast("NodeTask", None)
    attempts = NodeAttempts(unused, TaskPlan(node, options, needs_connection=False))

    task = attempts.prefect_task()

    assert (task.name, task.task_run_name) == ("draw_rows", "draw_rows")
    assert task.description == "Draw some rows."
    assert task.tags == {"figures"}
    assert (task.retries, task.retry_delay_seconds) == (3, [2, 4, 8])
    timed_out: State[None] = State(type=StateType.FAILED, name=TIMED_OUT)
    assert "node 'draw_rows' took longer than its limit of 60 s" in str(attempts.failure(timed_out))
