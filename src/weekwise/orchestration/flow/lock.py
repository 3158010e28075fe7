"""One run for one environment at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from weekwise.errors import RunInProgressError
from weekwise.paths import DataFolder

LOCK = "run.lock"


@contextmanager
def one_run_at_a_time(data: Path, as_of: str) -> Iterator[None]:
    """Hold the environment's lock, which the kernel takes back if this process dies.

    Args:
        data: The environment's data folder.
        as_of: The run's logical date, for the message that another run gets.

    Raises:
        RunInProgressError: If another run holds it.
    """
    folder = DataFolder(data).orchestration
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "it has just begun"
            raise RunInProgressError(
                f"another weekly run on {data} is running ({holder}); nothing was changed. "
                "Wait for it to end, or end it, and run again"
            ) from None
        began = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        file.truncate(0)
        file.write(f"as_of {as_of}, process {os.getpid()}, since {began}")
        file.flush()
        yield
        file.truncate(0)
