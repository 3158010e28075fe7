"""The kinds of prediction: all that is known of one stands in its module."""

from __future__ import annotations

from collections.abc import Mapping

from weekwise.contract.model import Contract
from weekwise.contract.type_facts import TaskName
from weekwise.errors import ContractError
from weekwise.tasks.base import Task
from weekwise.tasks.binary import Binary
from weekwise.tasks.regression import Regression

TASKS: Mapping[TaskName, Task] = {task.name: task for task in (Binary(), Regression())}
"""The kinds of prediction that are supported."""


def task_of(contract: Contract) -> Task:
    """The kind of prediction that a contract's target asks for.

    Raises:
        ContractError: If it has no target, or one whose kind is not supported yet.
    """
    if contract.task is None:
        raise ContractError(
            f"contract {contract.table} has no target; give one column role: target"
        )
    try:
        return TASKS[contract.task]
    except KeyError:
        raise ContractError(
            f"contract {contract.table} asks for {contract.task} predictions, which are not "
            f"supported yet; use a boolean or numeric target ({', '.join(TASKS)})"
        ) from None
