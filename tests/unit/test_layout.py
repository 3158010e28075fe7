"""The layout of the tree: names that are unique, and tests that stand where their subject does."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
TREES = {"weekwise": PROJECT / "src" / "weekwise", "api": PROJECT / "api"}

KEDRO_NAMES = {"nodes", "params", "pipeline"}
"""Kedro's own names for the modules of a pipeline."""
COMMANDS = {"contract", "model", "registry", "run", "weekly"}
"""A command's module is named after the command, whatever else is."""

CROSS_CUTTING = {
    "test_layout.py": "the tree itself",
    "test_raw_inputs.py": "readers, answers and the model together",
    "test_schema_and_reader.py": "the schema of a row and its reader together",
    "test_requirements.py": "what the service needs to be installed",
    "test_engine_knows_no_table.py": "the engine as a whole",
    "test_tasks_know_themselves.py": "the engine as a whole",
}
"""Unit tests that belong to no single module."""
OUTSIDE = {"deploy", "docker", "docs", "frontend", "flights"}
"""Folders of unit tests whose subject is not in `src/weekwise` or `api`."""


def modules(tree: Path) -> Iterator[Path]:
    """The modules of a package tree, without the packages' own."""
    return (path for path in tree.rglob("*.py") if path.name not in {"__init__.py", "__main__.py"})


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_no_two_modules_share_a_name(tree: Path) -> None:
    """A module is found by its name alone."""
    places = defaultdict(list)
    for path in modules(tree):
        is_command = path.parent.name == "cli" and path.stem in COMMANDS
        if path.stem not in KEDRO_NAMES and not is_command:
            places[path.stem].append(str(path.relative_to(tree)))

    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_no_two_classes_share_a_name(tree: Path) -> None:
    """A class is found by its name alone."""
    places = defaultdict(list)
    for path in modules(tree):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(tree)))

    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_unit_tests_mirror_their_subjects() -> None:
    """A unit test's path is that of the module, or of the package, that it tests."""
    unit = PROJECT / "tests" / "unit"
    strays = []
    for path in sorted(unit.rglob("test_*.py")):
        place = path.relative_to(unit)
        if place.parts[0] in OUTSIDE or place.name in CROSS_CUTTING:
            continue
        tree = TREES["api"].parent if place.parts[0] == "api" else TREES["weekwise"]
        subject = (tree / place).with_name(place.name.removeprefix("test_"))
        if not subject.exists() and not subject.with_suffix("").is_dir():
            strays.append(str(place))

    assert strays == []
