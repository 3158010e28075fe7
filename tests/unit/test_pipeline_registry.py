from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

import other_tables
from weekwise import settings
from weekwise.configuration import EnvironmentConfigLoader
from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contracts
from weekwise.errors import ConfigurationError
from weekwise.paths import DataFolder
from weekwise.pipeline_registry import register_pipelines

CONF = Path(__file__).parents[2] / "conf"
ORDER = [
    "data_wrangling",
    "exploratory_data_analysis",
    "model_training",
    "data_prediction",
    "model_monitoring",
]
IN_MEMORY = {
    "clean_flights",
    "clean_weather",
    "cleaned_rows",
    "daily_outcomes",
    "data_figures",
    "feature_figures",
    "flights_to_build",
    "judged_week",
    "look_back",
    "model_figures",
    "realized_performance",
    "realized_predictions",
    "retraining_gain",
    "retraining_plan",
    "unseen_categories",
    "upcoming_predictions",
    "weather_to_build",
    "week_predictions",
}
"""What passes from node to node and is kept by nobody, so that the catalog says nothing of it."""
EnvironmentConfigLoader(str(CONF), "flights", **settings.CONFIG_LOADER_ARGS)
PIPELINES = register_pipelines()


@pytest.fixture
def conf_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The catalog's configuration, over an empty data folder."""
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path))
    loader = EnvironmentConfigLoader(str(CONF), env="test", **settings.CONFIG_LOADER_ARGS)
    entries: dict[str, Any] = loader["catalog"]
    return entries


@pytest.fixture
def catalog(conf_catalog: dict[str, Any]) -> DataCatalog:
    """The catalog that a run has, before any hook adds to it."""
    return DataCatalog.from_config(conf_catalog)


def used(pipeline: Pipeline) -> set[str]:
    """Datasets of a pipeline, without parameters and the contracts that the gate brings."""
    return {
        name
        for name in pipeline.datasets()
        if not name.startswith("params:") and not name.endswith("_contract")
    }


def test_five_pipelines_and_all_of_them() -> None:
    """The pipelines stand in the order of a weekly run; the default is all of them."""
    assert list(PIPELINES) == ["__default__", *ORDER]
    nodes = Counter(node.name for name in ORDER for node in PIPELINES[name].nodes)
    assert Counter(node.name for node in PIPELINES["__default__"].nodes) == nodes


def test_environments_in_one_process_have_pipelines_of_their_own(tmp_path: Path) -> None:
    """Kedro's pipelines are those of the environment whose configuration was loaded last."""
    bootstrap_project(CONF.parent)
    orders = other_tables.write_environment(tmp_path)
    wrangling = []
    for conf, env in ((CONF, "flights"), (orders, "orders"), (CONF, "flights")):
        EnvironmentConfigLoader(str(conf), env, **settings.CONFIG_LOADER_ARGS)
        wrangling.append({node.short_name for node in pipelines["data_wrangling"].nodes})

    assert wrangling[1] == {"plan_weeks", "clean_feed", "build_features", "summarize_wrangling"}
    assert "replay_flights" in wrangling[0]
    assert wrangling[0] == wrangling[2]


@pytest.mark.parametrize("name", ORDER)
def test_each_pipeline_is_a_namespace(name: str) -> None:
    """Kedro-Viz draws each pipeline as one box, whose datasets keep their own names."""
    assert {node.namespace for node in PIPELINES[name].nodes} == {name}
    assert not [dataset for dataset in PIPELINES[name].datasets() if name in dataset]


def test_annotations_of_nodes_resolve_at_run_time() -> None:
    """Kedro checks a node's parameters by its annotations, and by nothing where one is unknown."""
    for node in PIPELINES["__default__"].nodes:
        hints = get_type_hints(node.func)
        parameters = [name for name in node.inputs if name.startswith("params:")]
        models = [
            hint for hint in hints.values() if isinstance(hint, type) and issubclass(hint, Frozen)
        ]
        assert len(models) >= len(set(parameters)), node.name


def test_node_names_are_unique() -> None:
    """A node's own name tells it from every other; its pipeline is its namespace."""
    names = [node.short_name for node in PIPELINES["__default__"].nodes]

    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() for name in names)


