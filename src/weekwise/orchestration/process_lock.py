"""Locks that one process holds at a time, and that say who does."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from weekwise.errors import OrchestrationError


@contextmanager
def held(path: Path, label: str, refusal: Callable[[str], OrchestrationError]) -> Iterator[None]:
    """Hold a lock, which the kernel releases if this process dies.

    Args:
        path: The lock's file; it and its folder are made when needed.
        label: What holds it, for the message that another process gets; may be empty.
        refusal: Makes the error for a process that is late, from who holds the lock: `as_of
            2024-07-01, process 12, since 2024-07-01 06:00 UTC`.

    Raises:
        OrchestrationError: If another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not "w", which would empty the file of the process that holds the lock.
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise refusal(file.read().strip() or "it has just started") from None
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        file.truncate(0)
        file.write(", ".join(filter(None, (label, f"process {os.getpid()}", f"since {started}"))))
        file.flush()
        yield
        file.truncate(0)
