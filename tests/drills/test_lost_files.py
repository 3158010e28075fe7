"""A file of the data folder that is deleted, emptied, cut off or overwritten between two weeks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import runs

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
