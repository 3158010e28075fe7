"""The pipelines by name, in the order of a weekly run, as the active environment has them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from kedro.pipeline import Pipeline

from weekwise.configuration import active_configuration
from weekwise.errors import ConfigurationError
from weekwise.pipelines import (
    data_prediction,
    data_wrangling,
    exploratory_data_analysis,
    model_monitoring,
    model_training,
)

WRANGLING = "data_wrangling"
"""The pipeline that an environment may bring, and the key of globals.yml that names it."""

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
        ConfigurationError: If the environment names a wrangling module that cannot be used.
    """
    packages = {WRANGLING: _wrangling(), **ENGINE}
    pipelines = {
        # A namespace for each, so that kedro viz opens on five boxes; datasets keep their names.
        name: Pipeline(
            package.create_pipeline(), namespace=name, prefix_datasets_with_namespace=False
        )
        for name, package in packages.items()
    }
    return {DEFAULT: sum(pipelines.values(), start=Pipeline([])), **pipelines}


def _wrangling() -> ModuleType:
    """The environment's own wrangling, or the generic one."""
    configuration = active_configuration()
    if configuration is None:
        return data_wrangling
    name = configuration["globals"].get(WRANGLING)
    if not name:
        return data_wrangling
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
    if not hasattr(module, "create_pipeline"):
        raise ConfigurationError(f"{place} names a module without create_pipeline; add it there")
    return module
