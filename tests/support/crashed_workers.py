"""A worker of xdist that crashes leaves its signal and its stacks in the summary.

xdist says which test a worker was running, and no more; the stacks would be far above among the
progress, if the output is kept whole at all.
"""

from __future__ import annotations

import faulthandler
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

FOLDER = "crashes"
"""What a worker is told: the folder for its stacks."""
SHOWN_LINES = 25
CRASHES = pytest.StashKey[list[str]]()
STACKS = pytest.StashKey[Path]()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make the folder, or, in a worker, write stacks there from now on."""
    told = getattr(config, "workerinput", None)
    if told is None:
        config.stash[CRASHES] = []
        config.stash[STACKS] = Path(tempfile.mkdtemp(prefix="stacks-"))
        return
    file = (Path(told[FOLDER]) / told["workerid"]).open("w")
    config.add_cleanup(file.close)
    faulthandler.enable(file)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a new worker the folder."""
    node.workerinput[FOLDER] = str(node.config.stash[STACKS])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Keep what is known of a worker that ended before its time."""
    if not error:
        return
    stacks = node.config.stash[STACKS] / node.gateway.id
    written = stacks.read_text(errors="replace") if stacks.exists() else ""
    # Other threads come first, and mostly wait.
    lines = written[max(written.find("Current thread"), 0) :].splitlines()[:SHOWN_LINES]
    node.config.stash[CRASHES].append(
        "\n".join([f"{node.gateway.id}: {status(node.gateway)}", *(lines or ["no stack"])])
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show it."""
    config = terminalreporter.config
    for crash in config.stash.get(CRASHES, []):
        terminalreporter.section("A worker crashed")
        terminalreporter.line(crash)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder."""
    if STACKS in config.stash:
        shutil.rmtree(config.stash[STACKS], ignore_errors=True)


def status(gateway: Any) -> str:
    """How a worker's process ended."""
    try:
        code = gateway._io.popen.wait(10)
    except subprocess.TimeoutExpired:
        return "its process is still there"
    return f"ended by signal {-code}" if code < 0 else f"ended with status {code}"
