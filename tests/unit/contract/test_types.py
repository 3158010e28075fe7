from __future__ import annotations

import ast
import copy
import pickle
from collections.abc import Iterable
from pathlib import Path

import ibis
import pandas as pd
import pytest
from mlflow.types import DataType
from pydantic import TypeAdapter

import api
import weekwise
from weekwise.contract import types
from weekwise.contract.type_facts import TaskName
from weekwise.contract.types import ColumnType

TYPES_FILE = Path(types.__file__)
SOURCES = sorted(
    path
    for package in (weekwise, api)
    for path in Path(str(package.__file__)).parent.rglob("*.py")
    # Inference chooses types by what a table holds: there is no column yet to ask.
    if path != TYPES_FILE and path.parent.name != "infer"
)
NAMES = {column_type.value for column_type in ColumnType}


@pytest.mark.parametrize("column_type", ColumnType)
def test_every_name_in_another_system_is_known_there(column_type: ColumnType) -> None:
    """Ibis, pandas, MLflow and Pydantic each take what the record calls the type."""
    facts = column_type.facts
    assert ibis.dtype(facts.ibis)
    assert str(pd.array([None], dtype=facts.pandas).dtype) == facts.pandas
    for mlflow in filter(None, (facts.mlflow, facts.mlflow_optional)):
        assert DataType[mlflow.name]
        assert pd.Series([], dtype=mlflow.dtype).dtype == mlflow.dtype
    assert TypeAdapter(facts.python).json_schema()["type"] == facts.json.schema["type"]


@pytest.mark.parametrize("column_type", ColumnType)
def test_a_type_holds_one_kind_of_values(column_type: ColumnType) -> None:
    """Text, numbers, times and truth values exclude each other, and each type is one of them."""
    facts = column_type.facts
    assert [facts.numeric, facts.textual, facts.temporal, facts.boolean].count(True) == 1


@pytest.mark.parametrize("column_type", ColumnType)
def test_a_contract_lists_values_or_limits_of_a_type(column_type: ColumnType) -> None:
    """Every type can be narrowed down in one way or the other; whole numbers in both."""
    facts = column_type.facts
    both = facts.numeric and facts.whole
    assert (facts.allowed is not None) + bool(facts.limits) == (2 if both else 1)


@pytest.mark.parametrize(
    ("column_type", "value"),
    [
        (ColumnType.STRING, "1"),
        (ColumnType.CATEGORY, "True"),
        (ColumnType.INTEGER, -7),
        (ColumnType.BOOLEAN, True),
        (ColumnType.BOOLEAN, False),
    ],
)
def test_an_allowed_value_is_read_from_its_text(
    column_type: ColumnType, value: str | int | bool
) -> None:
    """JSON's keys are text, and the value's type comes back."""
    again = column_type.facts.allowed_from_text(str(value))
    assert (again, type(again)) == (value, type(value))


def test_the_targets_type_says_the_task() -> None:
    """Truth values are told apart, categories are, numbers are estimated; the rest is no target."""
    tasks = {column_type.value: column_type.facts.task for column_type in ColumnType}
    assert tasks == {
        "string": None,
        "category": TaskName.MULTICLASS,
        "integer": TaskName.REGRESSION,
        "number": TaskName.REGRESSION,
        "boolean": TaskName.BINARY,
        "date": None,
        "datetime": None,
    }


def test_a_type_is_its_name_wherever_it_is_carried() -> None:
    """A type that was pickled, copied or read from text has the same facts."""
    for column_type in ColumnType:
        assert column_type == str(column_type)
        assert pickle.loads(pickle.dumps(column_type)) is column_type  # noqa: S301 - our own
        assert copy.deepcopy(column_type) is column_type


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_other_module_knows_one_type_from_another(path: Path) -> None:
    """What is known of a type stands in its record: no table of types and no `if` on the side."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [ast.unparse(node) for node in ast.walk(tree) if _tells_types_apart(node)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{ColumnType.DATE: 'date'}", True),
        ("column.type is ColumnType.INTEGER", True),
        ("ColumnType['INTEGER']", True),
        ("table: Mapping[ColumnType, str]", True),
        ("{known: known.facts.ibis for known in ColumnType}", True),
        ("column.type == 'integer'", True),
        ("column.type in ('date', 'datetime')", True),
        ("{'integer': 'long', 'number': 'double'}", True),
        ("column.type.facts.numeric", False),
        ("facts.json.schema['type']", False),
        ("next(known for known in ColumnType if known.facts.whole)", False),
        ("{'date': day, 'rows': 3}", False),
    ],
)
def test_what_tells_types_apart(source: str, expected: bool) -> None:
    """The test above sees tables and comparisons, and lets records be read."""
    tree = ast.parse(source)
    assert any(_tells_types_apart(node) for node in ast.walk(tree)) is expected


def _tells_types_apart(node: ast.AST) -> bool:
    """Whether a piece of code has a table of types, or asks which type it has."""
    match node:
        case (
            ast.Attribute(value=ast.Name(id="ColumnType"))
            | ast.Subscript(value=ast.Name(id="ColumnType"))
            | ast.Subscript(slice=ast.Tuple(elts=[ast.Name(id="ColumnType"), *_]))
            | ast.DictComp(generators=[ast.comprehension(iter=ast.Name(id="ColumnType"))])
        ):
            return True
        case ast.Dict(keys=keys):
            return len(_names_of_types(keys)) > 1
        case ast.Compare(left=ast.Attribute(attr="type"), comparators=[compared]):
            return bool(_names_of_types(ast.walk(compared)))
        case _:
            return False


def _names_of_types(nodes: Iterable[ast.AST | None]) -> set[str]:
    constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return NAMES & {value for value in constants if isinstance(value, str)}
