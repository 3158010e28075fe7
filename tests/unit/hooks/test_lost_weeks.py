from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from weekwise.errors import StoreError
from weekwise.hooks.lost_weeks import LostWeeks, lost_files, lost_reports, lost_weeks
from weekwise.paths import DataFolder

WEEKS = [date(2024, 7, 1), date(2024, 7, 8), date(2024, 7, 15)]


@pytest.mark.parametrize(
    ("stored", "judged", "message"),
    [
        ([], WEEKS, "the store .*weekwise.duckdb has lost 3 weeks, 2024-07-01 to 2024-07-15: "),
        (WEEKS, WEEKS[:2], "the registry of late_orders has lost the week of 2024-07-15: "),
        (WEEKS[1:], [], "duckdb has lost the week of 2024-07-01 and the registry of late_orders "),
    ],
)
def test_half_a_state_is_refused(
    tmp_path: Path, stored: list[date], judged: list[date], message: str
) -> None:
    """What is lost is named, with the backup or the backfill that brings it back."""
    lost = lost_weeks(WEEKS, stored, judged)

    with pytest.raises(StoreError, match=message) as caught:
        lost.refuse(DataFolder(tmp_path), "late_orders", " --env orders")

    first, last = min(lost.weeks), max(lost.weeks)
    assert str(caught.value).endswith(
        "Put a backup of the data folder back, or run these weeks again with: "
        f"kedro weekly backfill --from {first} --to {last} --env orders"
    )


def test_a_whole_state_is_taken(tmp_path: Path) -> None:
    """Weeks that store and registry know besides are of runs that did not get to their report."""
    lost = lost_weeks(WEEKS[:2], WEEKS, WEEKS)

    assert lost == LostWeeks()
    lost.refuse(DataFolder(tmp_path), "late_orders")


HARMS = {
    "deleted": Path.unlink,
    "emptied": lambda file: file.write_bytes(b""),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:-8]),
    "overwritten": lambda file: file.write_bytes(b"noise" * 9),
}


@pytest.mark.parametrize("harm", HARMS)
def test_files_that_are_gone_or_damaged_are_found(tmp_path: Path, harm: str) -> None:
    """Each is named; those that are whole are not."""
    data = DataFolder(tmp_path)
    folder = data.week(WEEKS[0])
    report = b'{\n  "as_of": "2024-07-01"\n}'
    contents = {
        folder.weekly_page: b"<!doctype html>\n<p>pages</p>\n</html>\n",
        folder.exploration_page: b"<!doctype html>\n</html>",
        folder.exploration: b'{\n  "rows": 1\n}',
        data.predictions(WEEKS[0]): b"PAR1columns-and-rows-PAR1",
    }
    for file, content in contents.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    folder.weekly_report.write_bytes(report)
    assert lost_files(data, WEEKS[1]) == []

    for number, file in enumerate(contents, start=1):
        HARMS[harm](file)
        assert len(lost_files(data, WEEKS[1])) == number
        assert file in lost_files(data, WEEKS[1])
    assert lost_files(data, WEEKS[0]) == []


@pytest.mark.parametrize("harm", HARMS)
def test_reports_that_are_gone_or_damaged_are_found(tmp_path: Path, harm: str) -> None:
    """A week that the store knows has no report; nor has one whose damaged report is there."""
    data = DataFolder(tmp_path)
    for week in WEEKS:
        report = data.week(week).weekly_report
        report.parent.mkdir(parents=True)
        report.write_bytes(b'{\n  "as_of": "2024-07-01"\n}')
    assert lost_reports(data, WEEKS, WEEKS[2]) == []

    HARMS[harm](data.week(WEEKS[0]).weekly_report)

    assert lost_reports(data, WEEKS, WEEKS[2]) == WEEKS[:1]
    assert lost_reports(data, WEEKS, WEEKS[0]) == []
    assert lost_files(data, WEEKS[1]) == []
    unknown_to_the_store = [] if harm == "deleted" else WEEKS[:1]
    assert lost_reports(data, [], WEEKS[2]) == unknown_to_the_store
