"""The parameters page: each group of parameters.yml with the model that checks it."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from _reference import models
from _reference.markdown import code, joined, table
from weekwise.configuration import overlaid

PREFIX = "params:"
NOT_GIVEN = object()
"""What stands for a value that parameters.yml leaves to its default; null is a value."""


def page(project: Path) -> str:
    """Every parameter: its value, what it takes, its meaning."""
    values = written(project)
    groups = typed_groups()
    parts = [group(name, groups[name], values) for name in sorted(groups)]
    loose = {name: value for name, value in values.items() if name not in groups}
    return joined([*parts, _loose(loose)])


def written(project: Path) -> dict[str, Any]:
    """The example's parameters as written, nothing resolved but whole groups of globals."""
    values, shared = layered(project, "parameters.yml"), layered(project, "globals.yml")
    return {name: _shared(value, shared) for name, value in values.items()}


def layered(project: Path, file: str) -> dict[str, Any]:
    """A file of `conf/base` with that of the example over it."""
    base, example = (
        yaml.safe_load((project / "conf" / layer / file).read_text("utf-8")) or {}
        for layer in ("base", "flights")
    )
    return overlaid(base, example, soft=True)


def typed_groups() -> dict[str, type[BaseModel]]:
    """The Pydantic model of each group, as the pipelines' nodes and `kedro run` name them."""
    from flights import create_pipeline
    from weekwise.features.calendar import Calendar
    from weekwise.pipeline_registry import register_pipelines

    groups: dict[str, type[BaseModel]] = {"calendar": Calendar}
    for node in (*create_pipeline().nodes, *register_pipelines()["__default__"].nodes):
        bound = inspect.signature(node.func).bind(*node.inputs)
        for argument, dataset in bound.arguments.items():
            named = isinstance(dataset, str) and dataset.startswith(PREFIX)
            hint = _hint(node.func, argument) if named else None
            if isinstance(hint, type) and issubclass(hint, BaseModel):
                groups[dataset.removeprefix(PREFIX)] = hint
    return groups


def _hint(function: Callable[..., Any], argument: str) -> Any:
    """One argument's type: a function's other annotations may name what only mypy imports."""
    annotations = {argument: inspect.get_annotations(function).get(argument)}
    alone = types.SimpleNamespace(__annotations__=annotations)
    return typing.get_type_hints(alone, globalns=function.__globals__).get(argument)


def paths(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested parameters, with its dotted path."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from paths(inner, f"{prefix}.{name}" if prefix else str(name))
    else:
        yield prefix, value


def group(name: str, model: type[BaseModel], values: Mapping[str, Any]) -> str:
    """One group: each value, what it takes, its meaning."""
    parts: list[str] = []
    for section in models.sections(model, name):
        level = "##" if section.path == name else "###"
        parts += [f"{level} {section.path}", section.text]
        if section.settings:
            rows = [_row(setting, _at(values, setting.path)) for setting in section.settings]
            parts.append(table(("Parameter", "Value", "Takes", "Meaning"), rows))
    return joined(parts)


def _row(setting: models.Setting, given: Any) -> tuple[str, ...]:
    value = setting.default if given is NOT_GIVEN else models.plain(given)
    shown = code(value) if value != models.REQUIRED else "given by the run"
    if setting.default not in (value, models.REQUIRED):
        shown += f" (default {code(setting.default)})"
    return code(setting.path), shown, setting.allowed, setting.meaning


def _loose(values: Mapping[str, Any]) -> str:
    single = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    rows = [(code(name), code(models.plain(value))) for name, value in single.items()]
    if not rows:
        return ""
    return joined(["## Single values", table(("Parameter", "Value"), rows)])


def _at(values: Any, path: str) -> Any:
    """The value at a dotted path, if there is one."""
    for name in path.split("."):
        if not isinstance(values, Mapping) or name not in values:
            return NOT_GIVEN
        values = values[name]
    return values


def _shared(value: Any, shared: Mapping[str, Any]) -> Any:
    """A whole group that parameters.yml takes from globals.yml."""
    if isinstance(value, str) and value.startswith("${globals:") and value.endswith("}"):
        return _at(shared, value.removeprefix("${globals:").removesuffix("}"))
    return value