@pytest.mark.parametrize("name", ORDER)
def test_later_pipelines_take_what_earlier_ones_leave(name: str, catalog: DataCatalog) -> None:
    """A pipeline's inputs are in the catalog, so that it can be run alone after the others."""
    needed = used(PIPELINES[name]) & PIPELINES[name].inputs()

    assert [name for name in sorted(needed) if name not in catalog] == []


def test_every_dataset_is_kept_or_meant_not_to_be(catalog: DataCatalog) -> None:
    """A dataset that the catalog does not name is one of those that live in a run's memory only."""
    datasets = used(PIPELINES["__default__"])

    assert {name for name in datasets if name not in catalog} == IN_MEMORY


def test_every_entry_of_the_catalog_is_used(conf_catalog: dict[str, Any]) -> None:
    """The catalog names nothing that no pipeline uses, but what the gate writes and labels."""
    entries = {name for name in conf_catalog if not name.startswith("_") and "{" not in name}

    assert entries - used(PIPELINES["__default__"]) == {"quarantine"}


def test_files_lie_where_the_paths_say(conf_catalog: dict[str, Any], tmp_path: Path) -> None:
    """The catalog's file names and those that programs look for are the same."""
    data = DataFolder(tmp_path / "test")
    # Before the first run, the week is the calendar's first.
    first = "2013-01-15"
    week = data.week(first)
    inner = {
        name: entry if "filepath" in entry else entry.get("dataset", entry)
        for name, entry in conf_catalog.items()
        if not name.startswith("_")
    }
    files = {
        name: Path(entry["filepath"])
        for name, entry in inner.items()
        if Path(entry.get("filepath", "")).is_relative_to(tmp_path)
    }
    expected = {
        "exploration_report": week.exploration_page,
        "model_card": week.model_card,
        "predictions_file": data.predictions(first),
        "shadow_days": data.shadow_scores,
        "weekly_report": week.weekly_report,
        "weekly_report_page": week.weekly_page,
        "wrangling_summary": data.wrangling_summary,
        "known_week_hashes": data.wrangling_summary.with_name("week_hashes.json"),
        "week_hashes": data.wrangling_summary.with_name("week_hashes.json"),
    }
    assert {name: path for name, path in files.items() if name in expected} == expected
    # What no program looks for by itself lies in the week's folder all the same.
    assert {path.parent for name, path in files.items() if name not in expected} == {
        week.path,
        week.path / "figures",
    }
    assert Path(conf_catalog["gate_results"]["path"]) == week.gate
    assert Path(conf_catalog["features"]["connection"]["database"]) == data.store


def test_every_entry_has_a_layer(conf_catalog: dict[str, Any]) -> None:
    """Kedro-Viz shows every dataset that is kept in its data layer."""
    bare = [
        name
        for name, entry in conf_catalog.items()
        if not name.startswith("_") and entry["type"] != "MemoryDataset"
        if not entry.get("metadata", {}).get("kedro-viz", {}).get("layer")
    ]
    assert bare == []


def test_every_table_with_a_contract_is_checked(contracts: Contracts) -> None:
    """Each contract is of a table that a pipeline takes, else the gate would never look at it."""
    taken = {name for node in PIPELINES["__default__"].nodes for name in node.inputs}

    assert set(contracts) <= taken
    asked = {name.removesuffix("_contract") for name in taken if name.endswith("_contract")}
    assert asked <= set(contracts)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"features.sql": "SELECT * FROM shops"}, "which the catalog does not have"),
        ({"features.sql": "SELECT * FROM features, feed"}, "use one of: feed"),
        (
            {"features.sql": "SELECT * FROM feed", "globals.yml": "data_wrangling: flights"},
            "remove one of them",
        ),
        ({"globals.yml": "data_wrangling: json"}, "without create_pipeline and without"),
    ],
)
def test_wrangling_that_cannot_be_used_is_refused(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    """A fault in an environment's own wrangling is one sentence with the remedy."""
    orders = other_tables.write_environment(tmp_path)
    for name, text in files.items():
        with (orders / "orders" / name).open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")
    EnvironmentConfigLoader(str(orders), "orders", **settings.CONFIG_LOADER_ARGS)
    try:
        with pytest.raises(ConfigurationError, match=said):
            register_pipelines()
    finally:
        EnvironmentConfigLoader(str(CONF), "flights", **settings.CONFIG_LOADER_ARGS)
