"""`kedro contract check` on an environment of orders: all that would stop a run, at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import other_tables
import runs
import stores

pytestmark = pytest.mark.slow

CHECK = """
from pathlib import Path
from types import SimpleNamespace

from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from weekwise.cli.contract import contract

project = Path({project!r})
bootstrap_project(project)
words = ["check", "--env", "orders", *{words!r}]
result = CliRunner().invoke(contract, words, obj=SimpleNamespace(project_path=project))
if result.exception and not isinstance(result.exception, SystemExit):
    raise result.exception
print(result.output)
raise SystemExit(result.exit_code)
"""


def checked(folder: Path, *words: str) -> tuple[int, str]:
    """The exit status and the output of the command in a project of this environment alone."""
    shutil.copy(runs.PROJECT / "pyproject.toml", folder)
    (folder / "src").mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHECK.format(project=str(folder), words=words)],
        cwd=folder,
        env=stores.environment(WEEKWISE_DATA_DIR=str(folder / "data")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, done.stdout


def test_nothing_to_fix(tmp_path: Path) -> None:
    """An environment that can be run passes, with its data and without."""
    other_tables.write_environment(tmp_path)

    status, said = checked(tmp_path, "--data")

    assert status == 0
    assert "features: 6 columns" in said
    assert "rows as of 2024-03-04: enough, ok" in said
    assert not [line for line in said.splitlines() if line.startswith(("stop", "warn"))]


def test_everything_is_said_at_once(tmp_path: Path) -> None:
    """Contract, parameters, calendar and catalog: one line each, with the file and the remedy."""
    conf = other_tables.write_environment(tmp_path) / "orders"
    (conf / "globals.yml").write_text(
        f"data: {tmp_path / 'data'}\nregistered_model: returned_orders\n"
        "calendar: {start: 2024-03-01, end: 2024-01-01}\n"
    )
    (conf / "parameters.yml").write_text(
        "training: {slices: [regoin], fit: {depth: 99}}\n"
        "promotion: {slice_limits: {colour: 0.1}, margin: -1}\n"
        "monitoring: {slices: {columns: [shop]}}\n"
    )
    (tmp_path / "feed.parquet").unlink()

    status, said = checked(tmp_path)

    assert status == 1
    faults = [line for line in said.splitlines() if line.startswith("stop")]
    for part in (
        "training.slices names regoin, which contracts/features.yml does not have; did you mean",
        "promotion.slice_limits names colour",
        "monitoring.slices.columns names shop",
        "training.fit.depth: Input should be less than or equal to 12; got 99",
        "promotion.margin: Input should be greater than or equal to 0; got -1",
        "globals.yml: calendar: end 2024-01-01 is before start 2024-03-01; swap or fix them",
        "catalog.yml: feed is not there: ",
    ):
        assert any(part in fault for fault in faults), (part, said)


@pytest.mark.parametrize(
    ("target", "fault"),
    [
        ("returned: {type: category, role: target, title: Returned}", "values"),
        ("returned: {type: boolean, role: context, title: Returned}", "has no target"),
    ],
)
def test_a_task_that_is_not_possible(tmp_path: Path, target: str, fault: str) -> None:
    """A contract that asks for no prediction, or for one of unknown classes, is named."""
    conf = other_tables.write_environment(tmp_path)
    path = conf / "orders" / "contracts" / "features.yml"
    before = "returned: {type: boolean, role: target, title: Returned, missing: 0.9}"
    path.write_text(path.read_text("utf-8").replace(before, target), "utf-8")

    status, said = checked(tmp_path)

    assert status == 1
    assert fault in said


@pytest.mark.parametrize(
    ("rows", "word", "fault"),
    [
        (slice("2024-03-01", None), "stop", "no rows before 2024-02-26 whose target is known"),
        (slice(None, "2024-02-20"), "stop", "0 rows from 2024-02-26 on, the holdout"),
        (slice(None, "2024-03-03"), "warn", "no row is dated from 2024-03-04 to 2024-03-10"),
    ],
)
def test_too_few_rows(tmp_path: Path, rows: slice, word: str, fault: str) -> None:
    """Rows to train on, to judge by and to predict are counted as the next run would."""
    frame = other_tables.orders()
    part: pd.DataFrame = frame.set_index("placed", drop=False).sort_index().loc[rows]
    other_tables.write_environment(tmp_path, part.reset_index(drop=True))

    status, said = checked(tmp_path, "--data")

    assert status == (1 if word == "stop" else 0)
    assert any(line.startswith(f"{word}: rows: ") and fault in line for line in said.splitlines())
