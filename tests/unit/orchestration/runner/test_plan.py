from __future__ import annotations

from typing import Any

import ibis
import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from weekwise.errors import OrchestrationError
from weekwise.orchestration.options import Orchestration
from weekwise.orchestration.runner.plan import make_plan


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


def plan_of(catalog: dict[str, Any] = CATALOG, **options: Any) -> Any:
    """The plan of both pipelines."""
    return make_plan(
        REGISTRY["__default__"],
        DataCatalog.from_config(catalog),
        Orchestration.model_validate(options),
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


def test_nodes_that_hold_the_store_take_turns() -> None:
    """A node takes turns if it reads the store or a query handed on in memory, and else not."""
    tasks = {name: task for stage in plan_of().stages for name, task in stage.tasks.items()}
    assert {name for name, task in tasks.items() if task.takes_turns} == {"clean", "read"}


def test_no_turns_on_another_engine() -> None:
    """An engine that serves many threads is not waited for."""
    spark = {**DUCKDB, "connection": {"backend": "pyspark"}}
    tasks = {n: t for s in plan_of({**CATALOG, "feed": spark}).stages for n, t in s.tasks.items()}
    assert not any(task.takes_turns for task in tasks.values())


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
