from __future__ import annotations

import os
import signal
import threading

import click
import duckdb
import pytest
from prefect.exceptions import TerminationSignal

from weekwise.cli.interruption import plain_interruption, stopped_by_keyboard
from weekwise.cli.plain_errors import plain_errors


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


def query_and_press() -> None:
    """A long query, and Ctrl-C meanwhile."""
    presses = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    presses.start()
    try:
        duckdb.connect().sql("SELECT sum(hash(range)) FROM range(100000000)").fetchall()
    finally:
        presses.join()


def test_ctrl_c_in_a_query_is_the_same() -> None:
    """DuckDB makes an error of its own of it; that is an interruption all the same."""
    with pytest.raises(SystemExit) as caught, plain_interruption("kedro run"), plain_errors():
        query_and_press()

    assert caught.value.code == 130


def test_ctrl_c_in_a_query_stops_other_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Commands that keep what they have say so, and end with a shell's status."""
    with pytest.raises(click.exceptions.Exit) as caught, stopped_by_keyboard("Stopped; kept."):
        query_and_press()

    assert caught.value.exit_code == 130
    assert capsys.readouterr().out == "Stopped; kept.\n"


def test_what_is_no_signal_passes() -> None:
    """Errors keep their way, and the handler of before is back."""
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyError), plain_interruption("kedro run"):
        raise KeyError

    assert signal.getsignal(signal.SIGTERM) is before
