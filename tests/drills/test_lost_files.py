"""A file of the data folder that is deleted, emptied, cut off or overwritten between two weeks."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import runs
import typed

pytestmark = pytest.mark.slow

STORE, MLFLOW = "weekwise.duckdb", "mlflow/mlflow.db"


def cut_off(path: Path) -> None:
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    """Fill a file with what is no file of anybody's."""
    path.write_bytes(b"noise" * (path.stat().st_size // 5))


HARMS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut off": cut_off,
    "overwritten": overwrite,
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("file", [STORE, MLFLOW])
def test_a_lost_half_of_the_state_is_said(
    file: str, harm: str, week_1: Path, tmp_path: Path
) -> None:
    """No week is called OK without it: one sentence names what is lost and how it comes back."""
    data = runs.copied(week_1, tmp_path / "test")
    HARMS[harm](data / file)

    with pytest.raises(RuntimeError) as caught:
        runs.run(data, runs.WEEKS[1])

    last = str(caught.value).strip().splitlines()[-1]
    assert "StoreError: the " in last or "DatasetError" in str(caught.value)
    assert "ut a backup of the data folder back" in last
    assert "kedro weekly backfill --from " in last
    assert not (data / "08_reporting" / runs.WEEKS[1] / "weekly_report.json").exists()


@pytest.mark.drill
@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize(
    "file", ["04_feature/wrangling_summary.json", "orchestration/last_run.json"]
)
def test_a_file_that_runs_make_anew(
    file: str, harm: str, week_1: Path, week_2: Path, tmp_path: Path
) -> None:
    """What the next week does not build on is made again, and the week is the same."""
    data = runs.copied(week_1, tmp_path / "test")
    path = data / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    HARMS[harm](path)

    runs.run(data, runs.WEEKS[1])

    path.unlink(missing_ok=file.startswith("orchestration"))
    this_week, undisturbed = runs.end_state(data), runs.end_state(week_2)
    compared = [name for name in undisturbed if name != "files"]
    assert [name for name in compared if this_week[name] != undisturbed[name]] == []


def one_of_each_kind(folder: Path) -> Iterator[Path]:
    """Files of a folder, relative to it: of those that differ in numbers and ids alone, one."""
    kinds = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder)
            kinds.setdefault(re.sub(r"[0-9a-f]{32}|[0-9]+", "#", str(name)), name)
    yield from kinds.values()


def what_went_wrong(answer: typed.Answer, data: Path, whole: Path) -> str:
    """Why an answer is neither the week as it should be nor one sentence; empty if it is."""
    if answer.status:
        plain = answer.is_plain and "\n" not in answer.error
        return "" if plain else answer.said[-2000:]
    if typed.TRACEBACK in answer.said:
        return answer.said[-2000:]
    made, expected = runs.end_state(data), runs.end_state(whole)
    # What is gone of an earlier week stays so, which the run has said.
    of_week = [
        name
        for name in expected
        if name.startswith(("table ", runs.WEEKS[1])) or name == f"{runs.WEEKS[1]}.parquet"
    ]
    return ", ".join(name for name in of_week if made.get(name) != expected[name])


@pytest.mark.drill
@pytest.mark.parametrize("harm", HARMS)
def test_any_file_may_be_lost(harm: str, week_1: Path, week_2: Path, tmp_path: Path) -> None:
    """Each in turn: the next week ends as ever, or in one sentence; nothing else is said."""
    faults = {}
    for file in one_of_each_kind(week_1):
        data = runs.copied(week_1, tmp_path / "test")
        HARMS[harm](data / file)
        answer = typed.run_week(data, runs.WEEKS[1])
        fault = what_went_wrong(answer, data, week_2)
        if fault:
            faults[str(file)] = fault
        shutil.rmtree(data)

    assert faults == {}
