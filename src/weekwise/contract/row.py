"""The Pydantic model of one row given to the service, as a contract describes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    create_model,
)
from pydantic_core import PydanticCustomError

from weekwise.contract.column import Column, OnServing
from weekwise.contract.model import Contract


def row_model(contract: Contract, inputs: Sequence[str] | None = None) -> type[BaseModel]:
    """The model of one row given to the service: the model's inputs, and no unknown columns.

    Types are strict, unknown fields are refused, as are NaN and infinity. A column that does not
    refuse missing values is optional. Allowed values are a closed list where an unseen one is
    refused, and open text where it is accepted. Titles, descriptions, units and labels reach the
    JSON schema, so OpenAPI and the web form have them.

    A column whose name cannot be an attribute (`copy`, `wind speed`, …) is one under another name,
    `field_copy_`; in JSON, in the schema and in dumps it has its own.

    Args:
        contract: The table the model is trained on.
        inputs: Names of the raw columns that the model takes; left out, all that one may take. The
            others of these may be there all the same, and hold anything.
    """
    fields: dict[str, Any] = {}
    names = contract.inputs if inputs is None else inputs
    for name in unused_columns(contract, names):
        attribute = _attribute(name)
        alias = None if attribute == name else name
        fields[attribute] = (Any, Field(default=None, alias=alias))
    for name in names:
        attribute = _attribute(name)
        while attribute in fields:
            # `a b` and `a.b` are two columns.
            attribute += "_"
        alias = None if attribute == name else name
        fields[attribute] = _field(contract.columns[name], alias, ZoneInfo(contract.timezone))
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


def unused_columns(contract: Contract, inputs: Sequence[str]) -> list[str]:
    """Names of the raw columns that a model of a contract may take, and this one does not.

    Args:
        contract: The table the model is trained on.
        inputs: Names of the raw columns that the model takes.
    """
    return [name for name in contract.inputs if name not in inputs]


def _attribute(name: str) -> str:
    """A name that a Pydantic model can have as an attribute."""
    if name.isidentifier() and not name.startswith("_") and not hasattr(BaseModel, name):
        return name
    safe = "".join(letter if letter.isalnum() else "_" for letter in name).strip("_")
    return f"field_{safe}_"


def _field(column: Column, alias: str | None, zone: ZoneInfo) -> tuple[Any, Any]:
    extra: dict[str, Any] = {}
    if column.unit:
        extra["unit"] = column.unit
    if column.values:
        extra["labels"] = {_as_key(value): label for value, label in column.values.items()}
    if column.synonyms:
        extra["x-synonyms"] = {_as_key(value): [*words] for value, words in column.synonyms.items()}
    info = Field(
        default=... if column.refuses_missing else None,
        alias=alias,
        title=column.title,
        description=column.description.strip() or None,
        json_schema_extra=extra or None,
    )
    kind = _kind(column, zone)
    return (kind if column.refuses_missing else kind | None), info


def _as_key(value: str | int | bool) -> str:
    """A value as JSON's keys have it: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(column: Column, zone: ZoneInfo) -> Any:
    """The type of a value that is there."""
    if column.values is not None and column.serving.unseen is OnServing.REFUSE:
        return _allowed_value(column, tuple(column.values))
    facts = column.type.facts
    low, high = (
        widest if bound is None else bound
        for bound, widest in zip(column.bounds, facts.json.limits, strict=True)
    )
    kind = facts.python
    if facts.has_time_of_day:
        kind = Annotated[kind, AfterValidator(lambda moment: _local(moment, zone))]
    if low is not None or high is not None:
        kind = Annotated[kind, Field(ge=low, le=high)]
    return _as_in_json(column, kind)


def _as_in_json(column: Column, kind: Any) -> Any:
    """A type whose values are as its JSON Schema has them."""
    facts = column.type.facts
    if facts.whole and facts.numeric:
        return Annotated[kind, BeforeValidator(_whole)]
    form = facts.json.schema.get("pattern")
    if form is None:
        return kind
    fits = re.compile(form).fullmatch

    def check(value: Any) -> Any:
        if not isinstance(value, date) and not (isinstance(value, str) and fits(value)):
            raise PydanticCustomError("form", "Input should have the form of the schema")
        return value

    # A strict one would take no text from a validator; which text it may be, the form says.
    return Annotated[kind, Field(strict=False), BeforeValidator(check)]


def _whole(value: Any) -> Any:
    """A whole number, which may be written with a point: 3.0."""
    return int(value) if type(value) is float and value.is_integer() else value


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a zone's clock shows at a moment; without an offset it shows that already."""
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        # At the ends of the calendar the zone's clock shows no year from 1 to 9999.
        raise PydanticCustomError("form", "Input should be in the years 1 to 9999") from None


def _allowed_value(column: Column, allowed: tuple[Any, ...]) -> Any:
    """The type of a closed list of values."""
    facts = column.type.facts
    if facts.textual:
        return Literal[allowed]

    # A Literal takes true for 1, and 1.0 for true, even where it is strict.
    def check(value: Any) -> Any:
        if value not in allowed:
            raise PydanticCustomError("literal_error", "Input should be one of the allowed values")
        return value

    schema = WithJsonSchema({"type": facts.json.schema["type"], "enum": list(allowed)})
    return _as_in_json(column, Annotated[facts.python, AfterValidator(check), schema])
