"""Signals while code runs that would swallow what their handlers raise."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_signals() -> Iterator[list[int]]:
    """Hold Ctrl-C and SIGTERM until the end, and handle them there.

    A handler that raises inside a library's callback raises where the library decides what becomes
    of it; CatBoost makes an error of its own of it, which no longer is an interruption.

    Yields:
        The numbers of the signals that have arrived so far; the code ends early if there is one.

    Raises:
        KeyboardInterrupt: If a signal arrived, and its handler has raised nothing else.
    """
    arrived: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    # Only the main thread may set handlers, and only there do they run.
    in_main = threading.current_thread() is threading.main_thread()
    handlers = {number: signal.getsignal(number) for number in _ENDING if in_main}
    held = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in held:
        signal.signal(number, hold)
    try:
        yield arrived
    finally:
        for number, handler in held.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])
            raise KeyboardInterrupt
