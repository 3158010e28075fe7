"""What follows from a contract: types, feature lists, the signature, the dictionary.

Nothing here knows a framework that runs, tracks or serves. The Great Expectations suite is
derived in `weekwise.quality.suite`, and a row's Pydantic model in `weekwise.contract.row`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weekwise.contract.aggregate import in_words
from weekwise.contract.column import Column, Role
from weekwise.contract.describe import limits, missing
from weekwise.contract.model import Contract, Contracts
from weekwise.contract.reserved import AS_OF
from weekwise.contract.row import row_model
from weekwise.contract.type_facts import MLflowType
from weekwise.errors import ContractError

if TYPE_CHECKING:
    import ibis

__all__ = [
    "AS_OF",
    "SignatureColumn",
    "categorical",
    "data_dictionary",
    "ibis_schema",
    "identity",
    "numerical",
    "pandas_dtypes",
    "row_model",
    "signature_columns",
]


ROW_ID = "row_id"
"""The key of rows that have none of their own; it is made from what each row holds."""

FEATURES, FEED = "features", "feed"
"""The table that models are made from, and the raw one that the generic wrangling starts from."""


MADE_ROWS = "made_rows"
"""What an environment's own SELECT or function makes of its tables."""


def with_feed(contracts: Contracts, tables: Collection[str] = ()) -> Contracts:
    """The contracts of an environment, and one for its feed where it has none of its own.

    The generic wrangling leaves columns as they are, so the contract of the features is that of the
    feed as well, but for the run's date and for the key of rows that have none. Where a SELECT or a
    function makes the rows first, it is the contract of these, and the feed has its own or none.

    Args:
        contracts: The environment's own.
        tables: Names of the datasets of its wrangling.

    Raises:
        ContractError: If the features need a key and have a column of its name.
    """
    if FEATURES not in contracts:
        return contracts
    features = _with_key(contracts[FEATURES])
    start = MADE_ROWS if MADE_ROWS in tables else FEED
    rows = features.of_feed(start, without=(AS_OF, ROW_ID, *features.computed))
    if start in tables and start not in contracts:
        # Looked at where the rows arrive: a run leaves out of the features what is far ahead.
        features = features.model_copy(update={"freshness": None, "volume": None})
    return {**contracts, FEATURES: features, start: contracts.get(start, rows)}


def _with_key(contract: Contract) -> Contract:
    """A contract of rows that have a key: their own, or one made from what each row holds."""
    if contract.key:
        return contract
    if ROW_ID in contract.columns:
        raise ContractError(
            f"{contract.file}: column {ROW_ID} has the name of the key that rows without one are "
            f"given; list it under key, or rename it"
        )
    row_id = Column.model_validate(
        {
            "type": "string",
            "role": Role.KEY,
            "title": "Row",
            "description": "Made from what the row holds, since it has no key of its own.",
        }
    )
    columns = {ROW_ID: row_id, **contract.columns}
    return contract.model_copy(update={"key": (ROW_ID,), "columns": columns})


@dataclass(frozen=True, slots=True)
class SignatureColumn:
    """One input of a model, in MLflow's words.

    Attributes:
        name: The column's name.
        type: Its type in the signature.
        required: Whether a row without the column is refused.
    """

    name: str
    type: MLflowType
    required: bool


def pandas_dtypes(contract: Contract) -> dict[str, str]:
    """Every column's pandas dtype, in the table's order; all of them can hold missing values."""
    return {name: column.type.facts.pandas for name, column in contract.columns.items()}


def ibis_schema(contract: Contract) -> ibis.Schema:
    """Every column's Ibis type, in the table's order; all of them nullable."""
    import ibis

    types = {name: column.type.facts.ibis for name, column in contract.columns.items()}
    return ibis.schema(types)


def signature_columns(
    contract: Contract, inputs: Sequence[str] | None = None
) -> tuple[SignatureColumn, ...]:
    """The model's inputs, for an MLflow signature.

    MLflow's `long` cannot hold a missing value, so an integer that may be missing, in the table
    or when serving, is a `double`
    (https://mlflow.org/docs/latest/ml/model/signatures/#working-with-missing-values).

    Args:
        contract: What a row is.
        inputs: Names of the raw columns that the model takes; left out, all that one may take.
    """
    columns = {
        name: contract.columns[name] for name in (contract.inputs if inputs is None else inputs)
    }
    return tuple(
        SignatureColumn(name, _mlflow_type(column), required=column.refuses_missing)
        for name, column in columns.items()
    )


