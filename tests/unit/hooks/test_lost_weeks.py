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
        folder.selected_features: b'{\n  "selected": ["weight"]\n}',
        folder.evaluation: b'{\n  "as_of": "2024-07-01"\n}',
        folder.verdict: b'{\n  "as_of": "2024-07-01"\n}',
        folder.figures / "shap.html": b"<!doctype html>\n</html>\n",
        folder.figures / "drift.html": b"<!doctype html>\n</html>\n",
        folder.gate_result("parcels"): b'{\n  "table": "parcels"\n}',
        data.predictions(WEEKS[0]): b"PAR1columns-and-rows-PAR1",
    }
    for file, content in contents.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    folder.weekly_report.write_bytes(report)
    folder.model_card.write_bytes(b"# Model card\n")
    assert lost_files(data, WEEKS[1]) == []

    for file, content in contents.items():
        HARMS[harm](file)
        # A figure that is gone is missed if all are.
        is_missed = harm != "deleted" or file.parent != folder.figures
        named = file.parent if harm == "deleted" and file.parent == folder.gate else file
        assert lost_files(data, WEEKS[1]) == ([named] if is_missed else [])
        file.write_bytes(content)
    assert lost_files(data, WEEKS[0]) == []


def test_figures_that_are_all_gone_are_found(tmp_path: Path) -> None:
    """Their folder is named, as that of the gate's results is; so is a model card."""
    data = DataFolder(tmp_path)
    folder = data.week(WEEKS[0])
    folder.figures.mkdir(parents=True)
    folder.weekly_report.write_bytes(b'{\n  "as_of": "2024-07-01"\n}')
    folder.model_card.write_bytes(b"noise")

    lost = lost_files(data, WEEKS[1])

    assert {folder.figures, folder.gate, folder.model_card} <= {*lost}


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
