from __future__ import annotations

import os
import signal
import threading

import pytest
from prefect.exceptions import TerminationSignal

from weekwise.cli.interruption import plain_interruption


@plain_interruption("kedro run")
def interrupted(number: signal.Signals) -> None:
    """A command that is sent a signal."""
    os.kill(os.getpid(), number)
    threading.Event().wait(10)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"]
)
def test_a_signal_is_one_line_and_its_own_status(
    number: signal.Signals, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C and SIGTERM end a command with the status a shell expects, and what to type next."""
    with pytest.raises(SystemExit) as caught:
        interrupted(number)

    assert caught.value.code == status
    assert capsys.readouterr().err == (
        f"Interrupted ({number.name}). The week is not complete, and nothing is half-written. "
        "To go on: kedro run\n"
    )


def test_prefects_own_error_is_the_same() -> None:
    """While a flow runs, Prefect turns SIGTERM into an error of its own."""
    with pytest.raises(SystemExit) as caught, plain_interruption("kedro weekly run --retry"):
        raise TerminationSignal(signal=signal.SIGTERM)

    assert caught.value.code == 143


def test_what_is_no_signal_passes() -> None:
    """Errors keep their way, and the handler of before is back."""
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyError), plain_interruption("kedro run"):
        raise KeyError

    assert signal.getsignal(signal.SIGTERM) is before
