"""The pipelines by name, in the order of a weekly run, as the active environment has them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from kedro.pipeline import Pipeline

from weekwise.configuration import EnvironmentConfigLoader, active_configuration
from weekwise.contract.derive import FEED
from weekwise.errors import ConfigurationError
from weekwise.pipelines import (
    data_prediction,
    data_wrangling,
    exploratory_data_analysis,
    model_monitoring,
    model_training,
)

if TYPE_CHECKING:
    import ibis

    from weekwise.features.conform import Feed

WRANGLING = "data_wrangling"
"""The pipeline that an environment may bring, and the key of globals.yml that names it."""

FEATURES_SQL = "features.sql"
"""The file in an environment's folder that may be its wrangling."""

_LOG = logging.getLogger(__name__)

ENGINE = {
    "exploratory_data_analysis": exploratory_data_analysis,
    "model_training": model_training,
    "data_prediction": data_prediction,
    "model_monitoring": model_monitoring,
}
DEFAULT = "__default__"
"""Kedro's own name for what a bare `kedro run` runs: all pipelines together."""

NAMES = (WRANGLING, *ENGINE)
"""The pipelines of every environment, in the order of a weekly run."""


def register_pipelines() -> dict[str, Pipeline]:
    """The five pipelines, and all of them together as the default.

    Raises:
        ConfigurationError: If the environment's own wrangling cannot be used.
    """
    parts = {WRANGLING: _wrangling()}
    parts |= {name: package.create_pipeline() for name, package in ENGINE.items()}
    pipelines = {
        # A namespace for each, so that kedro viz opens on five boxes; datasets keep their names.
        name: Pipeline(part, namespace=name, prefix_datasets_with_namespace=False)
        for name, part in parts.items()
    }
    return {DEFAULT: sum(pipelines.values(), start=Pipeline([])), **pipelines}


def _wrangling() -> Pipeline:
    """The environment's own wrangling, or the generic one."""
    configuration = active_configuration()
    if configuration is None:
        return data_wrangling.create_pipeline()
    name = configuration["globals"].get(WRANGLING)
    query = _features_sql(configuration)
    if name and query is not None:
        raise ConfigurationError(
            f"environment {configuration.environment} has {FEATURES_SQL} and names "
            f"{WRANGLING}: {name} in globals.yml; remove one of them"
        )
    if query is not None:
        return _of_query(query, configuration)
    return _of_module(name, configuration) if name else data_wrangling.create_pipeline()


def _features_sql(configuration: EnvironmentConfigLoader) -> Path | None:
    """The SELECT of the environment, or of the nearest one that it extends."""
    folders = [Path(configuration.conf_source) / name for name in configuration.environments]
    files = (folder / FEATURES_SQL for folder in reversed(folders))
    return next((file for file in files if file.is_file()), None)


def _of_query(file: Path, configuration: EnvironmentConfigLoader) -> Pipeline:
    # With sqlglot, which the other kinds of wrangling do not need here.
    from weekwise.features.features_sql import parse_features

    name = f"{FEATURES_SQL} of environment {file.parent.name}"
    query = parse_features(file.read_text("utf-8"), name, _tables(configuration))
    for part in query.unbounded():
        _LOG.warning(
            "%s: nothing bounds %s by :as_of, so it may read what the run cannot know; "
            "add a condition such as WHERE … < :as_of",
            name,
            part,
        )
    return data_wrangling.create_pipeline(
        lambda tables, window: query.over(tables, window.as_of), query.tables
    )


def _of_module(name: str, configuration: EnvironmentConfigLoader) -> Pipeline:
    place = f"{WRANGLING}: {name} in globals.yml of environment {configuration.environment}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(
            f"{place} names a module that is not there; put it under src/, or remove the line to "
            "have the generic wrangling"
        ) from None
    if hasattr(module, "create_pipeline"):
        pipeline: Pipeline = module.create_pipeline()
        return pipeline
    if not hasattr(module, "build_features"):
        raise ConfigurationError(
            f"{place} names a module without create_pipeline and without build_features; "
            "add one of them there"
        )
    tables = tuple(getattr(module, "TABLES", (FEED,)))
    known = _tables(configuration)
    unknown = [table for table in tables if table not in known]
    if unknown:
        raise ConfigurationError(
            f"{place}: TABLES names {', '.join(unknown)}, which the catalog does not have; enter "
            f"it in catalog.yml or use one of: {', '.join(sorted(known))}"
        )
    return data_wrangling.create_pipeline(
        lambda loaded, window: module.build_features(_ibis_tables(loaded), window), tables
    )


def _ibis_tables(loaded: Mapping[str, Feed]) -> dict[str, ibis.Table]:
    """Tables that can be joined, whichever of the two their datasets load."""
    import ibis

    from weekwise.features.features_sql import as_arrow

    return {
        name: table if isinstance(table, ibis.Table) else ibis.memtable(as_arrow(table))
        for name, table in loaded.items()
    }


def _tables(configuration: EnvironmentConfigLoader) -> set[str]:
    """Names of the tables that the environment's own catalog adds to what runs make."""
    entries = {name for name in configuration["catalog"] if name[0] not in "_{"}
    made = {
        name
        for part in (data_wrangling, *ENGINE.values())
        for name in part.create_pipeline().datasets()
    }
    return entries - (made - {FEED})
