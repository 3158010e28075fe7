"""No process that a test started is alive after the last test.

Whatever tests start inherits a variable with the number of this run. Where `/proc` shows variables,
the run looks for it at its end, names what is alive, ends it, and fails.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

VARIABLE = "WEEKWISE_TEST_RUN"
LEFT = pytest.StashKey[dict[int, str]]()
PATIENCE_SECONDS = 20.0
"""What has been told to end may take so long."""


def pytest_configure(config: pytest.Config) -> None:
    """Give this run a number, before the first process of a test."""
    if not hasattr(config, "workerinput"):
        os.environ[VARIABLE] = str(os.getpid())


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail if something is alive, once the workers have gone."""
    if hasattr(session.config, "workerinput"):
        return
    number = str(os.getpid())
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := alive(number)) and time.monotonic() < deadline:
        time.sleep(0.2)
    for process in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    if left:
        session.config.stash[LEFT] = left
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was alive."""
    left = terminalreporter.config.stash.get(LEFT, {})
    if left:
        terminalreporter.section("Processes of tests that were alive after the last one: ended now")
    for process, words in left.items():
        terminalreporter.line(f"{process} {words}")


def alive(number: str) -> dict[int, str]:
    """The command of each process of a test run but this one, by its id.

    Args:
        number: The run's number.
    """
    mark = f"{VARIABLE}={number}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        # It may end meanwhile, or be somebody else's.
        with contextlib.suppress(OSError):
            if int(folder.name) != os.getpid() and mark in (
                folder.joinpath("environ").read_bytes().split(b"\0")
            ):
                words = folder.joinpath("cmdline").read_bytes().split(b"\0")
                found[int(folder.name)] = b" ".join(words).decode(errors="replace").strip()
    return found
