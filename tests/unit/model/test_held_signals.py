"""Signals while code runs that would swallow what their handlers raise."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from weekwise.model.held_signals import held_signals


@pytest.fixture
def terminated() -> Iterator[type[BaseException]]:
    """What SIGTERM raises in a test."""

    class Terminated(BaseException):
        pass

    def handler(number: int, _: object) -> None:
        raise Terminated(number)

    before = signal.signal(signal.SIGTERM, handler)
    yield Terminated
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_end(
    number: signal.Signals, terminated: type[BaseException]
) -> None:
    """Nothing is raised inside, the code can see the signal, and the end raises its error."""
    seen: list[list[int]] = []

    def work() -> None:
        with held_signals() as arrived:
            signal.raise_signal(number)
            seen.append([*arrived])

    with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else terminated):
        work()

    assert seen == [[number]]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_of_the_code_does_not_hide_it() -> None:
    """What the code raises because it was stopped gives way to the interruption."""

    def work() -> None:
        with held_signals():
            signal.raise_signal(signal.SIGINT)
            raise ValueError

    with pytest.raises(KeyboardInterrupt):
        work()


def test_a_handler_that_only_notes_still_ends_it() -> None:
    """The code has ended early, so its result must not be taken for a whole one."""
    noted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        with pytest.raises(KeyboardInterrupt), held_signals():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert noted == [signal.SIGINT]


def test_without_a_signal_nothing_is_changed() -> None:
    """Results and errors pass, and the handlers of before are back."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with held_signals() as arrived:
        pass
    with pytest.raises(KeyError), held_signals():
        raise KeyError

    assert arrived == []
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_other_threads_are_left_alone() -> None:
    """Only the main thread has signals; a fit in another holds none and fails at none."""
    seen: list[list[int]] = []

    def work() -> None:
        with held_signals() as arrived:
            seen.append(arrived)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [[]]
