"""The data gate of one run: each table checked once, whatever the number of nodes and threads."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import ibis
import pandas as pd

from weekwise.contract.model import Contracts
from weekwise.errors import DataGateError
from weekwise.quality.data_docs import Evidence, publish, suite_file
from weekwise.quality.frames import as_frame
from weekwise.quality.gate_result import GateResult, GateStatus
from weekwise.quality.places import RunFolders
from weekwise.quality.quarantine import COLUMNS, RowFilter, quarantine_rows
from weekwise.quality.suite import build_suite
from weekwise.quality.validate import validate

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


@dataclass(frozen=True)
class TableCheck:
    """What was found of one table, and how to take its bad rows out.

    Attributes:
        result: What was found.
        row_filter: Takes the quarantined rows out; none if there are none.
    """

    result: GateResult
    row_filter: RowFilter | None = None


@dataclass
class GateRun:
    """The gate's memory of one run; safe to use from any thread.

    Attributes:
        contracts: The contracts of the tables that the run uses.
        places: The run's folders.
    """

    contracts: Contracts
    places: RunFolders
    _suites: Mapping[str, ExpectationSuite] = field(init=False, repr=False)
    _verdicts: dict[str, Future[TableCheck]] = field(default_factory=dict, repr=False)
    _published: set[str] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    # A DuckDB connection, which all Ibis datasets share, serves one thread at a time.
    _store: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Build every suite, so that a wrong contract fails before any data is read."""
        self._suites = {name: build_suite(one) for name, one in self.contracts.items()}

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
        verdict = self._verdict(dataset, table, data, catalog)
        if verdict.result.status is GateStatus.STOP:
            raise DataGateError(
                f"the data gate stops the run.\n{verdict.result.report}\n"
                f"The verdict is in {self.places.gate / f'{table}.json'}."
            )
        return None if verdict.row_filter is None else verdict.row_filter.clean(data)

    def _verdict(self, dataset: str, table: str, data: Any, catalog: Catalog) -> TableCheck:
        with self._lock:
            known = self._verdicts.get(dataset)
            future = known or self._verdicts.setdefault(dataset, Future())
        if known is None:
            try:
                future.set_result(self._judge(table, data, catalog))
            except BaseException as error:  # noqa: BLE001 - every end must wake those who wait
                # No verdict was reached: those who wait fail too, and a retry asks again.
                with self._lock:
                    del self._verdicts[dataset]
                future.set_exception(error)
        return future.result()

    def _judge(self, table: str, data: Any, catalog: Catalog) -> TableCheck:
        contract = self.contracts[table]
        with self._store:
            frame = as_frame(data)
        result = validate(frame, contract, self._suites[table])
        if result.status is not GateStatus.STOP:
            rows = quarantine_rows(frame, contract, result, self.places.as_of)
            self._save_quarantine(table, rows, catalog)
        self.places.write(result)
        _log(result)
        if not result.quarantined:
            return TableCheck(result)
        return TableCheck(result, RowFilter(frame, contract, tuple(result.quarantined)))

    def _save_quarantine(self, table: str, rows: pd.DataFrame, catalog: Catalog) -> None:
        """Put the rows in the place of the same week's and table's former ones, even with none.

        The dataset replaces a whole as-of date when saved, so other tables' rows are saved again.
        """
        if QUARANTINE not in catalog:
            return
        with self._store:
            others = _others(table, self.places, catalog)
            if len(rows) or len(others) or catalog.exists(QUARANTINE):
                parts = [part for part in (others, rows) if len(part)] or [rows]
                catalog.save(QUARANTINE, pd.concat(parts, ignore_index=True))

    def finish(self) -> None:
        """Store the evidence, build Data Docs, and log both to the active MLflow run.

        May be called more than once in a run; each verdict is published once.
        A failure here is told of and goes no further: it would hide the run's own error.
        """
        with self._lock:
            results = [
                future.result().result
                for dataset, future in self._verdicts.items()
                if dataset not in self._published and future.done() and not future.exception()
            ]
            self._published |= {name for name, one in self._verdicts.items() if one.done()}
        if not results:
            return
        try:
            evidence = [Evidence(self._suites[result.table], result) for result in results]
            page = publish(self.places.reporting, evidence, self.places.as_of)
            logger.info("data docs: %s", page)
            self._log_to_mlflow(results)
        except Exception:
            logger.exception("the gate's results could not be published; the verdicts stand")

    def _log_to_mlflow(self, results: Sequence[GateResult]) -> None:
        # Imported by whoever opened a run; without one there is nothing to log to.
        mlflow = sys.modules.get("mlflow")
        if mlflow is None or mlflow.active_run() is None:
            return
        for table in sorted({result.table for result in results}):
            verdict = self.places.gate / f"{table}.json"
            mlflow.log_artifact(str(verdict), f"{ARTIFACTS}/results")
            suite = suite_file(self.places.reporting, table)
            mlflow.log_artifact(str(suite), f"{ARTIFACTS}/suites")


def _others(table: str, places: RunFolders, catalog: Catalog) -> pd.DataFrame:
    """What other tables left in quarantine on the same as-of date."""
    if not catalog.exists(QUARANTINE):
        return pd.DataFrame(columns=list(COLUMNS))
    data = catalog.load(QUARANTINE)
    if isinstance(data, ibis.Table):
        data = data.filter(data["table"] != table, data["as_of"].identical_to(places.as_of))
    frame = as_frame(data)
    days = pd.to_datetime(frame["as_of"]).dt.date
    same = days.isna() if places.as_of is None else days == places.as_of
    return frame.assign(as_of=days)[same & (frame["table"] != table)]


def _log(result: GateResult) -> None:
    if result.failures:
        logger.warning("%s", result.report)
    else:
        logger.info("%s", result.summary)
