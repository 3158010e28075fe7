"""Pydantic models as tables: each field with what it takes, its default and its meaning."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

REQUIRED = "required"
_ATTRIBUTE = re.compile(r"^ {4}(?P<name>\w+): (?P<text>.*)$")
_TYPES = {
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "string": "text",
    "array": "list",
    "object": "mapping",
    "null": "null",
}
_FORMATS = {"date": "date", "date-time": "date with time"}
_LIMITS = {
    "minimum": "{} or more",
    "exclusiveMinimum": "over {}",
    "maximum": "{} or less",
    "exclusiveMaximum": "under {}",
}


@dataclass(frozen=True)
class Setting:
    """One field of a model.

    Attributes:
        path: Its dotted path.
        allowed: What it takes, in words.
        default: Its default as JSON, or `REQUIRED`.
        meaning: What its class' docstring says of it.
    """

    path: str
    allowed: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Section:
    """The fields of one model, those of the models inside it left out.

    Attributes:
        path: The model's dotted path.
        text: What its docstring says before its attributes.
        settings: Its own fields.
    """

    path: str
    text: str
    settings: tuple[Setting, ...]


def summary(model: type[BaseModel]) -> str:
    """The text of a model's docstring before its attributes."""
    return inspect.cleandoc(model.__doc__ or "").partition("\nAttributes:")[0].strip()


def sections(model: type[BaseModel], prefix: str) -> Iterator[Section]:
    """A model's own fields, then those of each model inside it.

    Args:
        model: A Pydantic model whose docstring has an `Attributes` section.
        prefix: The dotted path of the model, to put before each field's name.
    """
    yield from _sections(model, prefix, defaults={})


def _sections(
    model: type[BaseModel], prefix: str, defaults: Mapping[str, str]
) -> Iterator[Section]:
    meanings = attributes(model)
    own: list[Setting] = []
    inside: list[Section] = []
    for name, field in model.model_fields.items():
        path, inner = f"{prefix}.{name}", field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            inside += _sections(inner, path, _defaults_inside(field))
        else:
            default = defaults.get(name, default_of(field))
            own.append(Setting(path, allowed(model, name), default, meanings.get(name, "")))
    yield Section(prefix, summary(model), tuple(own))
    yield from inside


def _defaults_inside(field: FieldInfo) -> dict[str, str]:
    """The defaults that a model gives the fields of a model inside it."""
    given = field.get_default(call_default_factory=True)
    if not isinstance(given, BaseModel):
        return {}
    return {name: plain(getattr(given, name)) for name in type(given).model_fields}


def attributes(model: type[BaseModel]) -> Mapping[str, str]:
    """What a docstring's `Attributes` section says of each field."""
    meanings: dict[str, str] = {}
    name = None
    section = inspect.cleandoc(model.__doc__ or "").partition("\nAttributes:\n")[2]
    for line in section.splitlines():
        match = _ATTRIBUTE.match(line)
        if match:
            name = match["name"]
            meanings[name] = match["text"]
        elif name and line.startswith(" " * 8):
            meanings[name] += f" {line.strip()}"
        elif line.strip():
            break
    return meanings


def allowed(model: type[BaseModel], name: str) -> str:
    """What a field takes, in words, from the model's own JSON schema."""
    schema = model.model_json_schema()
    return _words(schema["properties"][name], schema.get("$defs", {}))


def plain(value: Any) -> str:
    """A value as a YAML file would have it."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"))
    return str(value) if isinstance(value, str | date) else json.dumps(value, default=str)


def default_of(field: FieldInfo) -> str:
    """A field's default as JSON, or `REQUIRED`."""
    if field.is_required():
        return REQUIRED
    return plain(field.get_default(call_default_factory=True))


def _words(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _words(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_words(option, definitions) for option in schema["anyOf"]))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    words = _FORMATS.get(schema.get("format", "")) or _TYPES.get(schema.get("type", ""), "anything")
    if "minimum" in schema and "maximum" in schema:
        return f"{words}, {schema['minimum']} to {schema['maximum']}"
    limits = [limit.format(schema[key]) for key, limit in _LIMITS.items() if key in schema]
    return ", ".join([words, *limits])
