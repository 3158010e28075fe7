"""What becomes of answered rows: a limit to what waits, none lost at the end, no errors."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.metrics import RowOutcome
from api.serving import row_recorder
from api.serving.answered_rows import AnsweredGroup, AnsweredRows
from api.serving.day_files import DayFiles
from api.serving.row_recorder import RowRecorder
from trains_service import trains_model

MIDNIGHT = 86_400 * 20_000


class Recording:
    """A recorder, and what it counts."""

    def __init__(self, folder: Path, table_of: Callable[..., Any], **options: Any) -> None:
        self.folder = folder
        self.counts: Counter[RowOutcome] = Counter()
        self.recorder = RowRecorder(
            name="the log",
            table_of=table_of,
            files=DayFiles(folder, keep_days=36_500),
            count=self._count,
            write_seconds=3600,
            **options,
        )

    def run(self, work: Callable[[], Any]) -> None:
        """Record what some work takes, from start to end."""

        async def record() -> None:
            task = asyncio.create_task(self.recorder.run())
            await asyncio.sleep(0)
            await work()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(record())

    def take(self, request: str, seconds: float = MIDNIGHT) -> None:
        """Take a row."""
        row = dict.fromkeys(trains_model().reader.inputs)
        self.recorder.take(AnsweredRows(trains_model(), request, row, (0.5,), seconds))

    def written(self) -> dict[str, list[str]]:
        """The ids that are written, by day."""
        days: dict[str, list[str]] = {}
        for path in sorted(self.folder.glob("*/*")):
            ids = pq.ParquetFile(path).read()["id"].to_pylist()
            days.setdefault(path.parent.name, []).extend(ids)
        return days

    def _count(self, outcome: RowOutcome, rows: int) -> None:
        self.counts[outcome] += rows


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(3_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def ids_of(group: AnsweredGroup) -> pa.Table:
    """A table of the ids of requests."""
    return pa.table({"id": group.request_ids})


def test_all_is_written_at_the_end(tmp_path: Path) -> None:
    """A recorder that ends writes what it has taken just before, by the day of each row."""
    subject = Recording(tmp_path, ids_of)

    async def work() -> None:
        subject.take("late", MIDNIGHT - 1)
        subject.take("early", MIDNIGHT)
        subject.take("next", MIDNIGHT + 1)

    subject.run(work)

    assert subject.written() == {"day=2024-10-03": ["late"], "day=2024-10-04": ["early", "next"]}
    assert subject.counts == {"written": 3}


def test_what_waits_has_a_limit(tmp_path: Path) -> None:
    """While the thread is busy, rows beyond the limit are dropped; later ones are taken again."""
    free = threading.Event()

    def slow(group: AnsweredGroup) -> pa.Table:
        free.wait(30)
        return ids_of(group)

    subject = Recording(tmp_path, slow, max_waiting=2)

    async def work() -> None:
        for request in ("1", "2", "3"):
            subject.take(request)
        assert subject.counts == {"dropped": 1}
        await asyncio.sleep(0.4)
        subject.take("4")
        assert subject.counts == {"dropped": 2}
        free.set()
        await until(lambda: not subject.recorder._waiting)
        subject.take("5")

    subject.run(work)

    assert subject.written() == {"day=2024-10-04": ["1", "2", "5"]}
    assert subject.counts == {"dropped": 2, "written": 3}


def test_a_fault_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of which no table can be made are counted and told of once, without their values."""
    monkeypatch.setattr(row_recorder, "PAUSE_SECONDS", 0.1)

    def fails(group: AnsweredGroup) -> pa.Table:
        if "bad" in group.request_ids:
            raise ValueError("a secret value")
        return ids_of(group)

    subject = Recording(tmp_path, fails)

    async def work() -> None:
        for _ in range(3):
            subject.take("bad")
            await asyncio.sleep(0.3)
        subject.take("good")

    with caplog.at_level(logging.ERROR):
        subject.run(work)

    assert subject.counts == {"failed": 3, "written": 1}
    assert [record.getMessage() for record in caplog.records] == [
        "the log: 1 rows could not be kept: ValueError"
    ]


def test_a_folder_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk that refuses loses the rows, which are counted, and nothing else."""
    (tmp_path / "file").write_text("not a folder")
    subject = Recording(tmp_path / "file", ids_of)

    async def work() -> None:
        subject.take("1")

    subject.run(work)

    assert subject.counts == {"failed": 1}
    assert "could not be kept" in caplog.text


def test_very_many_rows_are_written_before_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables that would fill the memory are written at once."""
    monkeypatch.setattr("api.serving.row_recorder.MAX_HELD_ROWS", 2)
    subject = Recording(tmp_path, ids_of)
    early: list[dict[str, list[str]]] = []

    async def work() -> None:
        subject.take("1")
        subject.take("2")
        await until(lambda: bool(subject.written()))
        early.append(subject.written())

    subject.run(work)

    assert early == [{"day=2024-10-04": ["1", "2"]}]
