"""Whole weekly runs on the thin slice, each in a process of its own that a test may kill.

Processes are forked from one that has imported everything, so that a run costs seconds: imports
alone are most of a run's time on this little data.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

import stores

PROJECT = Path(__file__).parents[2]
WEEKS = ["2013-01-15", "2013-01-22", "2013-01-29"]
_HEAVY = (
    "catboost",
    "git",
    "great_expectations",
    "great_expectations.expectations",
    "ibis.backends.duckdb",
    "kedro.framework.session",
    "kedro_datasets.ibis",
    "kedro_mlflow.framework.hooks",
    "kedro_telemetry.plugin",
    "kedro_viz.integrations.kedro.hooks",
    "mlflow.pyfunc",
    "mlflow.tracing.processor.base_mlflow",
    "narwhals",
    "sklearn.compose",
    "sklearn.impute",
    "sklearn.linear_model",
    "sklearn.metrics",
    "weekwise.hooks.data_gate",
    "weekwise.pipeline_registry",
)


class RunKilledError(Exception):
    """The run was killed, as the test asked."""


def run(
    data: Path,
    as_of: str,
    *later: str,
    pipelines: list[str] | None = None,
    kill: Callable[[], Any] | None = None,
    env: str = "test",
    conf_source: Path | None = None,
    within_seconds: float = 300,
) -> None:
    """Run one or more weeks in a process of their own.

    Args:
        data: The data folder, named after the environment; if there is none, one with an empty
            MLflow store is made.
        as_of: The logical date of the first run.
        *later: Those of the runs after it.
        pipelines: What to run; by default all.
        kill: Makes a Kedro hook that ends the process; it is made in the process itself.
        env: Kedro's environment.
        conf_source: The folder of configuration; by default the project's.
        within_seconds: How long it may take.

    Raises:
        RunKilledError: If the process ended by SIGKILL.
        RuntimeError: If the run failed; its traceback is the message.
    """
    import_heavy()
    if not data.exists():
        stores.make_empty(data / "mlflow" / "mlflow.db")
    context = multiprocessing.get_context("fork")
    errors = context.SimpleQueue()
    process = context.Process(
        target=_run, args=(data, (as_of, *later), pipelines, kill, (env, conf_source), errors)
    )
    process.start()
    process.join(timeout=within_seconds)
    if process.exitcode == -signal.SIGKILL:
        raise RunKilledError
    if process.exitcode != 0:
        raise RuntimeError("no word from the run" if errors.empty() else errors.get())


def import_heavy(*more: str) -> None:
    """Import what runs need, so that processes forked from here have it.

    Args:
        *more: Further modules.
    """
    with warnings.catch_warnings():
        # In a run of its own a library's deprecations are nobody's error.
        warnings.simplefilter("ignore")
        for name in (*_HEAVY, *more):
            __import__(name)
    # Kedro's settings are found by looking at the stack, and at every module there is for that.
    inspect.stack()
    from mlflow.utils import requirements_utils

    # Of all packages here; else each run reads it before it logs a model.
    requirements_utils._init_packages_to_modules_map()


def _run(
    data: Path,
    weeks: Sequence[str],
    pipelines: list[str] | None,
    kill: Callable[[], Any] | None,
    where: tuple[str, Path | None],
    errors: Any,
) -> None:
    warnings.simplefilter("ignore")
    try:
        stores.forget()
        os.environ["WEEKWISE_DATA_DIR"] = str(data.parent)
        os.chdir(PROJECT)
        for as_of in weeks:
            _session_run(as_of, pipelines, kill, where)
    except BaseException:  # noqa: BLE001 - whatever it is, the test shall see it
        errors.put(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def _session_run(
    as_of: str,
    pipelines: list[str] | None,
    kill: Callable[[], Any] | None,
    where: tuple[str, Path | None],
) -> None:
    from kedro.framework.project import settings
    from kedro.framework.session import KedroSession
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(PROJECT)
    if kill is not None:
        settings.set("HOOKS", (*settings.HOOKS, kill()))
    env, conf_source = where
    with KedroSession.create(
        PROJECT, env=env, runtime_params={"as_of": as_of}, conf_source=conf_source
    ) as session:
        session.run(pipeline_names=pipelines)


def kill_now() -> None:
    """End this process at once, as the kernel ends one that has run out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def copied(data: Path, target: Path) -> Path:
    """A copy of a data folder, its MLflow store pointing into itself."""
    shutil.copytree(data, target)
    with closing(sqlite3.connect(target / "mlflow" / "mlflow.db")) as store, store:
        places = [
            ("experiments", "artifact_location"),
            ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"),
            ("model_versions", "source"),
            ("model_versions", "storage_location"),
        ]
        for table, column in places:
            store.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)",
                (str(data), str(target)),
            )
    return target


def end_state(data: Path) -> dict[str, Any]:
    """All that a run leaves for the next one and for people, by name.

    What differs between two runs of the same week on purpose is left out: times, and the MLflow
    runs themselves, of which there is one for each time somebody ran the week.
    """
    return {
        **_tables(data / "weekwise.duckdb"),
        **_registry(data / "mlflow" / "mlflow.db"),
        "files": sorted(
            str(path.relative_to(data))
            for path in data.rglob("*")
            if path.is_file() and path.relative_to(data).parts[0] != "mlflow"
            if "uncommitted" not in path.parts and path.suffix != ".wal"
        ),
        **{
            path.name: _digest(path)
            for path in sorted(data.glob("07_model_output/predictions/*.parquet"))
        },
        **{
            f"{path.parent.name}/{path.name}": _content(path)
            for path in sorted(data.glob("08_reporting/????-??-??/*.json"))
        },
    }


def _tables(store: Path) -> dict[str, Any]:
    with closing(duckdb.connect(str(store), read_only=True)) as connection:
        names = connection.sql("SELECT table_name FROM duckdb_tables()").fetchall()
        return {
            f"table {name}": connection.sql(f'SELECT * FROM "{name}" ORDER BY ALL').fetchall()
            for (name,) in sorted(names)
        }


def _registry(store: Path) -> dict[str, Any]:
    if not store.exists():
        # It is a server's.
        return {}
    with closing(sqlite3.connect(store)) as connection:

        def rows(query: str) -> list[Any]:
            return connection.execute(query).fetchall()

        return {
            "versions": rows("SELECT version, description FROM model_versions ORDER BY version"),
            "version tags": rows(
                "SELECT version, key, value FROM model_version_tags ORDER BY version, key"
            ),
            "aliases": rows("SELECT alias, version FROM registered_model_aliases ORDER BY alias"),
            "history": [
                (key, _timeless(value))
                for key, value in rows("SELECT key, value FROM registered_model_tags ORDER BY key")
            ],
        }


def _timeless(value: str) -> Any:
    """A tag without the time it was written at."""
    try:
        content = json.loads(value)
    except ValueError:
        return value
    return {k: v for k, v in content.items() if k != "at"} if isinstance(content, dict) else content


def _content(path: Path) -> Any:
    """A JSON file; of one that a test has damaged, its bytes."""
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        return path.read_bytes()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
