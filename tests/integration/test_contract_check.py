"""`kedro contract check` on an environment of orders: all that would stop a run, at once."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import other_tables
import runs
import stores

pytestmark = pytest.mark.slow


def checked(folder: Path, *words: str, before: Callable[[], Any] = lambda: None) -> tuple[int, str]:
    """The exit status and the output of the command in a project of this environment alone."""
    shutil.copy(runs.PROJECT / "pyproject.toml", folder)
    (folder / "src").mkdir(exist_ok=True)
    runs.import_heavy()
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    process = context.Process(target=_check, args=(folder, words, before, answers))
    process.start()
    process.join(timeout=300)
    assert not answers.empty(), f"no word from the check, which ended with {process.exitcode}"
    status, said = answers.get()
    assert status in (0, 1), said
    return status, said


def _check(folder: Path, words: tuple[str, ...], before: Callable[[], Any], answers: Any) -> None:
    """Run the command, in a process of its own."""
    from click.testing import CliRunner
    from kedro.framework.startup import bootstrap_project

    from weekwise.cli.contract import contract

    warnings.simplefilter("ignore")
    stores.forget()
    os.environ["WEEKWISE_DATA_DIR"] = str(folder / "data")
    os.chdir(folder)
    bootstrap_project(folder)
    before()
    found = CliRunner().invoke(
        contract, ["check", "--env", "orders", *words], obj=SimpleNamespace(project_path=folder)
    )
    if found.exception is None or isinstance(found.exception, SystemExit):
        answers.put((found.exit_code, found.output))
    else:
        answers.put((2, "".join(traceback.format_exception(found.exception))))


def test_nothing_to_fix(tmp_path: Path) -> None:
    """An environment that can be run passes, with its data and without."""
    other_tables.write_environment(tmp_path)

    status, said = checked(tmp_path, "--data")

    assert status == 0, said
    assert "features: 6 columns" in said
    assert "rows as of 2024-03-04: enough, ok" in said
    assert not [line for line in said.splitlines() if line.startswith(("stop", "warn"))]


def test_a_feed_that_stopped_is_said(tmp_path: Path) -> None:
    """A feed whose newest row is days older than the next run warns once, where the rows arrive."""
    conf = other_tables.write_environment(tmp_path) / "orders"
    contract = conf / "contracts" / "features.yml"
    contract.write_text(contract.read_text() + "freshness: warn\n")
    settings = conf / "globals.yml"
    settings.write_text(settings.read_text().replace("2024-03-04", "2024-03-28"))

    status, said = checked(tmp_path, "--data")

    assert status == 0, said
    assert said.count("none since 2024-03-24, 4 days before") == 1
    assert "Check that the feed of feed still arrives" in said


def look_at_pieces() -> None:
    """Take tables of 500 rows for large ones, and look at 500 rows at a time."""
    from weekwise.quality import large_table, table_check

    table_check.PIECE_ROWS = 500
    large_table.validate_large.__kwdefaults__["piece_rows"] = 500


def test_a_large_table(tmp_path: Path) -> None:
    """Checked in pieces, it has the verdict and the culprits that it has whole, and no note."""
    frame = other_tables.orders()
    frame.loc[frame.index[[40, 1200]], "amount"] = [-3.0, -4.5]
    contract = other_tables.CONTRACT.replace("min: 0}", "min: 0, severity: stop}")
    other_tables.write_environment(tmp_path, frame, contract=contract)
    assert len(frame) > 1000

    whole = checked(tmp_path, "--data")
    in_pieces = checked(tmp_path, "--data", before=look_at_pieces)

    assert whole[0] == 1
    assert "-4.5" in whole[1]
    assert f"{len(frame):,}" in whole[1]
    assert in_pieces[0] == whole[0]
    assert without_numbers(in_pieces[1]) == without_numbers(whole[1])
    assert not list((tmp_path / "data").rglob("*.checked.json"))


def without_numbers(said: str) -> str:
    """What a check says, but for the time it took and the numbers of rows, which pieces lack."""
    return re.sub(r"\d+\.\d(?= +│| s\))|row \d+ (?=\()", "", said)


def test_data_is_checked_beside_a_run(tmp_path: Path) -> None:
    """A store that another process holds is read from a copy, and the check ends as without it."""
    other_tables.write_environment(tmp_path)
    store = tmp_path / "data" / "orders" / "weekwise.duckdb"
    store.parent.mkdir(parents=True)
    code = "import duckdb, sys; s = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"

    with subprocess.Popen(
        [sys.executable, "-c", code, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        status, said = checked(tmp_path, "--data")
        holder.communicate(b"\n")

    assert status == 0, said
    assert f"is in use by process {holder.pid}: a copy of it is read" in said
    assert "rows as of 2024-03-04: enough, ok" in said


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
