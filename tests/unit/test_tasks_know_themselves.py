"""Nothing outside `weekwise.tasks` asks which kind of prediction it has."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from weekwise.contract.type_facts import TaskName

PROJECT = Path(__file__).parents[2]
TASKS = PROJECT / "src" / "weekwise" / "tasks"
CONTRACT = PROJECT / "src" / "weekwise" / "contract"
TYPES = (CONTRACT / "type_facts.py", CONTRACT / "types.py")
"""The type of a target names its task; that is all they say of it."""

MODULES = [
    path
    for tree in ("src/weekwise", "api")
    for path in sorted((PROJECT / tree).rglob("*.py"))
    if TASKS not in path.parents and path not in TYPES
]
OWN_WORDS = ("log_loss", "probability", "probabilities", "positive_rate", "roc_auc", "log_odds")
"""Words of one kind of prediction, as names of variables, fields or keys."""


def names(path: Path) -> set[str]:
    """Every name, attribute, argument and string of a module, its documentation apart."""
    tree = ast.parse(path.read_text("utf-8"))
    documentation = {
        node.value
        for parent in ast.walk(tree)
        if isinstance(parent, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        for node in parent.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    used: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                used.add(name)
            case ast.keyword(arg=str(name)):
                used.add(name)
            case ast.Constant(value=str(name)) if node not in documentation:
                used.add(name)
    return used


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_module_asks_for_the_task(path: Path) -> None:
    """No module compares with a task's name, or uses the words of one kind of prediction."""
    used = names(path)

    assert not used & {task.name for task in TaskName}
    assert not used & set(OWN_WORDS)
