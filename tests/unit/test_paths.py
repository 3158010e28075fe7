from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from weekwise.paths import DataFolder


def complete(data: Path, week: str, file: str = "weekly_report.json") -> None:
    """Leave behind what a run of a week leaves last."""
    folder = data / "08_reporting" / week
    folder.mkdir(parents=True)
    (folder / file).touch()


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
