"""Kedro's project settings: configuration, hooks and nothing else."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from omegaconf.resolvers import oc

from weekwise.configuration import EnvironmentConfigLoader, active_configuration
from weekwise.contract.load import project_contracts
from weekwise.errors import ContractError
from weekwise.hooks.as_of_guard import AsOfGuardHook
from weekwise.hooks.closing_screen import ClosingScreenHook
from weekwise.hooks.data_gate import DataGateHook
from weekwise.hooks.free_memory import FreeMemoryHook
from weekwise.hooks.initialization import SERVER, initialize
from weekwise.hooks.node_progress import NodeProgressHook
from weekwise.hooks.run_guard import RunGuardHook
from weekwise.hooks.tracking import TrackingHook
from weekwise.paths import DataFolder

# Sessions that no command line started need it as well.
initialize()


def _package_folder(package: str) -> str:
    """The folder of an installed package, found without importing it."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        msg = f"package {package} is not installed; run: make setup"
        raise ModuleNotFoundError(msg)
    return str(spec.submodule_search_locations[0])


def _last_week(data: str, otherwise: str | None) -> str:
    """The newest complete week in the store, for commands that look rather than run."""
    today = date.today()  # noqa: DTZ011 - the day of whoever looks
    return str(DataFolder(Path(data)).last_week() or otherwise or today)


def _tracking_uri(data: str) -> str:
    """Where MLflow keeps runs: the server that MLFLOW_TRACKING_URI names, or a file under data."""
    return SERVER or f"sqlite:///{DataFolder(Path(data).resolve()).mlflow_database}"


def _artifact_location(data: str) -> str | None:
    """Where the embedded MLflow keeps artifacts; a server decides for itself."""
    return None if SERVER else str(DataFolder(Path(data).resolve()).mlflow_artifacts)


def _time_column(table: str) -> str | None:
    """The time column of a table's contract; none if it has none, or if a contract is wrong."""
    loader = active_configuration()
    if loader is None:
        return None
    try:
        contracts = project_contracts(loader.conf_source, loader.environments)
    except ContractError:
        # The data gate says what is wrong, with all that is.
        return None
    return contracts[table].time if table in contracts else None


CONFIG_LOADER_CLASS = EnvironmentConfigLoader

CONFIG_LOADER_ARGS: dict[str, Any] = {
    "base_env": "base",
    # An environment says only what differs.
    "merge_strategy": {"parameters": "soft", "globals": "soft", "orchestration": "soft"},
    "config_patterns": {"mlflow": ["mlflow*"], "orchestration": ["orchestration*"]},
    "custom_resolvers": {
        "oc.env": oc.env,
        "package_folder": _package_folder,
        "last_week": _last_week,
        "time_column": _time_column,
        "tracking_uri": _tracking_uri,
        "artifact_location": _artifact_location,
    },
}

HOOKS = (
    RunGuardHook(),
    DataGateHook(),
    AsOfGuardHook(),
    FreeMemoryHook(),
    TrackingHook(),
    NodeProgressHook(),
    ClosingScreenHook(),
)
