from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from kedro.framework import project
from kedro.pipeline import Node, Pipeline

from weekwise.cli.run_options import check_options, check_parts, check_versions
from weekwise.errors import ConfigurationError

TWO_NODES = Pipeline(
    [
        Node(lambda feed: feed, inputs="feed", outputs="features", name="build", tags="slow"),
        Node(lambda features: features, inputs="features", outputs="model", name="fit"),
    ],
    namespace="training",
    inputs={"feed"},
)


@pytest.fixture(autouse=True)
def _pipelines(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with two nodes."""
    monkeypatch.setattr(project, "pipelines", {"__default__": TWO_NODES, "training": TWO_NODES})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"is_async": True}, "--async loads and saves tables in other threads"),
        ({"only_missing_outputs": True}, "--only-missing-outputs asks whether a table is there"),
        ({"runner": "ParallelRunner"}, "choose one of: SequentialRunner, ThreadRunner"),
        ({"runner": "kedro.runner.ParallelRunner"}, "starts a process for each node"),
        ({"runner": "Sequential"}, "there is no runner Sequential; choose one of: Sequential"),
        ({"runner": "os.path.join"}, "there is no runner os.path.join; choose one of: Sequential"),
        ({"runner": "nowhere.Runner"}, "there is no runner nowhere.Runner; choose one of: Seq"),
    ],
)
def test_options_that_would_give_wrong_weeks(options: Mapping[str, Any], reason: str) -> None:
    """What cannot work is refused in a line, with the reason, before anything is read."""
    with pytest.raises(ConfigurationError, match=reason):
        check_options(options)


def test_options_that_work() -> None:
    """Kedro's defaults, and its runners of one process, are taken."""
    check_options({"is_async": False, "runner": None})
    check_options({"runner": "ThreadRunner"})


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        ("from_nodes", "training.buidl", "no node training.buidl; near it: training.build"),
        ("node_names", "fit", "no node fit; near it: training.fit"),
        ("to_nodes", "x", "no node x; there: training.build, training.fit"),
        ("tags", "quick", "no tag quick; there: slow"),
        ("from_inputs", "fedd", "no dataset fedd; near it: feed"),
        ("to_outputs", "training.modell", "no dataset training.modell; near it: training.model"),
        ("namespaces", "trainings", "no namespace trainings; near it: training"),
    ],
)
def test_a_name_that_is_not_there(option: str, name: str, message: str) -> None:
    """A wrong name is one line with those that come near, or with all there are."""
    with pytest.raises(ConfigurationError, match=message):
        check_parts({option: [name], "pipelines": ["training"]})


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("from_nodes", "training.fit"),
        ("tags", "slow"),
        ("from_inputs", "feed"),
        ("namespaces", "training"),
    ],
)
def test_names_that_are_there(option: str, name: str) -> None:
    """Names of the chosen pipelines pass, and so does a run that chooses no part."""
    check_parts({option: [name], "pipelines": []})
    check_parts({option: []})


CATALOG = {
    "feed": {"type": "pandas.CSVDataset", "filepath": "feed.csv", "versioned": True},
    "logged": {"type": "Wrapper", "dataset": {"type": "pandas.CSVDataset", "versioned": True}},
    "features": {"type": "StoreTable"},
    "{name}_figure": {"type": "Chart"},
    "_connection": {"backend": "duckdb"},
    "_text": "text.TextDataset",
}


def test_versions_of_versioned_datasets() -> None:
    """Kedro's own versions can be loaded, also through a dataset that wraps another."""
    check_versions(["feed", "logged"], CATALOG)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("features", r"features has no versions.*\(there: feed, logged\)"),
        ("loss_figure", "loss_figure has no versions"),
        ("fede", "there is no dataset fede; near it: feed"),
        ("x", "there is no dataset x; those with versions: feed, logged"),
    ],
)
def test_versions_that_would_not_be_loaded(name: str, message: str) -> None:
    """A version of what has none is refused: Kedro would load the one table there is."""
    with pytest.raises(ConfigurationError, match=message):
        check_versions([name], CATALOG)
