"""How a shadow's predictions differ from the champion's, from what the service has kept."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from api.serving.day_files import DayFiles
from weekwise.contract.type_facts import TaskName
from weekwise.errors import StoreError
from weekwise.model.shadow_scores import ShadowComparison, compared, shadow_days
from weekwise.tasks import TASKS

DAY = date(2030, 7, 15)


def keep(
    folder: Path, day: date, pair: tuple[str, str], rows: list[tuple[float, float, bool | None]]
) -> Path:
    """Keep what both versions predicted of some rows, and whether they decide otherwise."""
    version, shadow = pair
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    table = pa.table(
        {
            "answered_at": pa.array([moment] * len(rows)),
            "request_id": [f"{place}" for place in range(len(rows))],
            "request_row": pa.array([0] * len(rows), pa.int32()),
            "model_version": [version] * len(rows),
            "shadow_version": [shadow] * len(rows),
            "predicted": [ours for ours, _, _ in rows],
            "shadow_predicted": [theirs for _, theirs, _ in rows],
            "difference": [abs(ours - theirs) for ours, theirs, _ in rows],
            "differs": pa.array([differs for _, _, differs in rows], pa.bool_()),
        }
    )
    return DayFiles(folder, keep_days=36_500).write(day, [table])


def test_compared_over_days(tmp_path: Path) -> None:
    """Rows of all days of a week count alike; older days and the run's own day do not count."""
    keep(tmp_path, date(2030, 7, 7), ("1", "2"), [(0.0, 1.0, True)] * 9)
    keep(tmp_path, date(2030, 7, 8), ("1", "2"), [(0.25, 0.75, True)])
    keep(tmp_path, date(2030, 7, 14), ("1", "2"), [(0.25, 0.25, False)] * 2)
    keep(tmp_path, date(2030, 7, 14), ("1", "2"), [(0.25, 0.25, False)])
    keep(tmp_path, DAY, ("1", "2"), [(0.0, 1.0, True)] * 9)

    assert compared(shadow_days(tmp_path), DAY) == (
        ShadowComparison(
            version="1",
            shadow="2",
            first=date(2030, 7, 8),
            last=date(2030, 7, 14),
            rows=4,
            predicted=0.25,
            shadow_predicted=0.375,
            difference=0.125,
            otherwise=0.25,
        ),
    )


def test_each_pair_by_itself(tmp_path: Path) -> None:
    """After a promotion another pair is compared; the newest pair comes first."""
    keep(tmp_path, date(2030, 7, 12), ("1", "2"), [(1.0, 3.0, None)])
    keep(tmp_path, date(2030, 7, 13), ("2", "3"), [(1.0, 2.0, None)])

    pairs = compared(shadow_days(tmp_path), DAY)

    assert [(pair.version, pair.shadow, pair.difference) for pair in pairs] == [
        ("2", "3", 1.0),
        ("1", "2", 2.0),
    ]
    assert [pair.otherwise for pair in pairs] == [None, None]


def test_no_shadow(tmp_path: Path) -> None:
    """A folder that is empty, or not there, has nothing to compare."""
    assert compared(shadow_days(tmp_path), DAY) == ()
    assert compared(shadow_days(tmp_path / "none"), DAY) == ()


def test_a_damaged_file(tmp_path: Path) -> None:
    """A file that cannot be read is named, with what to do."""
    path = keep(tmp_path, DAY, ("1", "2"), [(0.1, 0.2, False)])
    path.write_bytes(b"no Parquet")

    with pytest.raises(StoreError, match=f"cannot be read.*{path.name}.*remove that file"):
        shadow_days(tmp_path)


@pytest.mark.parametrize(
    ("task", "otherwise", "words"),
    [
        (TaskName.BINARY, 0.031, "mean probability 37.5% against 25.0%, 12.5 percentage points"),
        (TaskName.MULTICLASS, 0.0, "mean confidence 37.5% against 25.0%, 12.5 percentage points"),
        (TaskName.REGRESSION, None, "mean prediction 0.375 against 0.25, 0.125"),
    ],
)
def test_words(task: TaskName, otherwise: float | None, words: str) -> None:
    """A comparison in words, in the unit of what is predicted."""
    comparison = ShadowComparison(
        version="8",
        shadow="9",
        first=date(2030, 7, 8),
        last=date(2030, 7, 14),
        rows=12_345,
        predicted=0.25,
        shadow_predicted=0.375,
        difference=0.125,
        otherwise=otherwise,
    )

    said = comparison.words(TASKS[task])

    assert said.startswith("Version 9 predicted 12,345 live rows beside version 8 (")
    assert f"): {words} apart on average." in said
    assert said.endswith("It decides otherwise for 3.1% of them.") == (otherwise == 0.031)
    assert ("otherwise" in said) == (otherwise is not None)
