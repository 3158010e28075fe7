"""A disk that is full at any write of a week: one sentence, and nothing lost or half-written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from kedro.framework.project import settings

import runs
import small_disk
import typed
from small_disk import Disk
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

SAVES = 60
"""More than a week has."""
FEW_AND_ALL = [
    pytest.param((0, 4, 9), id="few"),
    pytest.param(range(SAVES), id="all", marks=pytest.mark.drill),
]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """An empty disk."""
    with small_disk.mounted(tmp_path / "disk") as mounted:
        yield mounted


def run_on(disk: Disk, week: str, number: int | None = None) -> tuple[typed.Answer, bool]:
    """Run a week with all files on a disk; whether the disk was filled at a save of that number."""
    mark = disk.path.with_name("filled")
    mark.unlink(missing_ok=True)

    def before() -> None:
        disk.temporary_files()
        if number is not None:
            fill = small_disk.FillBefore(disk, number, mark.touch)
            settings.set("HOOKS", (*settings.HOOKS, fill))

    return typed.run_week(disk.data, week, before=before), mark.exists()


def check_refused(answer: typed.Answer, disk: Disk, week: str) -> None:
    """One sentence says what to do, and no remnant is left."""
    assert answer.is_plain, answer.said
    assert "make room on the disk" in answer.error
    assert answer.error.count("\n") == 0
    assert list(disk.data.rglob(f".*{week}*")) == []


def check_goes_on(disk: Disk, week: str, whole: Path) -> None:
    """With room again, the week ends as one that never failed."""
    answer, _ = run_on(disk, week)
    assert answer.status == 0, answer.said
    one, other = runs.end_state(disk.data), runs.end_state(whole)
    assert [name for name in {**one, **other} if one.get(name) != other.get(name)] == []


def fail_at_each(disk: Disk, week: str, numbers: tuple[int, ...] | range) -> int:
    """Run a week again and again, with the disk full at one save after the other."""
    failed = 0
    for number in numbers:
        answer, filled = run_on(disk, week, number)
        if not filled:
            # There are no more saves: that run was the whole week.
            assert answer.status == 0, answer.said
            break
        check_refused(answer, disk, week)
        disk.make_room()
        failed += 1
        if is_complete(disk, week):
            # Only the better model's taking over is left.
            break
    return failed


def is_complete(disk: Disk, week: str) -> bool:
    """Whether a week counts."""
    return date.fromisoformat(week) in DataFolder(disk.data).weeks()


@pytest.mark.parametrize("numbers", FEW_AND_ALL)
def test_a_first_week_on_a_full_disk(
    disk: Disk, numbers: tuple[int, ...] | range, week_1: Path
) -> None:
    """From an empty folder, and full at each save in turn."""
    failed = fail_at_each(disk, runs.WEEKS[0], numbers)

    assert failed >= min(len(numbers), 15)
    check_goes_on(disk, runs.WEEKS[0], week_1)


@pytest.mark.drill
def test_a_second_week_on_a_full_disk(disk: Disk, week_1: Path, week_2: Path) -> None:
    """From a full folder, and full at each save in turn."""
    runs.copied(week_1, disk.data)

    failed = fail_at_each(disk, runs.WEEKS[1], range(SAVES))

    assert failed >= 15
    check_goes_on(disk, runs.WEEKS[1], week_2)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((0.2, 0.6), id="few"),
        pytest.param([n / 24 for n in range(24)], id="all", marks=pytest.mark.drill),
    ],
)
def test_a_disk_that_fills_up(disk: Disk, parts: list[float], week_1: Path, week_2: Path) -> None:
    """With too little space for a week, whatever is written when it ends."""
    runs.copied(week_1, disk.data)
    needed = size(week_2) - size(week_1)

    for number, part in enumerate(parts):
        disk.fill(left=round(part * needed))
        answer, _ = run_on(disk, runs.WEEKS[1])
        # What an earlier try has left is used again, so that a later one may get by with less.
        if answer.status == 0 and number > 1:
            break
        check_refused(answer, disk, runs.WEEKS[1])
        assert not is_complete(disk, runs.WEEKS[1])
        disk.make_room()

    disk.make_room()
    check_goes_on(disk, runs.WEEKS[1], week_2)


def size(folder: Path) -> int:
    """What its files need, in bytes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
