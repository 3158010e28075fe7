"""What must hold before a run is opened in MLflow, and what runs that died have left open."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from weekwise.configuration import PARAMS
from weekwise.contract.load import CONTRACT_SUFFIX
from weekwise.errors import ConfigurationError
from weekwise.hooks.initialization import SERVER
from weekwise.hooks.lost_weeks import (
    MONITORING_LOG,
    REPORT,
    backfill_command,
    lost_files,
    lost_reports,
    lost_weeks,
    named_weeks,
    stored_weeks,
)
from weekwise.hooks.tracking import DATA_TAG, KILLED, data_tag
from weekwise.paths import DataFolder
from weekwise.system_errors import signal_behind
from weekwise.wording import counted, listed

if TYPE_CHECKING:
    from weekwise.datasets.spark_table import SparkTable
    from weekwise.datasets.store_table import StoreTable

T = TypeVar("T")
FAILED = "FAILED"
MOST_FILES = 5
RESUMED = "MLFLOW_RUN_ID"
"""MLflow's own variable for the run that the next start of a run goes on with."""

logger = logging.getLogger(__name__)


class RunGuardHook:
    """Looks at store, registry and reports before anything is opened or written.

    The store's lock is taken first: whoever holds it is the only run of the data folder. So runs of
    the same folder that MLflow believes to be running are those of processes that died.
    """

    def __init__(self) -> None:
        self._context: KedroContext | None = None

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Keep the configuration."""
        self._context = context

    @hook_impl(wrapper=True)
    def before_pipeline_run(
        self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]
    ) -> Generator[None, Any, Any]:
        """Check first; and if another hook refuses the run, end it in MLflow as failed.

        Raises:
            ConfigurationError: If nothing says what an input is.
            StoreError: If the store is in use, or half of the state is lost.
        """
        _refuse_unknown_inputs(pipeline, catalog)
        _forget_deleted_run()
        _start_spark(pipeline, catalog)
        if self._context is not None and _takes_store(pipeline, catalog):
            _close_dead_runs(self._context)
            if REPORT in pipeline.all_outputs() and MONITORING_LOG in catalog:
                _refuse_half_a_state(self._context, catalog)
        try:
            return (yield)
        except BaseException as error:
            _end_active_run(FAILED if isinstance(error, Exception) else KILLED)
            raise

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self, error: Exception) -> None:
        """What a signal caused goes on as that signal, whatever a library has made of it.

        Raises:
            BaseException: What the signal's handler had raised; Kedro and its hooks then end the
                run as killed, not as failed.
        """
        if signal := signal_behind(error):
            raise signal


def _refuse_unknown_inputs(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
    """Refuse inputs that are in no file: Kedro would say so after the run was opened in MLflow."""
    missing = sorted(name for name in pipeline.inputs() if name not in catalog)
    for what, file, names in (
        ("contract", "contracts", [name for name in missing if name.endswith(CONTRACT_SUFFIX)]),
        ("parameters", "parameters.yml", [name for name in missing if name.startswith(PARAMS)]),
        ("dataset", "catalog.yml", missing),
    ):
        if names:
            words = [name.removeprefix(PARAMS).removesuffix(CONTRACT_SUFFIX) for name in names]
            raise ConfigurationError(
                f"there is no {what} {listed(words, MOST_FILES)}, which the run begins with; look "
                f"into {file} of the environment, and into those it builds on"
            )


def _takes_store(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> bool:
    """Open the store that a pipeline uses, which takes its lock.

    Returns:
        Whether it uses one that has a lock.
    """
    from weekwise.datasets.store_table import StoreTable

    tables = (table for table in _used(pipeline, catalog, StoreTable) if table.has_lock)
    return _opened(tables)


def _start_spark(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
    """Start Spark, if a pipeline uses its tables: what it lacks is told before anything is done."""
    from weekwise.datasets.spark_table import SparkTable

    _opened(_used(pipeline, catalog, SparkTable))


def _used(pipeline: Pipeline, catalog: CatalogProtocol[Any, Any], kind: type[T]) -> Iterator[T]:
    """The datasets of a kind that a pipeline uses."""
    for name in sorted(pipeline.datasets()):
        dataset = catalog.get(name) if name in catalog else None
        if isinstance(dataset, kind):
            yield dataset


def _opened(tables: Iterator[StoreTable | SparkTable]) -> bool:
    """Open the first table, and with it the engine that all share; whether there is one."""
    for table in tables:
        table.open()
        return True
    return False


def _close_dead_runs(context: KedroContext) -> None:
    """End what MLflow believes to be running on this data folder, although nothing does."""
    from mlflow import MlflowClient

    client = MlflowClient()
    experiment = client.get_experiment_by_name(
        context.config_loader["mlflow"]["tracking"]["experiment"]["name"]
    )
    if experiment is None:
        return
    folder = data_tag(_data_of(context))
    for run in client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'"):
        # The embedded MLflow is this folder's own; a server has those of others, too.
        if SERVER is None or run.data.tags.get(DATA_TAG) == folder:
            client.set_terminated(run.info.run_id, KILLED)
            logger.info("run %s was left open by a process that died; killed", run.info.run_name)


def _forget_deleted_run() -> None:
    """Begin a new run in MLflow, if the one that is to be resumed was deleted there."""
    run_id = os.environ.get(RESUMED)
    if not run_id:
        return
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    try:
        stage = MlflowClient().get_run(run_id).info.lifecycle_stage
    except MlflowException:
        stage = "gone"
    if stage != "active":
        del os.environ[RESUMED]
        logger.warning("the MLflow run %s was deleted; a new one is made", run_id)


def _refuse_half_a_state(context: KedroContext, catalog: CatalogProtocol[Any, Any]) -> None:
    from weekwise.hooks.lost_models import lost_models
    from weekwise.model.registry import Registry

    as_of = date.fromisoformat(str(catalog.load("params:as_of"))[:10])
    data, name = _data_of(context), context.config_loader["globals"]["registered_model"]
    reported, stored = [week for week in data.weeks() if week < as_of], stored_weeks(catalog)
    option = f" --env {context.env}" if context.env else ""
    registry = Registry(name)
    if reported:
        lost_weeks(reported, stored, registry.judged_weeks()).refuse(data, name, option)
    _tell_of_lost_reports(lost_reports(data, stored, as_of), option)
    _tell_of_lost_files(lost_files(data, as_of))
    if SERVER is None:
        _tell_of_lost_models(lost_models(data, registry.versions.all()), data)


def _tell_of_lost_reports(weeks: list[date], option: str) -> None:
    if weeks:
        logger.warning(
            "the weekly report of %s is gone, damaged or not readable; this run does not need it. "
            "Bring it back with: %s",
            named_weeks(weeks),
            backfill_command(weeks, option),
        )


def _tell_of_lost_files(files: list[Path]) -> None:
    if files:
        logger.warning(
            "%s of earlier weeks %s gone, damaged or not readable: %s; this run does not need %s. "
            "Copy %s from a backup or, but for verdict.json, from the artifacts of those weeks' "
            "runs in MLflow",
            counted(len(files), "file", "files"),
            "is" if len(files) == 1 else "are",
            listed([str(file) for file in files], MOST_FILES),
            *(("it", "it") if len(files) == 1 else ("them", "them")),
        )


def _tell_of_lost_models(versions: list[str], data: DataFolder) -> None:
    if versions:
        logger.warning(
            "the model files of %s %s are gone, damaged or not readable; this run does not need "
            "them, and a rollback passes over %s. Copy %s from a backup",
            "version" if len(versions) == 1 else "versions",
            listed(versions, MOST_FILES),
            "it" if len(versions) == 1 else "them",
            data.mlflow_artifacts / "models",
        )


def _end_active_run(status: str) -> None:
    import mlflow

    while mlflow.active_run() is not None:
        mlflow.end_run(status)


def _data_of(context: KedroContext) -> DataFolder:
    return DataFolder(context.project_path / context.config_loader["globals"]["data"])
