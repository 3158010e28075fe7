"""Files of tables by day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.serving.day_files import DayFiles

DAY = date(2030, 7, 15)
TABLE = pa.table({"a": [1, 2]})


def test_written(tmp_path: Path) -> None:
    """A file has the rows of all its tables, and stands in the folder of its day."""
    path = DayFiles(tmp_path, keep_days=1).write(DAY, [TABLE, TABLE])

    assert path.parent == tmp_path / "day=2030-07-15"
    assert pq.ParquetFile(path).read()["a"].to_pylist() == [1, 2, 1, 2]
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_left_of_a_file_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fills up while a file is written leaves no part of it."""

    def full(_table: Any, path: Path, **_options: Any) -> None:
        path.write_bytes(b"PAR1 and then")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)

    with pytest.raises(OSError, match="No space left"):
        DayFiles(tmp_path, keep_days=1).write(DAY, [TABLE])
    assert list((tmp_path / "day=2030-07-15").iterdir()) == []


def test_old_days_go_and_nothing_else(tmp_path: Path) -> None:
    """Days that are over are removed; what is not a day of ours stays."""
    files = DayFiles(tmp_path, keep_days=3)
    for day in range(10, 17):
        files.write(date(2030, 7, day), [TABLE])
    for name in ("day=soon", "notes", "day=2030-07-01x"):
        (tmp_path / name).mkdir()

    files.remove_old(DAY)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "day=2030-07-01x",
        *(f"day=2030-07-{day}" for day in range(13, 17)),
        "day=soon",
        "notes",
    ]


def test_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    """Before the first file there is nothing to remove."""
    DayFiles(tmp_path / "none", keep_days=3).remove_old(DAY)

    assert list(tmp_path.iterdir()) == []
