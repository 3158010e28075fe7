"""The real `kedro` command, on what it must refuse before it changes anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import runs
import stores

pytestmark = pytest.mark.slow

KEDRO = Path(sys.executable).with_name("kedro")


def kedro(data: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type `kedro` and some words in environment test, on a data folder."""
    environment = stores.environment(KEDRO_ENV="test", WEEKWISE_DATA_DIR=str(data.parent))
    return subprocess.run(
        [KEDRO, *words],
        cwd=runs.PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def contents(data: Path) -> dict[str, str]:
    """Every file and folder under a data folder, with what is in it."""
    return {
        str(path.relative_to(data)): path.read_text() if path.is_file() else ""
        for path in sorted(data.rglob("*"))
    }


@pytest.mark.parametrize(
    ("as_of", "message"),
    [
        ("2013-01-32", "as_of '2013-01-32' is not a date; write it as YYYY-MM-DD: "),
        ("2013-02-05", "as_of 2013-02-05 is outside the data; choose a date: "),
    ],
    ids=["malformed", "outside"],
)
def test_a_wrong_date_is_one_line(as_of: str, message: str, tmp_path: Path) -> None:
    """A date that cannot be run ends the command with one line and status 1, and leaves nothing."""
    done = kedro(tmp_path / "test", "run", "--params", f"as_of={as_of}")

    assert done.returncode == 1
    assert done.stderr == f"Error: {message}2013-01-15 to 2013-01-31\n"
    assert "Traceback" not in done.stdout
    assert contents(tmp_path) == {}


def test_past_the_end_of_the_data(tmp_path: Path) -> None:
    """With every week done a bare `kedro run` says so, is no failure and changes nothing."""
    for week in runs.WEEKS:
        folder = tmp_path / "test" / "08_reporting" / week
        folder.mkdir(parents=True)
        (folder / "weekly_report.json").write_text("{}")
    before = contents(tmp_path)

    done = kedro(tmp_path / "test", "run")

    assert done.returncode == 0
    assert "Nothing to run: the data ends on 2013-01-31" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert contents(tmp_path) == before
