from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.pipeline.node import Node

from weekwise.errors import OrchestrationError
from weekwise.orchestration.options import NodeOptions, Orchestration, load_options

PROJECT = Path(__file__).parents[3]


def a_node(name: str, *tags: str) -> Node:
    """A node with tags."""
    return Node(func=lambda x: x, inputs="x", outputs=f"of_{name}", name=name, tags=tags)


def test_options_of_a_node_by_tag_then_by_name() -> None:
    """What is set for a node's name wins over its tag's, and that over everybody's."""
    options = Orchestration.model_validate(
        {
            "nodes": {"retries": 1, "retry_delay_seconds": 2, "timeout_seconds": 10},
            "by_tag": {"slow": {"timeout_seconds": 100, "retries": 3}},
            "by_node": {"fit": {"retries": 0}, "endless": {"timeout_seconds": None}},
        }
    )

    def of(name: str, *tags: str) -> NodeOptions:
        return options.of(a_node(name, *tags))

    assert of("clean") == options.nodes
    assert of("draw", "slow").timeout_seconds == 100
    assert of("fit", "slow") == NodeOptions(retries=0, retry_delay_seconds=2, timeout_seconds=100)
    assert of("endless").timeout_seconds is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"schedule": {"timezone": "Nowhere/City"}}, "schedule.timezone: .*no IANA time zone"),
        ({"schedule": {"cron": "monday"}}, "schedule.cron: .*five fields"),
        ({"retry": 3}, "retry: Extra inputs"),
        ({"nodes": {"retries": -1}}, "nodes.retries: .*greater than or equal to 0"),
        ({"by_node": {"fit": {"timeout_seconds": 0}}}, "by_node.fit.timeout_seconds"),
    ],
)
def test_what_is_not_understood_is_named(values: dict[str, Any], message: str) -> None:
    """A wrong setting is refused in one line with its place."""
    with pytest.raises(OrchestrationError, match=f"orchestration.yml: {message}"):
        load_options({"orchestration": values})  # type: ignore[arg-type]


def test_the_project_s_own_file() -> None:
    """The shipped file is understood: Monday at 06:00, and every pipeline is a stage."""
    from weekwise.pipeline_registry import ENGINE, WRANGLING

    text = (PROJECT / "conf" / "base" / "orchestration.yml").read_text("utf-8")
    options = load_options({"orchestration": yaml.safe_load(text)})  # type: ignore[arg-type]
    assert options.schedule.cron == "0 6 * * 1"
    assert list(options.stages) == [WRANGLING, *ENGINE]
