"""The weekly reports, read from MLflow: the newest finished run of each week that holds one."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

from api import schemas
from api.http.exceptions import NotFound, RegistryUnreachable
from api.serving.registry_reader import RegistryReader

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

FOLDER = "weekly_report"
REPORT, PAGE = f"{FOLDER}/weekly_report.json", f"{FOLDER}/weekly_report.html"
_MOST_RUNS = 5000
_SUMMARIES = TypeAdapter(list[schemas.ReportSummary])
Result = TypeVar("Result")
Figures = dict[str, Any]


@dataclass
class Reports:
    """Reads weekly reports, and remembers those of runs that are over: they change no more.

    Attributes:
        registry: Where MLflow is.
        threads: Where MLflow is waited for.
        fresh_seconds: How long a list of runs is good for.
    """

    registry: RegistryReader
    threads: ThreadPoolExecutor
    fresh_seconds: float
    _by_run: dict[str, Figures | None] = field(default_factory=dict)
    _weeks: dict[date, str] = field(default_factory=dict)
    _read_at: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def summaries(self) -> bytes:
        """The answer to `GET /reports`."""
        return await self._in_thread(self._summaries)

    async def report(self, as_of: date) -> bytes:
        """The answer to `GET /reports/{as_of}`.

        Raises:
            NotFound: If there is no report of that date.
            RegistryUnreachable: If MLflow does not answer.
        """
        return await self._in_thread(lambda: json.dumps(self._figures(as_of)).encode())

    async def page(self, as_of: date) -> bytes:
        """The answer to `GET /reports/{as_of}/page`; raises as `report` does."""
        return await self._in_thread(lambda: self._page(as_of))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self.threads, _told(work))

    def _summaries(self) -> bytes:
        weeks = self._found_weeks()
        found = [_summary(self._by_run[run_id] or {}) for run_id in weeks.values()]
        return _SUMMARIES.dump_json(sorted(found, key=lambda one: one.as_of, reverse=True))

    def _figures(self, as_of: date) -> Figures:
        run_id = self._run_of(as_of)
        return self._by_run[run_id] or {}

    def _page(self, as_of: date) -> bytes:
        found = _download(self.registry.client(), self._run_of(as_of), PAGE)
        if found is None:
            raise NotFound(f"The report as of {as_of} has no page.")
        return found

    def _run_of(self, as_of: date) -> str:
        weeks = self._found_weeks()
        if as_of not in weeks:
            there = ", ".join(str(week) for week in sorted(weeks, reverse=True)[:5])
            raise NotFound(
                f"There is no report as of {as_of}; the newest: {there or 'none yet: make run'}."
            )
        return weeks[as_of]

    def _found_weeks(self) -> dict[date, str]:
        """The run that holds the report of each week."""
        with self._lock:
            now = time.monotonic()
            if self._read_at is None or now - self._read_at > self.fresh_seconds:
                self._weeks = self._look()
                self._read_at = now
            return dict(self._weeks)

    def _look(self) -> dict[date, str]:
        client = self.registry.client()
        weeks: dict[date, str] = {}
        for run in _finished_runs(client):
            week = _date(run.data.tags.get("as_of"))
            if week is None or week in weeks:
                continue
            run_id = run.info.run_id
            if run_id not in self._by_run:
                text = _download(client, run_id, REPORT)
                self._by_run[run_id] = None if text is None else _readable(text)
            if self._by_run[run_id] is not None:
                weeks[week] = run_id
        return weeks


def _told(work: Callable[[], Result]) -> Callable[[], Result]:
    """Some work, whose failures say that MLflow is away."""

    def call() -> Result:
        try:
            return work()
        except NotFound:
            raise
        except Exception as error:
            raise RegistryUnreachable(
                "MLflow cannot be read now, so there are no reports; predictions go on. "
                f"({type(error).__name__})",
                headers={"Retry-After": "10"},
            ) from error

    return call


def _finished_runs(client: MlflowClient) -> list[Run]:
    """Runs of a week that are finished, the newest first."""
    experiments = [one.experiment_id for one in client.search_experiments()]
    if not experiments:
        return []
    found = client.search_runs(
        experiments,
        filter_string="attributes.status = 'FINISHED' AND tags.as_of LIKE '%-%'",
        order_by=["attributes.start_time DESC"],
        max_results=_MOST_RUNS,
    )
    return list(found)


def _download(client: MlflowClient, run_id: str, path: str) -> bytes | None:
    """An artifact of a run, if the run has it."""
    from weekwise.model.model_files import quiet_transfers

    folder, _, _ = path.rpartition("/")
    if path not in {one.path for one in client.list_artifacts(run_id, folder)}:
        return None
    with tempfile.TemporaryDirectory() as scratch, quiet_transfers():
        return Path(client.download_artifacts(run_id, path, scratch)).read_bytes()


def _readable(text: bytes) -> Figures | None:
    """A report's figures, if they can be shown in short."""
    try:
        figures = json.loads(text)
        _summary(figures)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return dict(figures)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _summary(figures: Figures) -> schemas.ReportSummary:
    inner = figures.get("figures", {})
    weeks = inner.get("performance", {}).get("weeks", [])
    last = weeks[-1] if weeks else {}
    return schemas.ReportSummary(
        as_of=figures["as_of"],
        status=figures["status"],
        headline=figures["headline"],
        model_version=inner.get("predictions", {}).get("model_version"),
        expected_log_loss=last.get("expected_log_loss"),
        log_loss=last.get("log_loss"),
        baseline_log_loss=last.get("baseline_log_loss"),
        expected_skill=last.get("expected_skill"),
        skill=last.get("skill"),
        auc=last.get("auc"),
        calibration_error=last.get("calibration_error"),
        looked_back_on=last.get("as_of"),
        drifted=bool(figures.get("drifted")),
        worse=bool(figures.get("worse")),
        has_page=True,
    )
