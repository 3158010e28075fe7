"""The kinds of prediction: all that is known of one stands in its module."""

from __future__ import annotations

from collections.abc import Mapping

from weekwise.contract.model import Contract
from weekwise.contract.type_facts import TaskName
from weekwise.errors import ContractError
from weekwise.tasks.base import Task
from weekwise.tasks.binary import Binary
from weekwise.tasks.multiclass import Multiclass
from weekwise.tasks.regression import Regression

TASKS: Mapping[TaskName, Task] = {
    task.name: task for task in (Binary(), Multiclass(), Regression())
}
"""The kinds of prediction, each as it is for any target."""


def task_of(contract: Contract) -> Task:
    """The kind of prediction that a contract's target asks for.

    Raises:
        ContractError: If it has no target, or one that cannot be predicted as it stands.
    """
    if contract.task is None or contract.target is None:
        raise ContractError(
            f"contract {contract.table} has no target; give one column role: target"
        )
    task, target = TASKS[contract.task], contract.columns[contract.target]
    fault = task.fault_of_target(target)
    if fault:
        raise ContractError(
            f"contract {contract.table}: target {contract.target}, of type {target.type}, {fault}"
        )
    return task.of_target(target)


def reserved_outputs() -> frozenset[str]:
    """Columns that any kind of prediction is stored in, beside a row's key and time."""
    outputs = {name for task in TASKS.values() for name in task.output_names}
    settings = {name for task in TASKS.values() for name in task.settings_model.model_fields}
    return frozenset(outputs | settings)
