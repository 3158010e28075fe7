from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from weekwise.files import moved_aside
from weekwise.paths import DataFolder, environment_data, replace_whole


def complete(data: Path, week: str, file: str = "weekly_report.json") -> None:
    """Leave behind what a run of a week leaves last."""
    folder = data / "08_reporting" / week
    folder.mkdir(parents=True)
    (folder / file).write_text("{}", "utf-8")


def test_weeks_come_in_order(tmp_path: Path) -> None:
    """The weeks are those with a report, the oldest first, in whatever order they were run."""
    for week in ("2013-12-02", "2013-07-08", "2013-07-01"):
        complete(tmp_path, week)

    assert DataFolder(tmp_path).weeks() == [date(2013, 7, 1), date(2013, 7, 8), date(2013, 12, 2)]


@pytest.mark.parametrize(
    ("week", "file"),
    [
        ("2013-07-15", "weekly_report.html"),
        ("2013-07-15", "weekly_report.json.tmp"),
        ("gx", "weekly_report.json"),
        ("2013-07-15-old", "weekly_report.json"),
    ],
)
def test_a_run_that_did_not_end_is_no_week(tmp_path: Path, week: str, file: str) -> None:
    """Without its weekly report a week is not complete, and other folders are no weeks."""
    complete(tmp_path, "2013-07-08")
    complete(tmp_path, week, file)

    assert DataFolder(tmp_path).weeks() == [date(2013, 7, 8)]


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_an_empty_store_has_no_weeks(tmp_path: Path, folder: str) -> None:
    """Before the first run, with or without a data folder, there is no last week."""
    assert DataFolder(tmp_path / folder).weeks() == []


@pytest.mark.parametrize(
    ("as_of", "folder"),
    [("2020-01-06", "2020-01-06"), (date(2020, 1, 6), "2020-01-06"), (None, "undated")],
)
def test_each_week_has_its_own_folder(as_of: date | str | None, folder: str) -> None:
    """The gate's results of different weeks do not replace each other, nor do undated ones."""
    path = DataFolder(Path("data")).week(as_of).gate_result("parcels")
    assert path == Path("data", "08_reporting", folder, "gate", "parcels.json")


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """A file written again has the new text, its folder is made, and nothing lies beside it."""
    path = tmp_path / "gate" / "parcels.json"
    replace_whole(path, "a longer text")
    replace_whole(path, "short")
    assert path.read_text(encoding="utf-8") == "short"
    assert [file.name for file in path.parent.iterdir()] == ["parcels.json"]


def test_a_file_that_cannot_be_written_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that is killed while it writes leaves the former file, and none of that ending."""
    path = tmp_path / "parcels.json"
    replace_whole(path, "former")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        replace_whole(path, "new")
    assert path.read_text(encoding="utf-8") == "former"
    assert list(tmp_path.glob("*.json")) == [path]


def test_what_a_killed_process_left_goes_with_the_next_writing(tmp_path: Path) -> None:
    """A hidden file of a process that is gone is removed; of one that is alive it stays."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path, alive = tmp_path / "parcels.json", tmp_path / f".parcels.json.{os.getppid()}"
    left = [tmp_path / f".parcels.json.{gone.pid}", tmp_path / f".{gone.pid}.parcels.json"]
    for file in (alive, *left):
        file.write_text('{"half":', "utf-8")

    replace_whole(path, "{}")

    assert sorted(tmp_path.iterdir()) == sorted([path, alive])


@pytest.mark.parametrize(("root", "expected"), [(None, "data"), ("/elsewhere", "/elsewhere")])
@pytest.mark.parametrize("environment", ["orders", "parcels"])
def test_each_environment_has_its_own_folder(
    root: str | None, expected: str, environment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WEEKWISE_DATA_DIR moves the folder of all environments, and none into another's."""
    monkeypatch.setenv("KEDRO_ENV", environment)
    monkeypatch.delenv("WEEKWISE_DATA_DIR", raising=False)
    if root is not None:
        monkeypatch.setenv("WEEKWISE_DATA_DIR", root)

    assert environment_data(Path.cwd()) == Path(expected, environment)


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        ('{"as_of": "2024-07-01"}', True),
        ('{\n  "a": {\n    "b": 1\n  }\n}', True),
        ("", False),
        ('{\n  "a": {\n    "b": 1\n  }', False),
        ("{", False),
        ("\x00\x01 noise }", False),
    ],
)
def test_a_damaged_report_marks_no_complete_week(tmp_path: Path, content: str, whole: bool) -> None:
    """A report that was emptied, cut off or overwritten does not count: its week is run again."""
    data = DataFolder(tmp_path)
    replace_whole(data.week("2024-07-01").weekly_report, content)

    assert data.weeks() == ([date(2024, 7, 1)] if whole else [])


def test_moved_aside_twice_in_a_second(tmp_path: Path) -> None:
    """What is moved aside never takes the place of what was moved before."""
    for text in ("first", "second"):
        (tmp_path / "file.json").write_text(text, "utf-8")
        moved_aside(tmp_path / "file.json")

    assert sorted(path.read_text("utf-8") for path in tmp_path.iterdir()) == ["first", "second"]
