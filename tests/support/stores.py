"""MLflow stores, one at a time, and stores of tables."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

VARIABLE = "MLFLOW_TRACKING_URI"
LEFT_BEHIND = (VARIABLE, "MLFLOW_REGISTRY_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID")


def make_empty(database: Path) -> None:
    """Copy a database with MLflow's tables and nothing in them: making those takes seconds."""
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(_template().name) / "mlflow.db", database)


@cache
def _template() -> tempfile.TemporaryDirectory[str]:
    from mlflow import MlflowClient

    folder = tempfile.TemporaryDirectory()
    MlflowClient(f"sqlite:///{folder.name}/mlflow.db").search_experiments()
    return folder


@contextmanager
def duckdb_store(database: Path) -> Iterator[dict[str, str]]:
    """The connection of a store of tables, closed afterwards."""
    from weekwise.datasets.store_table import StoreTable

    yield {"backend": "duckdb", "database": str(database)}
    for key in [key for key in StoreTable._connections if str(database) in str(key)]:
        StoreTable._connections.pop(key).disconnect()


@contextmanager
def in_use(uri: str) -> Iterator[None]:
    """Let MLflow use a store, and then the one before, or none.

    MLflow keeps the choice in a variable that processes started later inherit.
    """
    before = os.environ.get(VARIABLE)
    use(uri)
    try:
        yield
    finally:
        use(before)


def environment(**more: str) -> dict[str, str]:
    """What a process of its own needs, and nothing that tests before have left behind.

    Args:
        **more: Further variables.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in LEFT_BEHIND}
    return {**inherited, **more}


def forget() -> None:
    """Take nothing over from the tests before, in a process forked from theirs."""
    for name in LEFT_BEHIND:
        os.environ.pop(name, None)


def use(uri: str | None) -> None:
    """Let MLflow use a store, or none in particular."""
    import mlflow

    mlflow.set_tracking_uri(uri)
