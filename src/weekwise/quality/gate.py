"""The data gate of one run: each table checked once, however many nodes and threads use it."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import ibis
import pandas as pd

from weekwise.contract.model import Contracts
from weekwise.errors import DataGateError, StoreError
from weekwise.paths import DataFolder, WeekFolder, replace_whole
from weekwise.quality.checked_weeks import CheckedWeeks
from weekwise.quality.data_docs import Evidence, publish
from weekwise.quality.frames import as_frame
from weekwise.quality.gate_result import GateResult, GateStatus
from weekwise.quality.quarantine import COLUMNS, quarantine_rows
from weekwise.quality.suite import build_suite
from weekwise.quality.table_check import TableCheck, check_table
from weekwise.system_errors import explained

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite

QUARANTINE = "quarantine"
ARTIFACTS = "data_gate"

logger = logging.getLogger(__name__)


class Catalog(Protocol):
    """What the gate asks of a Kedro catalog."""

    def __contains__(self, ds_name: str) -> bool:
        """Whether there is a dataset of that name."""

    def load(self, ds_name: str) -> Any:
        """A dataset's data."""

    def exists(self, ds_name: str) -> bool:
        """Whether a dataset has data."""

    def save(self, ds_name: str, data: Any) -> None:
        """Save a dataset's data."""


@dataclass
class GateRun:
    """The gate's memory of one run; safe to use from any thread.

    Attributes:
        contracts: The contracts of the tables that the run uses.
        data: The environment's data folder.
        as_of: The run's logical date, if it has one.
    """

    contracts: Contracts
    data: DataFolder
    as_of: date | None = None
    _suites: Mapping[str, ExpectationSuite] = field(init=False, repr=False)
    _checks: dict[str, Future[TableCheck]] = field(default_factory=dict, repr=False)
    _published: set[str] = field(default_factory=set, repr=False)
    _refused: bool = field(default=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    # A DuckDB connection, which all Ibis datasets share, serves one thread at a time.
    _store: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Build every suite, so that a wrong contract fails before any data is read."""
        self._suites = {name: build_suite(contract) for name, contract in self.contracts.items()}

    @property
    def week(self) -> WeekFolder:
        """The run's own folder."""
        return self.data.week(self.as_of)

    def replacement(self, dataset: str, data: Any, catalog: Catalog) -> Any:
        """Check a table, once in the run, and take its bad rows out, every time.

        Args:
            dataset: Its name in the catalog, with or without `@format`.
            data: The table.
            catalog: Where quarantined rows are saved.

        Returns:
            The table without its quarantined rows, or None if it is to be used as it is.

        Raises:
            DataGateError: If the table stops the run.
        """
        table = dataset.split("@", maxsplit=1)[0]
        if table not in self.contracts:
            return None
        check = self._check_once(dataset, table, data, catalog)
        if check.result.status is GateStatus.STOP:
            raise DataGateError(
                f"the data gate stops the run.\n{check.result.report}\n"
                f"The result is in {self.week.gate_result(table)}."
            )
        rows = check.row_filter
        return None if rows is None else rows.clean(data)

    def _check_once(self, dataset: str, table: str, data: Any, catalog: Catalog) -> TableCheck:
        with self._lock:
            running = self._checks.get(dataset)
            future = running or self._checks.setdefault(dataset, Future())
        if running is None:
            try:
                future.set_result(self._check(table, data, catalog))
            except BaseException as error:  # noqa: BLE001 - every end must wake those who wait
                # There is no result: those who wait fail too, and a retry checks again.
                with self._lock:
                    del self._checks[dataset]
                future.set_exception(error)
        return future.result()

    def _check(self, table: str, data: Any, catalog: Catalog) -> TableCheck:
        contract, suite = self.contracts[table], self._suites[table]
        known = self.data.checked_weeks(table)
        with self._store:
            check = check_table(data, contract, suite, self.as_of, CheckedWeeks.read(known))
        result = check.result
        if result.status is not GateStatus.STOP:
            rows = quarantine_rows(check.rows, contract, result, self.as_of)
            self._save_quarantine(table, rows, catalog)
        if check.checked is not None:
            check.checked.write(known)
        replace_whole(self.week.gate_result(table), result.model_dump_json(indent=2))
        _log(result)
        return check

    def _save_quarantine(self, table: str, rows: pd.DataFrame, catalog: Catalog) -> None:
        """Put the rows in the place of the same week's and table's former ones, even with none.

        The dataset replaces a whole as-of date when saved, so other tables' rows are saved again.
        """
        if QUARANTINE not in catalog:
            return
        with self._store:
            others = _others(table, self.as_of, catalog)
            if len(rows) or len(others) or catalog.exists(QUARANTINE):
                parts = [part for part in (others, rows) if len(part)] or [rows]
                catalog.save(QUARANTINE, pd.concat(parts, ignore_index=True))

    def publish(self) -> None:
        """Store the evidence, build Data Docs, and log both to the active MLflow run.

        May be called more than once in a run; each result is published once.

        Raises:
            StoreError: If the operating system or a database refuses; a later call tries again.
        """
        with self._lock:
            results = {
                dataset: future.result().result
                for dataset, future in self._checks.items()
                if dataset not in self._published and future.done() and not future.exception()
            }
        if not results:
            return
        outside = sys.exception()
        try:
            evidence = [Evidence(self._suites[result.table], result) for result in results.values()]
            page = publish(self.data, evidence, self.as_of)
            logger.info("data docs: %s", page)
            self._log_to_mlflow(list(results.values()))
        except Exception as error:
            if (refused := explained(error, outside=outside)) is not None:
                self._refused = True
                raise refused from error
            logger.exception("the gate's evidence could not be published; its results stand")
        self._published |= results.keys()
        self._refused = False

    def finish(self) -> None:
        """Publish what is not published yet, at the end of a run.

        A failure here is logged and goes no further: it would hide the run's own error. What was
        refused before is that error, and is not tried again.
        """
        if self._refused:
            return
        try:
            self.publish()
        except StoreError as error:
            logger.warning(
                "the gate's evidence could not be published: %s; its results stand, and what "
                "earlier runs published was left as it is",
                error,
            )

    def _log_to_mlflow(self, results: Sequence[GateResult]) -> None:
        # Imported by whoever opened a run; without one there is nothing to log to.
        mlflow = sys.modules.get("mlflow")
        if mlflow is None or mlflow.active_run() is None:
            return
        for table in sorted({result.table for result in results}):
            mlflow.log_artifact(str(self.week.gate_result(table)), f"{ARTIFACTS}/results")
            mlflow.log_artifact(str(self.data.suite(table)), f"{ARTIFACTS}/suites")


def _others(table: str, as_of: date | None, catalog: Catalog) -> pd.DataFrame:
    """What other tables left in quarantine on the same as-of date."""
    if not catalog.exists(QUARANTINE):
        return pd.DataFrame(columns=list(COLUMNS))
    data = catalog.load(QUARANTINE)
    if isinstance(data, ibis.Table):
        data = data.filter(data["table"] != table, data["as_of"].identical_to(as_of))
    frame = as_frame(data)
    days = pd.to_datetime(frame["as_of"]).dt.date
    same = days.isna() if as_of is None else days == as_of
    return frame.assign(as_of=days)[same & (frame["table"] != table)]


def _log(result: GateResult) -> None:
    if result.failures:
        logger.warning("%s", result.report)
    else:
        logger.info("%s", result.summary)
