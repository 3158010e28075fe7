"""What a person sees of `kedro run`, on a real pseudo-terminal and in a pipe."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import runs
import stores
import terminals
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

KEDRO = Path(sys.executable).with_name("kedro")
STAGES = [
    "Data wrangling",
    "Exploratory data analysis",
    "Model training",
    "Data prediction",
    "Model monitoring",
]


def environment(folder: Path) -> dict[str, str]:
    """The variables of a command whose data goes to a folder."""
    return stores.environment(
        KEDRO_ENV="test", WEEKWISE_DATA_DIR=str(folder), TERM="xterm-256color"
    )


@pytest.mark.parametrize("command", [("run",), ("weekly", "run")], ids=" ".join)
def test_on_a_terminal(command: tuple[str, ...], tmp_path: Path) -> None:
    """One display counts nodes and stages, stays below 10 lines, and the closing screen follows."""
    # No Prefect server was ever set up here, and none is needed.
    prefect = {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": ""}
    session = terminals.type_command(
        [KEDRO, *command], runs.PROJECT, environment(tmp_path) | prefect
    )

    assert session.status == 0
    assert [str(week) for week in DataFolder(tmp_path / "test").weeks()] == [runs.WEEKS[0]]
    assert not session.cursor_hidden
    assert any("Preparing the run" in screen for screen in session.seen)
    counts = {int(n) for screen in session.seen for n in re.findall(r"Node (\d+) of", screen)}
    assert len(counts) > 5
    assert any("fit_challenger" in screen for screen in session.seen)
    total, *stages = session.screen[:6]
    assert re.fullmatch(r"✓ Node (\d+) of \1 0:\d\d:\d\d", total)
    assert [re.split(r"\s+━", line.strip())[0] for line in stages] == STAGES
    assert all(re.search(r" (\d+)/\1\b", line) for line in stages)
    assert session.screen[6].startswith("╭─ ")
    assert "INFO" not in "".join(session.screen)


def test_an_interrupted_run(tmp_path: Path) -> None:
    """Ctrl-C leaves the stages, the node that was at work, and a visible cursor."""
    session = terminals.type_command(
        [KEDRO, "run", "--params", "training.fit.iterations=5000,training.fit.learning_rate=0.001"],
        runs.PROJECT,
        environment(tmp_path),
        interrupt_at="/5000",
    )

    assert session.status == 130, session.seen[-1]
    assert not session.cursor_hidden
    assert session.screen[0].startswith("✗ Node ")
    assert "stopped: fit_challenger" in session.screen[3]
    assert session.screen[-1] == (
        "Interrupted (SIGINT). The week is not complete, and nothing is half-written. "
        "To go on: kedro run"
    )


def test_a_failing_run(tmp_path: Path) -> None:
    """What is wrong stands below the display, and Kedro's own words above it."""
    session = terminals.type_command(
        [KEDRO, "run", "--params", "training.holdout_days=200"],
        runs.PROJECT,
        environment(tmp_path),
    )

    text = "\n".join(session.screen)
    assert session.status == 1
    assert not session.cursor_hidden
    display = text.index("✗ Node ")
    assert text.index("failed with error:") < display
    assert "failed: split_history" in text
    assert "Error: 0 rows before" in text[display:]


def test_in_a_pipe(tmp_path: Path) -> None:
    """Elsewhere each node is one plain line, and --verbose gives Kedro's own lines instead."""
    words = [KEDRO, "run", "--pipeline", "data_wrangling", "--params", "as_of=2013-01-15"]
    plain, verbose = (
        subprocess.run(
            [*words, *more],
            cwd=runs.PROJECT,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for more in ([], ["--verbose"])
    )

    nodes = [line for line in plain.splitlines() if " node " in line]
    numbers = [int(re.match(r"\d\d:\d\d:\d\d INFO    node (\d) of 8: ", n)[1]) for n in nodes]  # type: ignore[index]
    assert numbers == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(plain.splitlines()) < 15
    assert "\x1b" not in plain
    assert "Completed 8 out of 8 tasks" in verbose
    assert "node 8 of 8" not in verbose
