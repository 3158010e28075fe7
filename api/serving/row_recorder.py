"""From answered rows to files of tables, off the path of answers.

The event loop only notes rows in a list. A thread of its own makes tables of them several times a
second and writes the tables as files once in a while. What waits has a limit; rows beyond it are
dropped and counted, for an answer waits for none of this.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from api.metrics import RowOutcome
from api.serving.answered_rows import AnsweredGroup, AnsweredRows, grouped
from api.serving.day_files import DayFiles

if TYPE_CHECKING:
    import pyarrow as pa

MAX_WAITING_ROWS = 50_000
"""Rows that wait for their table; more are dropped."""

MAX_HELD_ROWS = 200_000
"""Rows in tables that wait for their file; more are written at once."""

PAUSE_SECONDS = 1.0
"""How long rows wait for others to share their table: making a small one costs nearly as much as a
large one."""

log = logging.getLogger(__name__)


@dataclass
class RowRecorder:
    """Records answered rows.

    Attributes:
        name: What it makes, for the log.
        table_of: Makes a table of some rows, in a thread; none for nothing.
        files: Where tables go.
        count: Counts rows by what became of them.
        write_seconds: How long tables wait for their file.
        max_waiting: Rows that wait for their table; more are dropped.
    """

    name: str
    table_of: Callable[[AnsweredGroup], pa.Table | None]
    files: DayFiles
    count: Callable[[RowOutcome, int], None]
    write_seconds: float
    max_waiting: int = MAX_WAITING_ROWS
    _taken: list[AnsweredRows] = field(default_factory=list)
    _waiting: int = 0
    _held: dict[tuple[date, str], list[pa.Table]] = field(default_factory=dict)
    _held_rows: int = 0
    _tidied: date | None = None
    _is_failing: bool = False
    _timer: asyncio.TimerHandle | None = None
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="recorder")
    )

    def take(self, answered: AnsweredRows) -> None:
        """Note rows; called in the event loop's thread.

        Args:
            answered: The rows.
        """
        rows = len(answered)
        # A batch that is larger than the limit is taken if nothing else waits.
        if self._waiting and self._waiting + rows > self.max_waiting:
            self.count("dropped", rows)
            return
        self._waiting += rows
        self._taken.append(answered)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(PAUSE_SECONDS, self._hand_over)

    async def run(self) -> None:
        """Write files once in a while, until canceled; then write what is left."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                await loop.run_in_executor(self._thread, self._write)
                await asyncio.sleep(self.write_seconds)
        finally:
            self._hand_over()
            self._thread.submit(self._write)
            # The service ends: nothing else is to be answered meanwhile.
            self._thread.shutdown(wait=True)

    def _hand_over(self) -> None:
        """Give what was taken to the thread."""
        if self._timer is not None:
            self._timer.cancel()
        taken, self._taken, self._timer = self._taken, [], None
        if not taken:
            return
        rows = sum(map(len, taken))
        loop = asyncio.get_running_loop()
        future = self._thread.submit(self._record, taken)

        def done(_future: object) -> None:
            # At the very end the loop may have gone before the thread.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._forget, rows)

        future.add_done_callback(done)

    def _forget(self, rows: int) -> None:
        self._waiting -= rows

    def _record(self, taken: Sequence[AnsweredRows]) -> None:
        """Make tables, and write them if there are many; in the thread."""
        for group in grouped(taken):
            try:
                table = self.table_of(group)
            except Exception as error:  # noqa: BLE001 - no row is worth the thread that keeps the others
                self._failed(len(group), error)
                continue
            if table is not None and table.num_rows:
                key = (group.day, table.schema.to_string())
                self._held.setdefault(key, []).append(table)
                self._held_rows += table.num_rows
        if self._held_rows >= MAX_HELD_ROWS:
            self._write()

    def _write(self) -> None:
        """Write what is held, one file a day and schema, and remove what is old; in the thread."""
        held, self._held, self._held_rows = self._held, {}, 0
        for (day, _), tables in held.items():
            rows = sum(table.num_rows for table in tables)
            try:
                self.files.write(day, tables)
            except Exception as error:  # noqa: BLE001 - whatever a disk or a library raises
                self._failed(rows, error)
            else:
                self.count("written", rows)
                self._is_failing = False
        today = datetime.now(UTC).date()
        if today != self._tidied:
            self._tidied = today
            self.files.remove_old(today)

    def _failed(self, rows: int, error: Exception) -> None:
        """Count rows that are lost, and say why once until it works again."""
        self.count("failed", rows)
        if not self._is_failing:
            # Other errors may hold values of rows.
            reason = str(error) if isinstance(error, OSError) else type(error).__name__
            log.error("%s: %d rows could not be kept: %s", self.name, rows, reason)
        self._is_failing = True
