"""The Pydantic model of one row given to the service, as a contract describes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NaiveDatetime,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from weekwise.contract.model import TEXTUAL, Bound, Column, ColumnType, Contract, OnServing

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

_PYTHON: Mapping[ColumnType, Any] = {
    ColumnType.STRING: str,
    ColumnType.CATEGORY: str,
    ColumnType.INTEGER: int,
    ColumnType.NUMBER: Annotated[float, Field(allow_inf_nan=False)],
    ColumnType.BOOLEAN: bool,
    ColumnType.DATE: date,
    # Contracts are in local time: an offset would shift a row to another hour unseen.
    ColumnType.DATETIME: NaiveDatetime,
}


_JSON_TYPES: Mapping[ColumnType, str] = {
    ColumnType.INTEGER: "integer",
    ColumnType.BOOLEAN: "boolean",
}


def row_model(contract: Contract) -> type[BaseModel]:
    """The model of one row given to the service: the contract's inputs and nothing else.

    Types are strict, unknown fields are refused, as are NaN and infinity. A column that does not
    refuse missing values is optional. Allowed values are a closed list where an unseen one is
    refused, and open text where it is accepted. Titles, descriptions, units and labels reach the
    JSON schema, so OpenAPI and the web form have them.

    A column whose name cannot be an attribute (`copy`, `wind speed`, …) is one under another name,
    `field_copy_`; in JSON, in the schema and in dumps it has its own.

    Args:
        contract: The table the model is trained on.
    """
    fields: dict[str, Any] = {}
    for name in contract.inputs:
        attribute = _attribute(name)
        alias = None if attribute == name else name
        fields[attribute] = _field(contract.columns[name], alias)
    model: type[BaseModel] = create_model(
        "".join(part.title() for part in contract.table.split("_")) + "Row",
        __config__=ConfigDict(
            title=f"One row of {contract.title}",
            extra="forbid",
            frozen=True,
            strict=True,
            serialize_by_alias=True,
            protected_namespaces=(),
        ),
        __doc__=contract.description.strip() or None,
        **fields,
    )
    return model


def _attribute(name: str) -> str:
    """A name that a Pydantic model can have as an attribute."""
    if name.isidentifier() and not name.startswith("_") and not hasattr(BaseModel, name):
        return name
    safe = "".join(letter if letter.isalnum() else "_" for letter in name).strip("_")
    return f"field_{safe}_"


def _field(column: Column, alias: str | None) -> tuple[Any, Any]:
    extra: dict[str, Any] = {}
    if column.unit:
        extra["unit"] = column.unit
    if column.values:
        extra["labels"] = {str(value): label for value, label in column.values.items()}
    info = Field(
        default=... if column.refuses_missing else None,
        alias=alias,
        title=column.title,
        description=column.description.strip() or None,
        json_schema_extra=extra or None,
    )
    kind = _kind(column)
    return (kind if column.refuses_missing else kind | None), info


def _kind(column: Column) -> Any:
    """The type of a value that is there."""
    if column.values is not None and column.serving.unseen is OnServing.REFUSE:
        return _one_of(column, tuple(column.values))
    low, high = limit_of(column, column.min), limit_of(column, column.max)
    if column.type is ColumnType.INTEGER:
        # JSON's numbers have no end, the table's have 64 bits.
        low, high = INT64_MIN if low is None else low, INT64_MAX if high is None else high
    if low is None and high is None:
        return _PYTHON[column.type]
    return Annotated[_PYTHON[column.type], Field(ge=low, le=high)]


def _one_of(column: Column, allowed: tuple[Any, ...]) -> Any:
    """The type of a closed list of values."""
    if column.type in TEXTUAL:
        return Literal[allowed]

    # A Literal takes true for 1, and 1.0 for true, even where it is strict.
    def check(value: Any) -> Any:
        if value not in allowed:
            raise PydanticCustomError("literal_error", "Input should be one of the allowed values")
        return value

    listed = WithJsonSchema({"type": _JSON_TYPES[column.type], "enum": list(allowed)})
    return Annotated[_PYTHON[column.type], AfterValidator(check), listed]


def limit_of(column: Column, bound: Bound | None) -> Any:
    """A limit in the column's own type, a date standing for its midnight and the reverse."""
    if column.type is ColumnType.DATE and isinstance(bound, datetime):
        return bound.date()
    if column.type is ColumnType.DATETIME and isinstance(bound, date):
        if not isinstance(bound, datetime):
            return datetime(bound.year, bound.month, bound.day)  # noqa: DTZ001 - local time
        return bound.replace(tzinfo=None)
    return bound
