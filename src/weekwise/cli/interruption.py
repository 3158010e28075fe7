"""What a command says and returns when a signal ends it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import click

from weekwise.system_errors import signal_behind

BY_SIGNAL = 128
"""What a shell adds to a signal's number for the status of a process that it ended."""


STOPPED = BY_SIGNAL + signal.SIGINT
"""The status of what Ctrl-C has ended."""


class InterruptedBySignal(BaseException):
    """A signal asked the command to end; like `KeyboardInterrupt`, no error of the run.

    Attributes:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)


@contextmanager
def plain_interruption(command: str) -> Iterator[None]:
    """Say on Ctrl-C and SIGTERM alike what became of the run, and end with the signal's status.

    Args:
        command: What to type to go on.

    Raises:
        SystemExit: With status 130 after SIGINT, 143 after SIGTERM.
    """
    # Only the main thread may set handlers; a test or a notebook may call from another.
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _interrupt) if in_main else None
    try:
        yield
    except BaseException as error:
        number = _signal_number(error)
        if number is None:
            raise
        click.echo(
            f"Interrupted ({signal.Signals(number).name}). The week is not complete, and nothing "
            f"is half-written. To go on: {command}",
            err=True,
        )
        raise SystemExit(BY_SIGNAL + number) from None
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


@contextmanager
def stopped_by_keyboard(words: str) -> Iterator[None]:
    """End with status 130 on Ctrl-C, whatever a library has made of it.

    Args:
        words: What became of the work.

    Raises:
        click.exceptions.Exit: In place of the interruption.
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(signal_behind(error), KeyboardInterrupt):
            raise
        click.echo(words)
        raise click.exceptions.Exit(STOPPED) from None


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    raise InterruptedBySignal(number)


def _signal_number(error: BaseException) -> int | None:
    """The signal that an error came from, if it came from one."""
    raised = signal_behind(error)
    if isinstance(raised, KeyboardInterrupt):
        return signal.SIGINT
    if isinstance(raised, InterruptedBySignal):
        return raised.number
    # Prefect has an error of its own for SIGTERM while a flow runs.
    number = getattr(raised, "signal", None)
    if type(raised).__name__ == "TerminationSignal" and isinstance(number, int):
        return number
    return None
