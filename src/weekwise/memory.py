"""Memory that is free and still this process's."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from functools import cache
from pathlib import Path

LARGE = 2 << 30
"""Bytes of a process from which it is worth looking for free memory: a smaller one has little."""

_left = 0
"""Bytes that were in memory when all had been given back."""
_STATUS = Path("/proc/self/status")


def give_back(large: int = LARGE) -> None:
    """Give free memory back to the operating system, if this process is large and has grown.

    Frames in objects that point to each other stay until Python looks for those, and the C library
    keeps what was freed between blocks that are still in use. On a large table that is gigabytes,
    on top of which the next step would come. It takes some tenths of a second, so it waits until
    the process has grown by a quarter of `large` since the last time.

    Args:
        large: Bytes that a process has to have.
    """
    global _left  # noqa: PLW0603 - the memory is the process's own
    trim = _trim()
    if trim is None or resident() < max(large, _left + large // 4):
        return
    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    trim(0)
    _left = resident()


def resident() -> int:
    """Bytes of this process that are in memory; 0 where the operating system is not Linux."""
    try:
        lines = _STATUS.read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


@cache
def _trim() -> Callable[[int], int] | None:
    """The C library's own function, which only glibc has."""
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