def identity(contract: Contract) -> list[str]:
    """Names of the columns that say which row it is, and when: the key and the time."""
    time = [] if contract.time is None else [contract.time]
    return list(dict.fromkeys([*contract.key, *time]))


def categorical(contract: Contract) -> list[str]:
    """Names of the features that hold text, in the table's order."""
    return [name for name in contract.features if contract.columns[name].type.facts.textual]


def numerical(contract: Contract) -> list[str]:
    """Names of the features that hold numbers or truth values, in the table's order."""
    return [name for name in contract.features if not contract.columns[name].type.facts.textual]


def data_dictionary(contract: Contract) -> str:
    """The table for a reader of the documentation, as Markdown.

    Returns:
        A heading, what the table is, a table of its columns, the labels of their values, and the
        further checks; it ends with a newline.
    """
    parts = [
        f"## {contract.title}",
        contract.description.strip(),
        "\n".join(_facts(contract)),
        "\n".join(_column_table(contract)),
        *_labels(contract),
        *_further_checks(contract),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _mlflow_type(column: Column) -> MLflowType:
    facts = column.type.facts
    if column.never_missing and column.refuses_missing:
        return facts.mlflow
    return facts.mlflow_optional or facts.mlflow


def _facts(contract: Contract) -> Iterable[str]:
    yield f"- Table: `{contract.table}`"
    if contract.source:
        yield f"- Source: {contract.source.strip()}"
    if contract.key:
        yield f"- Key: {_code(contract.key)}; rows that share one: {contract.duplicates}"
    if contract.target and contract.task:
        yield f"- Target: `{contract.target}` ({contract.task})"
    yield f"- Rows: at least {contract.min_rows:,}"
    for name in ("freshness", "volume"):
        if severity := getattr(contract, name):
            yield f"- {name.title()} not as in the table's past: {severity}"
    yield f"- Rows that may go to quarantine before a run stops: {contract.quarantine_limit:.2%}"
    yield f"- A column that is not listed: {contract.extra_columns}"


def _column_table(contract: Contract) -> Iterable[str]:
    header = ("Column", "Type", "Role", "Missing", "Allowed", "If not", "Meaning")
    yield _table_row(header)
    yield _table_row(("---",) * len(header))
    for name, column in contract.columns.items():
        meaning = (
            ". ".join(part.strip().rstrip(".") for part in _meaning(column, contract.target)) + "."
        )
        cells = (f"`{name}`", column.type, column.role, missing(column), limits(column))
        yield _table_row((*cells, column.severity, meaning))


def _meaning(column: Column, target: str | None) -> Iterable[str]:
    yield column.title
    if column.description.strip():
        yield column.description
    if column.expression is not None:
        yield f"Computed: `{column.expression}`"
    if column.aggregate is not None:
        yield in_words(column.aggregate, target)
    if column.lookup is not None:
        yield f"Follows from {_code(column.lookup.by)} ({len(column.lookup.rows):,} known)"
    if column.unique:
        yield "No value twice"


def _labels(contract: Contract) -> Iterable[str]:
    for name, column in contract.columns.items():
        values = column.values or {}
        if any(str(value) != label for value, label in values.items()):
            lines = [f"- `{value}`: {label}" for value, label in values.items()]
            yield "\n".join([f"Values of `{name}`:", "", *lines])


def _further_checks(contract: Contract) -> Iterable[str]:
    if not contract.expectations:
        return
    lines = ["Further checks:", ""]
    for check in contract.expectations:
        arguments = ", ".join(f"{key}={value!r}" for key, value in check.arguments.items())
        reason = f" {check.description.strip()}" if check.description else ""
        lines.append(f"- `{check.expectation}({arguments})`, {check.severity}.{reason}")
    yield "\n".join(lines)


def _table_row(cells: Iterable[str]) -> str:
    escaped = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
