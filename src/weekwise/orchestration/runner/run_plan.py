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

from weekwise.configuration import PARAMS
from weekwise.errors import OrchestrationError
from weekwise.orchestration.options import NodeOptions, OrchestrationOptions

DEFAULT_PIPELINE = "__default__"
OTHER_NODES = "other_nodes"
"""The stage of nodes that belong to no registered pipeline."""
SINGLE_THREADED = frozenset({"duckdb"})
"""Ibis backends whose connection serves one thread at a time."""
_TABLE_ANNOTATION = re.compile(r"\bTable\b|\bAny\b")


@dataclass(frozen=True)
class TaskPlan:
    """One node as a Prefect task.

    Attributes:
        node: The Kedro node.
        options: Its retries and time limit.
        needs_connection: Whether it uses the store's connection, which serves one node at a time.
    """

    node: Node
    options: NodeOptions
    needs_connection: bool


@dataclass(frozen=True)
class Stage:
    """One Kedro pipeline as a subflow.

    Attributes:
        pipeline_name: The Kedro pipeline's name.
        title: The subflow's name.
        pipeline: Its nodes that are run.
        tasks: The plan of each node, by the node's full name, in the order of a run.
    """

    pipeline_name: str
    title: str
    pipeline: Pipeline
    tasks: Mapping[str, TaskPlan]


@dataclass(frozen=True)
class RunPlan:
    """A whole run.

    Attributes:
        stages: The subflows, in order.
        resume_at: Where a retried run resumes: `stage` or `run`.
    """

    stages: tuple[Stage, ...]
    resume_at: str


def make_plan(
    pipeline: Pipeline,
    catalog: CatalogProtocol[Any, Any],
    options: OrchestrationOptions,
    registry: Mapping[str, Pipeline] = pipelines,
) -> RunPlan:
    """Group a pipeline's nodes into stages, and check that these can run one after the other.

    Args:
        pipeline: What is to be run.
        catalog: The datasets; none is loaded.
        options: The environment's `orchestration.yml`.
        registry: The project's pipelines by name. A node that is in several belongs to the first.

    Raises:
        OrchestrationError: If a stage needs what a later one makes, or if a dataset that lives in
            memory would have to cross into another process.
    """
    order = list(dict.fromkeys([*options.stages, *registry]))
    # In reverse, so that of several pipelines with the same node the first has the last word.
    stage_of = {
        node.name: name
        for name in reversed(order)
        if name in registry and name != DEFAULT_PIPELINE
        for node in registry[name].nodes
    }
    groups: dict[str, list[Node]] = {name: [] for name in [*order, OTHER_NODES]}
    for node in pipeline.nodes:
        groups[stage_of.get(node.name, OTHER_NODES)].append(node)
    connected = _nodes_with_connection(pipeline, catalog)
    stages = tuple(
        Stage(
            pipeline_name=name,
            title=options.title(name),
            pipeline=Pipeline(nodes),
            tasks={
                node.name: TaskPlan(node, options.for_node(node), node.name in connected)
                for node in nodes
            },
        )
        for name, nodes in groups.items()
        if nodes
    )
    plan = RunPlan(stages, options.resume_at)
    _check_order_and_memory(plan, catalog)
    return plan


def lives_in_memory(name: str, catalog: CatalogProtocol[Any, Any]) -> bool:
    """Whether a dataset is gone when its process ends."""
    return name not in catalog or isinstance(catalog.get(name), MemoryDataset)


@dataclass(frozen=True)
class _Producer:
    """Where a dataset is made."""

    position: int
    stage: Stage
    node: Node


def _check_order_and_memory(plan: RunPlan, catalog: CatalogProtocol[Any, Any]) -> None:
    producers = {
        _without_format(name): _Producer(position, stage, node)
        for position, stage in enumerate(plan.stages)
        for node in stage.pipeline.nodes
        for name in node.outputs
    }
    for position, stage in enumerate(plan.stages):
        for node in stage.pipeline.nodes:
            for name in node.inputs:
                producer = producers.get(_without_format(name))
                if producer is None or producer.position == position:
                    continue
                if producer.position > position:
                    raise OrchestrationError(
                        f"stage {stage.title!r} needs dataset {name!r}, which "
                        f"{producer.stage.title!r} makes after it; change the order of stages in "
                        "orchestration.yml"
                    )
                # A retried stage starts in a new process, which has no memory of the stages before.
                if plan.resume_at == "stage" and lives_in_memory(name, catalog):
                    raise OrchestrationError(
                        f"dataset {name!r} lives in memory and cannot cross into another process: "
                        f"{producer.node.short_name!r} ({producer.stage.title}) makes it and "
                        f"{node.short_name!r} ({stage.title}) uses it, but a run may be resumed "
                        "between them. Add it to the catalog, or set resume_at: run in "
                        "orchestration.yml"
                    )


def _nodes_with_connection(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> set[str]:
    """Nodes that use the store's connection: through a dataset, or through a table of its own.

    A table that a node hands on in memory is a query still to be run, so its users need the
    connection too. The node's annotation tells tables from frames and plain data; without one,
    or with `Any`, it counts as a table.
    """
    connected: set[str] = set()
    tables: set[str] = set()
    for node in pipeline.nodes:
        names = [*node.inputs, *node.outputs]
        if any(name in tables or _is_in_store(name, catalog) for name in names):
            connected.add(node.name)
            if _returns_tables(node):
                tables.update(n for n in node.outputs if lives_in_memory(n, catalog))
    return connected


def _is_in_store(name: str, catalog: CatalogProtocol[Any, Any]) -> bool:
    if name.startswith(PARAMS) or name not in catalog:
        return False
    # Ibis datasets of kedro-datasets say what they connect to in this private attribute only.
    connection = getattr(catalog.get(name), "_connection_config", None)
    return isinstance(connection, Mapping) and connection.get("backend") in SINGLE_THREADED


def _returns_tables(node: Node) -> bool:
    annotation = inspect.get_annotations(node.func).get("return", "Any")
    text = annotation if isinstance(annotation, str) else repr(annotation)
    return bool(_TABLE_ANNOTATION.search(text))


def _without_format(name: str) -> str:
    """A dataset's name without `@format`: transcoded datasets are one dataset."""
    return name.split("@", maxsplit=1)[0]
