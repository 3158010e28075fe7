"""One weekly run of an environment at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from weekwise.errors import RunInProgressError
from weekwise.paths import DataFolder


@contextmanager
def one_run_at_a_time(data: DataFolder, label: str) -> Iterator[None]:
    """Hold the environment's lock, which the kernel releases if this process dies.

    Args:
        data: The environment's data folder.
        label: What the run is, for the message that another run gets: `as_of 2024-07-01`.

    Raises:
        RunInProgressError: If another run holds it.
    """
    path = data.run_lock
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not "w", which would empty the file of the run that holds the lock.
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "it has just started"
            raise RunInProgressError(
                f"another weekly run on {data.path} is running ({holder}); nothing was changed. "
                "Wait for it to end, or stop it, and run again"
            ) from None
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        file.truncate(0)
        file.write(f"{label}, process {os.getpid()}, since {started}")
        file.flush()
        yield
        file.truncate(0)


def is_running(data: DataFolder) -> bool:
    """Whether a weekly run of the environment is running."""
    try:
        with one_run_at_a_time(data, "a check whether a run is running"):
            return False
    except RunInProgressError:
        return True
