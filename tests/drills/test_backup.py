"""The data folder backed up and put back, by the commands of the page on recovery."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import runs

pytestmark = pytest.mark.slow

PAGE = runs.PROJECT / "docs" / "how-to" / "recover.md"


def commands(heading: str) -> list[str]:
    """The lines to type in a section of the page."""
    section = PAGE.read_text("utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]


def typed(line: str, folder: Path) -> None:
    """Type a command in a folder in which `stores/test` is the data folder."""
    line = line.replace("data/flights", "stores/test")
    subprocess.run(["/bin/sh", "-ec", line], cwd=folder, check=True, timeout=60)


def test_a_folder_is_put_back(week_1: Path, week_2: Path, tmp_path: Path) -> None:
    """Lost after a later week, the folder goes on from its backup, to where it was before."""
    data = runs.copied(week_1, tmp_path / "stores" / "test")
    back_up, set_aside, put_back, run_again = commands("Back up and restore")
    assert run_again == "kedro run"

    typed(back_up, tmp_path)
    runs.run(data, runs.WEEKS[1])
    (data / "weekwise.duckdb").write_bytes(b"noise")
    typed(set_aside, tmp_path)
    assert not data.exists()
    typed(put_back, tmp_path)

    assert runs.end_state(data) == runs.end_state(week_1)
    runs.run(data, runs.WEEKS[1])
    assert runs.end_state(data) == runs.end_state(week_2)
