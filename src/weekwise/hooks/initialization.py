"""What comes before Kedro loads its plugins; the entry point group `kedro.init` calls it."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import yaml

ENVIRONMENT = {
    # None of the libraries reports usage from a project of ours unless its owner says so.
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # A run outlives a Prefect server that is away for a few minutes: each wait is twice the last.
    "PREFECT_CLIENT_MAX_RETRIES": "8",
    # Its threads would show each event that a server which is away did not take.
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    # MLflow writes its own lines next to the project's log; its warnings are enough.
    "MLFLOW_LOGGING_LEVEL": "WARNING",
}

SERVER = os.environ.get("MLFLOW_TRACKING_URI")
"""The MLflow server that the user has named, if any. Read once: MLflow itself sets the variable as
soon as a run knows its store."""


LOGGING, LOGGING_CONFIG = Path("conf", "logging.yml"), "KEDRO_LOGGING_CONFIG"
"""The project's logging, and the variable by which Kedro finds it from another working folder."""


def initialize() -> None:
    """Set what libraries read as they are imported, and import kedro-mlflow without its warning.

    kedro-mlflow 2.0's own model class has no type hints for MLflow 3 to read, and MLflow says so as
    soon as the class is defined, under a filter of its own that no other filter comes before.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    _log_as_from_the_root()
    with warnings.catch_warnings(record=True):
        import kedro_mlflow.mlflow  # noqa: F401


def _log_as_from_the_root() -> None:
    """Use the project's logging from a folder inside it, too, here and in processes it starts.

    Kedro has set logging up when this is called, and has said so in a line if it found none.
    """
    from kedro.framework.project import configure_logging
    from kedro.utils import find_kedro_project

    root = find_kedro_project(Path.cwd())
    if root is None or root == Path.cwd() or LOGGING_CONFIG in os.environ:
        return
    file = root / LOGGING
    if file.is_file():
        os.environ[LOGGING_CONFIG] = str(file)
        configure_logging(yaml.safe_load(file.read_text("utf-8")))
