"""What globals and `mlflow.yml` must be for any command, and not only for a run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from weekwise.errors import ConfigurationError

GLOBALS, MLFLOW = "globals", "mlflow"
DATA, MODEL, EXTENDS = "data", "registered_model", "extends"
_TEXTS = (DATA, MODEL, EXTENDS, "data_wrangling")
"""Keys of globals that are texts, if they are there."""
_OPTIONAL = (EXTENDS, "data_wrangling")
_ADDRESS = re.compile(r"https?://[^/\s]+\S*")
_DATABASES = frozenset({"sqlite", "postgresql", "mysql", "mssql"})
_PLUGINS = "mlflow.tracking_store"
"""The entry points by which packages bring MLflow further places to keep runs at."""


def check_text(name: str, value: Any) -> None:
    """Refuse a setting of globals that must be a text and is none.

    Args:
        name: Its name.
        value: What is said of it.

    Raises:
        ConfigurationError: If it is none.
    """
    if isinstance(value, str) and value.strip():
        return
    if value is None and name in _OPTIONAL:
        return
    number = isinstance(value, (bool, int, float))
    advice = "put it in quotes" if number else "write a text"
    said = "empty" if value is None or value == "" else f"no text but {value!r}"
    raise ConfigurationError(f"globals.yml: {name}: it is {said}; {advice}")


def _check_globals(said: Mapping[str, Any]) -> None:
    """Refuse what no command can work with: where data are, and what the model is called.

    Raises:
        ConfigurationError: If there is such a setting.
    """
    for name in _TEXTS:
        if name in said:
            check_text(name, said[name])
    name = said.get(MODEL, "")
    if {"/", ":"} & {*name}:
        raise ConfigurationError(
            f"globals.yml: {MODEL}: MLflow takes no name with / or :, as in {name}; leave them out"
        )


def _check_mlflow(said: Mapping[str, Any]) -> None:
    """Refuse settings of kedro-mlflow that it does not take, or that would lose the runs.

    Raises:
        ConfigurationError: If there are any.
    """
    from pydantic import ValidationError

    with warnings.catch_warnings():
        # Its own models' deprecations are nobody's error here.
        warnings.simplefilter("ignore")
        from kedro_mlflow.config.kedro_mlflow_config import KedroMlflowConfig

    try:
        KedroMlflowConfig.model_validate(said)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise ConfigurationError(f"mlflow.yml: {'; '.join(faults)}") from None
    uri = (said.get("server") or {}).get("mlflow_tracking_uri")
    if uri and not _keeps_runs(uri):
        raise ConfigurationError(
            f"MLflow keeps no runs at {_without_password(uri)!r}; set MLFLOW_TRACKING_URI, or "
            "server.mlflow_tracking_uri in mlflow.yml, to a server as http://HOST:PORT, or leave "
            "both out to have the runs in the data folder"
        )
    if not uri:
        raise ConfigurationError(
            "mlflow.yml: server.mlflow_tracking_uri: it is missing; conf/base/mlflow.yml has it "
            "as ${tracking_uri:${globals:data}}"
        )


def _keeps_runs(uri: str) -> bool:
    """Whether MLflow, or a plugin of its, may keep runs there; it has given up folders of files."""
    scheme, colon, _ = uri.partition(":")
    if scheme in ("http", "https"):
        return bool(_ADDRESS.fullmatch(uri))
    if scheme == "databricks" or (colon and scheme.partition("+")[0] in _DATABASES):
        return True
    return bool(colon) and scheme in entry_points(group=_PLUGINS).names


def _without_password(uri: str) -> str:
    return re.sub("//[^/@]*@", "//", uri)


CHECKS = {GLOBALS: _check_globals, MLFLOW: _check_mlflow}
"""What a part of the configuration must be for any command."""
