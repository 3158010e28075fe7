from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.pipeline.node import Node

from weekwise.errors import OrchestrationError
from weekwise.orchestration.options import NodeOptions, OrchestrationOptions, load_options

PROJECT = Path(__file__).parents[3]


def make_node(name: str, *tags: str, namespace: str | None = None) -> Node:
    """A node with tags, and the namespace of its pipeline."""
    func, outputs = (lambda x: x), f"of_{name}"
    return Node(func, "x", outputs, name=name, tags=tags, namespace=namespace)


def test_options_of_a_node_by_tag_then_by_name() -> None:
    """What is set for a node's name wins over its tag's, and that over everybody's."""
    options = OrchestrationOptions.model_validate(
        {
            "nodes": {"retries": 1, "retry_delay_seconds": 2, "timeout_seconds": 10},
            "by_tag": {"slow": {"timeout_seconds": 100, "retries": 3}},
            "by_node": {"fit": {"retries": 0}, "endless": {"timeout_seconds": None}},
        }
    )

    def options_of(name: str, *tags: str) -> NodeOptions:
        return options.for_node(make_node(name, *tags))

    assert options_of("clean") == options.nodes
    assert options_of("draw", "slow").timeout_seconds == 100
    assert options_of("fit", "slow") == NodeOptions(
        retries=0, retry_delay_seconds=2, timeout_seconds=100
    )
    assert options_of("endless").timeout_seconds is None


@pytest.mark.parametrize("namespace", [None, "training", "models.training"])
def test_a_namespace_changes_no_option(namespace: str | None) -> None:
    """A node is named in `by_node` without the namespace of its pipeline, whether it has one."""
    options = OrchestrationOptions.model_validate({"by_node": {"fit": {"retries": 7}}})
    assert options.for_node(make_node("fit", namespace=namespace)).retries == 7
    assert options.for_node(make_node("clean", namespace=namespace)) == options.nodes


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"schedule": {"timezone": "Nowhere/City"}}, "schedule.timezone: .*no IANA time zone"),
        ({"schedule": {"cron": "monday"}}, "schedule.cron: .*five fields"),
        ({"retry": 3}, "retry: there is no such setting; there are schedule"),
        ({"nodes": {"retries": -1}}, "nodes.retries: .*greater than or equal to 0"),
        ({"by_node": {"fit": {"timeout_seconds": 0}}}, "by_node.fit.timeout_seconds"),
    ],
)
def test_what_is_not_understood_is_named(values: dict[str, Any], message: str) -> None:
    """A wrong setting is refused in one line with its place."""
    with pytest.raises(OrchestrationError, match=f"orchestration.yml: {message}"):
        load_options({"orchestration": values})  # type: ignore[arg-type]


def test_the_shipped_file() -> None:
    """The shipped file is understood: Monday at 06:00, and every pipeline is a stage."""
    from weekwise.pipeline_registry import ENGINE, WRANGLING

    text = (PROJECT / "conf" / "base" / "orchestration.yml").read_text("utf-8")
    options = load_options({"orchestration": yaml.safe_load(text)})  # type: ignore[arg-type]
    assert options.schedule.cron == "0 6 * * 1"
    assert list(options.stages) == [WRANGLING, *ENGINE]


def test_stages_are_called_as_kedro_viz_calls_them() -> None:
    """A subflow of Prefect has the title of the box that Kedro-Viz draws for the same pipeline."""
    text = (PROJECT / "conf" / "base" / "orchestration.yml").read_text("utf-8")
    options = load_options({"orchestration": yaml.safe_load(text)})  # type: ignore[arg-type]
    default = OrchestrationOptions()
    assert {name: options.title(name) for name in options.stages} == {
        name: default.title(name) for name in options.stages
    }
    assert default.title("data_wrangling") == "Data Wrangling"
