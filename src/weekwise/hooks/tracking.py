"""What tells one MLflow run from another: its date, code, contracts, data and parameters."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from weekwise.contract.load import CONTRACT_SUFFIX
from weekwise.contract.model import Contract
from weekwise.hooks.initialization import SERVER
from weekwise.hooks.mlflow_database import prepare
from weekwise.model.release import RUN_TAG
from weekwise.paths import DataFolder

SUMMARY = "wrangling_summary"
DATA_TAG = "weekwise.data"
"""The tag that says which machine's data folder a run works on."""
KILLED = "KILLED"
"""MLflow's status of a run that was stopped from outside."""


class TrackingHook:
    """Tags the run that kedro-mlflow has opened.

    kedro-mlflow itself logs the metrics and artifacts that the catalog names.
    """

    def __init__(self) -> None:
        self._parameters: dict[str, Any] = {}
        self._project = Path()
        self._data = DataFolder(Path())
        self._registered_model = ""
        self._run_id: str | None = None

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the configuration as it was written, and make the embedded MLflow database.

        First of all hooks: kedro-mlflow opens it, and would have MLflow make it in place.

        Raises:
            StoreError: If the database is damaged.
        """
        self._parameters = context.config_loader["parameters"]
        self._project = context.project_path
        self._registered_model = context.config_loader["globals"]["registered_model"]
        self._data = DataFolder(self._project / context.config_loader["globals"]["data"])
        self._run_id = None
        if SERVER is None:
            prepare(self._data)

    @hook_impl(trylast=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Tag the run with what is known before it starts, and log each parameter by its path."""
        import mlflow

        active = mlflow.active_run()
        self._run_id = None if active is None else active.info.run_id
        if active is None:
            return
        mlflow.set_tags(
            {
                DATA_TAG: data_tag(self._data),
                "as_of": str(self._parameters["as_of"]),
                "git_commit": _git_commit(self._project),
                RUN_TAG: self._registered_model,
                **{
                    f"contract_hash.{contract.table}": contract.hash
                    for contract in _contracts(pipeline, catalog)
                },
            }
        )
        mlflow.log_params(flattened(self._parameters))

    @hook_impl
    def after_pipeline_run(self) -> None:
        """The run is over: kedro-mlflow ends it."""
        self._run_id = None

    def end_interrupted_run(self) -> None:
        """End the run as killed: MLflow by itself would call it finished."""
        if self._run_id is None:
            return
        import mlflow

        run_id, self._run_id = self._run_id, None
        while mlflow.active_run() is not None:
            mlflow.end_run(KILLED)
        mlflow.MlflowClient().set_terminated(run_id, KILLED)

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Tag the run with the data it saw, as soon as that is known."""
        self._tag_data(dataset_name, data)

    @hook_impl
    def after_dataset_loaded(self, dataset_name: str, data: Any) -> None:
        """Tag a run of a later pipeline alone with the data it found."""
        self._tag_data(dataset_name, data)

    def _tag_data(self, dataset_name: str, data: Any) -> None:
        if dataset_name != SUMMARY:
            return
        import mlflow

        if mlflow.active_run() is not None:
            mlflow.set_tag("data_hash", data.data_hash)


def data_tag(data: DataFolder) -> str:
    """What tells a data folder from all others, those of other machines included."""
    return f"{socket.gethostname()}:{data.path.resolve()}"


@contextmanager
def recorded_interruption() -> Iterator[None]:
    """Record a run that a signal ends, in MLflow.

    Kedro calls `on_pipeline_error` for errors alone.
    """
    try:
        yield
    except Exception:
        raise
    except BaseException:
        for hook in settings.HOOKS:
            if isinstance(hook, TrackingHook):
                hook.end_interrupted_run()
        raise


def flattened(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested parameters by their dotted paths, such as `training.fit.depth`."""
    flat: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= flattened(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = str(value)
    return flat


def _contracts(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> list[Contract]:
    names = sorted(name for name in pipeline.inputs() if name.endswith(CONTRACT_SUFFIX))
    loaded = (catalog.load(name) for name in names)
    return [contract for contract in loaded if isinstance(contract, Contract)]


def _git_commit(project: Path) -> str:
    """The commit the code is at, with a mark if files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, cwd=project, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.strip()
