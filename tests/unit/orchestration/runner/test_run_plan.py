from __future__ import annotations

from typing import Any

import ibis
import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from weekwise.errors import OrchestrationError
from weekwise.orchestration.options import OrchestrationOptions
from weekwise.orchestration.runner.run_plan import RunPlan, make_plan


def as_query(table: ibis.Table) -> ibis.Table:
    """A query still to be run."""
    return table


def as_frame(table: ibis.Table) -> pd.DataFrame:
    """A query's result."""
    return table.execute()


def plain(data: Any) -> dict[str, Any]:
    """Plain data."""
    return {"rows": len(data)}


FILE = {"type": "json.JSONDataset", "filepath": "nowhere.json"}
DUCKDB = {
    "type": "weekwise.datasets.store_table.StoreTable",
    "table_name": "feed",
    "connection": {"backend": "duckdb", "database": "nowhere.duckdb"},
}
CATALOG: dict[str, Any] = {"feed": DUCKDB, "summary": FILE}
WRANGLE = Pipeline(
    [
        Node(as_query, "feed", "clean", name="clean"),
        Node(as_frame, "clean", "frame", name="read"),
        Node(plain, "frame", "summary", name="summarize"),
    ]
)
REPORT = Pipeline([Node(plain, "summary", "page", name="draw", tags="figures")])
REGISTRY = {"__default__": WRANGLE + REPORT, "wrangle": WRANGLE, "report": REPORT}


def plan_of(catalog: dict[str, Any] = CATALOG, **options: Any) -> RunPlan:
    """The plan of both pipelines."""
    return make_plan(
        REGISTRY["__default__"],
        DataCatalog.from_config(catalog),
        OrchestrationOptions.model_validate(options),
        REGISTRY,
    )


def test_pipelines_become_stages_and_nodes_tasks() -> None:
    """Each pipeline is a stage with its title, in order, and each node is one of its tasks."""
    plan = plan_of(stages={"wrangle": "Data Wrangling"})
    assert [stage.title for stage in plan.stages] == ["Data Wrangling", "Report"]
    assert [list(stage.tasks) for stage in plan.stages] == [
        ["clean", "read", "summarize"],
        ["draw"],
    ]


def test_nodes_that_need_the_store_s_connection() -> None:
    """A node needs the connection if it reads the store or a query that was passed in memory."""
    tasks = {name: task for stage in plan_of().stages for name, task in stage.tasks.items()}
    assert {name for name, task in tasks.items() if task.needs_connection} == {"clean", "read"}


def test_another_engine_serves_nodes_at_once() -> None:
    """No node waits for the connection of an engine that serves many threads."""
    spark = {**DUCKDB, "connection": {"backend": "pyspark"}}
    tasks = {n: t for s in plan_of({**CATALOG, "feed": spark}).stages for n, t in s.tasks.items()}
    assert not any(task.needs_connection for task in tasks.values())


def test_a_dataset_in_memory_may_not_cross_stages() -> None:
    """The preflight names the dataset in memory that a retried run would lack, and the remedy."""
    with pytest.raises(OrchestrationError, match=r"'summary' lives in memory.*'summarize'.*'draw'"):
        plan_of({"feed": DUCKDB})


def test_a_dataset_in_memory_may_cross_if_runs_start_over() -> None:
    """If a retried run starts from its beginning, everything may stay in memory."""
    assert len(plan_of({"feed": DUCKDB}, resume_at="run").stages) == 2


def test_stages_in_the_wrong_order() -> None:
    """A stage that needs what a later one makes is refused, with both names and the dataset."""
    with pytest.raises(OrchestrationError, match=r"'Report' needs dataset 'summary', which 'Wr"):
        plan_of(stages={"report": "Report", "wrangle": "Wrangling"})


def test_namespaces_leave_the_plan_as_it_is() -> None:
    """Pipelines in namespaces give the same stages, options and messages; only keys are longer."""
    namespaced = {
        name: Pipeline(REGISTRY[name], namespace=name, prefix_datasets_with_namespace=False)
        for name in ("wrangle", "report")
    }
    registry = {"__default__": namespaced["wrangle"] + namespaced["report"], **namespaced}
    options = OrchestrationOptions.model_validate({"by_node": {"summarize": {"retries": 9}}})

    def plan_in_namespaces(catalog: dict[str, Any]) -> RunPlan:
        datasets = DataCatalog.from_config(catalog)
        return make_plan(registry["__default__"], datasets, options, registry)

    wrangle, report = plan_in_namespaces(CATALOG).stages
    assert [wrangle.title, report.title] == ["Wrangle", "Report"]
    assert list(wrangle.tasks) == ["wrangle.clean", "wrangle.read", "wrangle.summarize"]
    assert wrangle.tasks["wrangle.summarize"].options.retries == 9
    assert wrangle.tasks["wrangle.clean"].needs_connection
    with pytest.raises(OrchestrationError, match=r"in memory.*: 'summarize' \(Wrangle\).*'draw'"):
        plan_in_namespaces({"feed": DUCKDB})
