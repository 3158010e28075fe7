"""The data gate as a Kedro hook."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any, cast

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import CatalogProtocol, MemoryDataset
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from weekwise.configuration import EnvironmentConfigLoader
from weekwise.contract.derive import with_feed
from weekwise.contract.load import CONTRACT_SUFFIX, project_contracts
from weekwise.contract.model import Contracts
from weekwise.hooks.lost_weeks import REPORT
from weekwise.paths import DataFolder
from weekwise.quality.gate import GateRun

WRANGLING = "data_wrangling"


class DataGateHook:
    """Checks every table that has a contract before the first node that uses it.

    A table is checked once in a run, however many nodes, threads and retries there are. Its
    contract is in the catalog as `<table>_contract`. Great Expectations is imported only by a run
    that uses such a table.
    """

    def __init__(self) -> None:
        self._contracts: Contracts = {}
        self._context: KedroContext | None = None
        self._runs: dict[str | None, GateRun] = {}
        self._lock = threading.Lock()

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Load the contracts.

        Raises:
            ContractError: If any of them is wrong.
        """
        self._context = context
        config = _config(context)
        wrangling = pipelines.get(WRANGLING)
        self._contracts = with_feed(
            project_contracts(config.conf_source, config.environments),
            wrangling.datasets() if wrangling is not None else (),
        )

    @hook_impl
    def after_catalog_created(self, catalog: CatalogProtocol[Any, Any]) -> None:
        """Put each contract in the catalog, as an input for nodes."""
        for table, contract in self._contracts.items():
            catalog[f"{table}{CONTRACT_SUFFIX}"] = MemoryDataset(contract, copy_mode="assign")

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline) -> None:
        """Build the suites of the tables the run uses, before any data is read.

        Raises:
            ContractError: If an expectation is unknown or its arguments are wrong.
        """
        used = {name for node in pipeline.nodes for name in node.inputs}
        self._runs.pop(run_params["run_id"], None)
        self._start(run_params["run_id"], used)

    @hook_impl
    def before_node_run(
        self,
        node: Node,  # noqa: ARG002 - pluggy passes by name
        catalog: CatalogProtocol[Any, Any],
        inputs: dict[str, Any],
        run_id: str | None,
    ) -> dict[str, Any]:
        """Check the node's tables, and take quarantined rows out of them.

        Raises:
            DataGateError: If a table stops the run.
        """
        # A runner that is used without a session calls no pipeline hook.
        run = self._runs.get(run_id) or self._start(run_id, set(self._contracts))
        clean = {name: run.replacement(name, data, catalog) for name, data in inputs.items()}
        return {name: data for name, data in clean.items() if data is not None}

    @hook_impl
    def before_dataset_saved(self, dataset_name: str) -> None:
        """Store the evidence before the report, which marks the week as complete.

        Raises:
            StoreError: If the operating system refuses.
        """
        if dataset_name == REPORT:
            self.publish()

    # kedro-mlflow ends the MLflow run in the same hooks; artifacts must be there before.
    @hook_impl(tryfirst=True)
    def after_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Store the evidence and build Data Docs, once."""
        self._finish(run_params["run_id"])

    @hook_impl(tryfirst=True)
    def on_pipeline_error(self, run_params: dict[str, Any]) -> None:
        """The same when the run fails: that is when evidence is wanted most."""
        self._finish(run_params["run_id"])

    def publish(self) -> None:
        """Store the evidence there is so far, so that it outlives a run that is killed later.

        Raises:
            StoreError: If the operating system refuses.
        """
        for run in list(self._runs.values()):
            run.publish()

    def _start(self, run_id: str | None, used: set[str]) -> GateRun:
        # Kedro names one table in several formats `table@format`.
        tables = {name.split("@", maxsplit=1)[0] for name in used}
        # Several threads may come first: one of them builds the suites.
        with self._lock:
            known = self._runs.get(run_id)
            if known is not None:
                return known
            contracts = {
                name: contract for name, contract in self._contracts.items() if name in tables
            }
            run = self._gate_run(contracts)
            self._runs[run_id] = run
            return run

    def _finish(self, run_id: str | None) -> None:
        run = self._runs.pop(run_id, None)
        if run is not None:
            run.finish()

    def _gate_run(self, contracts: Contracts) -> GateRun:
        context = self._context
        if context is None:
            msg = "the data gate needs a Kedro context; run through a KedroSession"
            raise RuntimeError(msg)
        data = _config(context)["globals"].get("data", "data")
        as_of = context.params.get("as_of")
        # On the command line a date is text.
        day = date.fromisoformat(as_of[:10]) if isinstance(as_of, str) else as_of
        return GateRun(contracts, DataFolder(context.project_path / data), day)


def _config(context: KedroContext) -> EnvironmentConfigLoader:
    """The context's loader, which Kedro types by its abstract class."""
    return cast("EnvironmentConfigLoader", context.config_loader)
