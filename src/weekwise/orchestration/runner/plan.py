"""How a Kedro pipeline becomes subflows and tasks, and whether that can work."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol, MemoryDataset
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from weekwise.errors import OrchestrationError
from weekwise.orchestration.options import NodeOptions, Orchestration

DEFAULT_PIPELINE = "__default__"
OTHER = "Other Nodes"
ONE_AT_A_TIME = frozenset({"duckdb"})
"""Ibis backends whose connection serves one thread at a time."""
_TABLE = re.compile(r"\bTable\b|\bAny\b")


@dataclass(frozen=True)
class TaskPlan:
    """One node as a Prefect task.

    Attributes:
        node: The Kedro node.
        options: Its retries and time limit.
        takes_turns: Whether it holds the store's connection while it runs.
    """

    node: Node
    options: NodeOptions
    takes_turns: bool


@dataclass(frozen=True)
class Stage:
    """One Kedro pipeline as a subflow.

    Attributes:
        pipeline_name: The Kedro pipeline's name.
        title: The subflow's name.
        pipeline: Its nodes that are run.
        tasks: The plan of each node, by the node's name, in the order of a run.
    """

    pipeline_name: str
    title: str
    pipeline: Pipeline
    tasks: Mapping[str, TaskPlan]


@dataclass(frozen=True)
class Plan:
    """A whole run.

    Attributes:
        stages: The subflows, in order.
        resume_at: Where a retried run takes up again.
    """

    stages: tuple[Stage, ...]
    resume_at: str


def make_plan(
    pipeline: Pipeline,
    catalog: CatalogProtocol[Any, Any],
    options: Orchestration,
    registry: Mapping[str, Pipeline] = pipelines,
) -> Plan:
    """Group a pipeline's nodes into stages, and check that these can run one after the other.

    Args:
        pipeline: What is to be run.
        catalog: The datasets; none is loaded.
        options: The project's `orchestration.yml`.
        registry: The project's pipelines by name; nodes keep the name of the first that has them.

    Raises:
        OrchestrationError: If a stage needs what a later one makes, or if a dataset that lives in
            memory would have to cross into another process.
    """
    order = list(dict.fromkeys([*options.stages, *registry]))
    home = {
        node.name: name
        for name in reversed(order)
        if name in registry and name != DEFAULT_PIPELINE
        for node in registry[name].nodes
    }
    groups: dict[str, list[Node]] = {name: [] for name in [*order, OTHER]}
    for node in pipeline.nodes:
        groups[home.get(node.name, OTHER)].append(node)
    turns = _taking_turns(pipeline, catalog)
    stages = tuple(
        Stage(
            pipeline_name=name,
            title=options.stages.get(name, name.replace("_", " ").title()),
            pipeline=Pipeline(nodes),
            tasks={n.name: TaskPlan(n, options.of(n), n.name in turns) for n in nodes},
        )
        for name, nodes in groups.items()
        if nodes
    )
    plan = Plan(stages, options.resume_at)
    _preflight(plan, catalog)
    return plan


def lives_in_memory(name: str, catalog: CatalogProtocol[Any, Any]) -> bool:
    """Whether a dataset is gone when its process ends."""
    return name not in catalog or isinstance(catalog.get(name), MemoryDataset)


def _preflight(plan: Plan, catalog: CatalogProtocol[Any, Any]) -> None:
    made_by: dict[str, tuple[int, Stage, Node]] = {
        _plain(name): (number, stage, node)
        for number, stage in enumerate(plan.stages)
        for node in stage.pipeline.nodes
        for name in node.outputs
    }
    for number, stage in enumerate(plan.stages):
        for node in stage.pipeline.nodes:
            for name in node.inputs:
                maker = made_by.get(_plain(name))
                if maker is None:
                    continue
                made_at, made_in, making = maker
                if made_at > number:
                    raise OrchestrationError(
                        f"stage {stage.title!r} needs dataset {name!r}, which {made_in.title!r} "
                        "makes after it; change the order of stages in orchestration.yml"
                    )
                crosses = made_at != number and plan.resume_at == "stage"
                if crosses and lives_in_memory(name, catalog):
                    raise OrchestrationError(
                        f"dataset {name!r} lives in memory and cannot cross into another process: "
                        f"{making.short_name!r} ({made_in.title}) makes it and {node.short_name!r} "
                        f"({stage.title}) uses it, but a run may be taken up again between them. "
                        "Write it in the catalog, or set resume_at: run in orchestration.yml"
                    )


def _taking_turns(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> set[str]:
    """Nodes that use the store's connection: through a dataset, or through a table of its own.

    A table that a node hands on in memory is a query still to be run, so its users hold the
    connection too. The node's annotation tells tables from frames and plain data; without one,
    or with `Any`, it counts as a table.
    """
    turns: set[str] = set()
    tables: set[str] = set()
    for node in pipeline.nodes:
        names = [*node.inputs, *node.outputs]
        if any(name in tables or _held(name, catalog) for name in names):
            turns.add(node.name)
            if _returns_tables(node):
                tables.update(n for n in node.outputs if lives_in_memory(n, catalog))
    return turns


def _held(name: str, catalog: CatalogProtocol[Any, Any]) -> bool:
    if name.startswith("params:") or name not in catalog:
        return False
    connection = getattr(catalog.get(name), "_connection_config", None)
    return isinstance(connection, Mapping) and connection.get("backend") in ONE_AT_A_TIME


def _returns_tables(node: Node) -> bool:
    annotation = inspect.get_annotations(node.func).get("return", "Any")
    return bool(_TABLE.search(annotation if isinstance(annotation, str) else repr(annotation)))


def _plain(name: str) -> str:
    """A dataset's name without `@format`."""
    return name.split("@", maxsplit=1)[0]
