"""The weekly reports, read from MLflow: the newest finished run of each week that has one."""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import TypeAdapter, ValidationError

from api.http.exceptions import NotFound, RegistryUnreachable
from api.schemas import ReportSummary
from api.serving.registry_reader import RegistryReader
from api.serving.weekly_report_view import WeeklyReportView
from weekwise.paths import WEEKLY_ARTIFACTS, WEEKLY_PAGE, WEEKLY_REPORT

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

REPORT = f"{WEEKLY_ARTIFACTS}/{WEEKLY_REPORT}"
PAGE = f"{WEEKLY_ARTIFACTS}/{WEEKLY_PAGE}"
_MAX_RUNS = 5000
_SHOWN_WEEKS = 5
_RETRY_AFTER_SECONDS = "10"
_SUMMARIES = TypeAdapter(list[ReportSummary])
Result = TypeVar("Result")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoredReport:
    """A weekly report as a run has stored it.

    Attributes:
        content: The report's JSON, as it was written.
        summary: Its entry in the list of reports.
    """

    content: bytes
    summary: ReportSummary


@dataclass
class StoredReports:
    """Reads weekly reports, and remembers those of finished runs: they no longer change.

    Attributes:
        registry: Where MLflow is.
        thread: Where MLflow is waited for.
        fresh_seconds: How long a list of runs may be reused.
    """

    registry: RegistryReader
    thread: ThreadPoolExecutor
    fresh_seconds: float
    _by_run: dict[str, StoredReport | None] = field(default_factory=dict)
    _run_by_week: dict[date, str] = field(default_factory=dict)
    _read_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def summaries(self) -> bytes:
        """The answer to `GET /reports`, as JSON.

        Raises:
            RegistryUnreachable: If MLflow does not answer.
        """
        return await self._in_thread(self._summaries)

    async def report(self, as_of: date) -> bytes:
        """The answer to `GET /reports/{as_of}`, as JSON.

        Args:
            as_of: The report's week.

        Raises:
            NotFound: If there is no report of that date.
            RegistryUnreachable: If MLflow does not answer.
        """
        return await self._in_thread(lambda: self._report(as_of))

    async def page(self, as_of: date) -> bytes:
        """The answer to `GET /reports/{as_of}/page`, as HTML; raises as `report` does.

        Args:
            as_of: The report's week.
        """
        return await self._in_thread(lambda: self._page(as_of))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.thread, _or_unreachable(work))

    def _summaries(self) -> bytes:
        reports = (self._by_run[run_id] for run_id in self._weeks().values())
        summaries = [report.summary for report in reports if report is not None]
        return _SUMMARIES.dump_json(sorted(summaries, key=lambda s: s.as_of, reverse=True))

    def _report(self, as_of: date) -> bytes:
        report = self._by_run[self._run_of(as_of)]
        if report is None:
            raise NotFound(f"There is no report as of {as_of}.")
        return report.content

    def _page(self, as_of: date) -> bytes:
        page = _download(self.registry.client(), self._run_of(as_of), PAGE)
        if page is None:
            raise NotFound(f"The report as of {as_of} has no page.")
        return page

    def _run_of(self, as_of: date) -> str:
        weeks = self._weeks()
        if as_of not in weeks:
            newest = sorted(weeks, reverse=True)[:_SHOWN_WEEKS]
            shown = ", ".join(map(str, newest)) or "none yet; make one with: make run"
            raise NotFound(f"There is no report as of {as_of}. The newest reports: {shown}.")
        return weeks[as_of]

    def _weeks(self) -> dict[date, str]:
        """The run that has the report of each week."""
        with self._lock:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at > self.fresh_seconds:
                self._run_by_week = self._read_weeks()
                self._read_at = now
            return dict(self._run_by_week)

    def _read_weeks(self) -> dict[date, str]:
        client, name = self.registry.client(), self.registry.model_name()
        weeks: dict[date, str] = {}
        for run in _finished_runs(client):
            week = _date(run.data.tags.get("as_of"))
            # A server may hold the runs of several environments.
            if week is None or week in weeks or _is_of_another(run, name):
                continue
            run_id = run.info.run_id
            if run_id not in self._by_run:
                self._by_run[run_id] = _stored_report(client, run_id)
            if self._by_run[run_id] is not None:
                weeks[week] = run_id
        return weeks


def _or_unreachable(work: Callable[[], Result]) -> Callable[[], Result]:
    """Some work with MLflow, whose failures say that MLflow cannot be reached."""

    def call() -> Result:
        try:
            return work()
        except NotFound:
            raise
        except Exception as error:
            raise RegistryUnreachable(
                "MLflow cannot be read now, so there are no reports; predictions still work. "
                f"({type(error).__name__})",
                headers={"Retry-After": _RETRY_AFTER_SECONDS},
            ) from error

    return call


def _finished_runs(client: MlflowClient) -> list[Run]:
    """Weekly runs that are finished, the newest first."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    if not experiments:
        return []
    runs = client.search_runs(
        experiments,
        filter_string="attributes.status = 'FINISHED' AND tags.as_of LIKE '%-%'",
        order_by=["attributes.start_time DESC"],
        max_results=_MAX_RUNS,
    )
    return list(runs)


def _is_of_another(run: Run, name: str | None) -> bool:
    """Whether a run made another registered model than the one that is served, if any is."""
    from weekwise.model.release import RUN_TAG

    return name is not None and run.data.tags.get(RUN_TAG, name) != name


def _stored_report(client: MlflowClient, run_id: str) -> StoredReport | None:
    """A run's report, if it has one that can be read; a damaged one is skipped."""
    content = _download(client, run_id, REPORT)
    if content is None:
        return None
    try:
        view = WeeklyReportView.model_validate_json(content)
    except ValidationError as error:
        log.warning("the weekly report of run %s is skipped: %s", run_id, error)
        return None
    return StoredReport(content, view.summary())


def _download(client: MlflowClient, run_id: str, path: str) -> bytes | None:
    """An artifact of a run, if the run has it."""
    from weekwise.model.model_files import quiet_transfers

    folder, _, _ = path.rpartition("/")
    if path not in {artifact.path for artifact in client.list_artifacts(run_id, folder)}:
        return None
    with tempfile.TemporaryDirectory() as scratch, quiet_transfers():
        return Path(client.download_artifacts(run_id, path, scratch)).read_bytes()


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
