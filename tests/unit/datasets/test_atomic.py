from __future__ import annotations

import errno
from pathlib import Path
from typing import Any
from unittest.mock import patch

import mlflow
import pandas as pd
import pytest
from kedro.io import DatasetError
from kedro_datasets.json import JSONDataset

from weekwise.datasets.atomic import AtomicDataset
from weekwise.system_errors import explained


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    """A frame comes back from Parquet as it went in, folders made on the way."""
    frame = pd.DataFrame({"a": [1, 2]})
    dataset = AtomicDataset(filepath=f"{tmp_path}/new/a.parquet", dataset="pandas.ParquetDataset")

    dataset.save(frame)

    pd.testing.assert_frame_equal(dataset.load(), frame)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.parquet"]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    """When writing fails half-way, the former file stands and no remnant lies beside it."""
    dataset = AtomicDataset(filepath=f"{tmp_path}/a.json", dataset="json.JSONDataset")
    dataset.save({"version": 1})

    with pytest.raises(DatasetError):
        dataset.save({"version": {1, 2}})

    assert dataset.load() == {"version": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_reader_never_meets_half_a_file(tmp_path: Path) -> None:
    """Until a save is whole, readers see the former file."""
    path = tmp_path / "a.json"
    dataset = AtomicDataset(filepath=str(path), dataset="json.JSONDataset")
    dataset.save({"version": 1})
    seen: list[str] = []
    whole_save = JSONDataset.save

    def watch(self: JSONDataset, data: object) -> None:
        whole_save(self, data)
        seen.append(path.read_text())

    with patch.object(JSONDataset, "save", watch):
        dataset.save({"version": 2})

    assert "1" in seen[0]
    assert dataset.load() == {"version": 2}


def test_exists(tmp_path: Path) -> None:
    """A dataset exists once its file does."""
    dataset = AtomicDataset(filepath=f"{tmp_path}/a.json", dataset="json.JSONDataset")
    assert not dataset.exists()

    dataset.save({})

    assert dataset.exists()


def test_a_failed_save_names_the_file(tmp_path: Path) -> None:
    """A write knows no name, and nobody knows that of the hidden file."""
    path = tmp_path / "a.json"
    dataset = AtomicDataset(filepath=str(path), dataset="json.JSONDataset")

    with (
        patch.object(JSONDataset, "save", side_effect=OSError(errno.ENOSPC, "no space")),
        pytest.raises(DatasetError) as caught,
    ):
        dataset.save({})

    assert str(explained(caught.value)).startswith(f"{path}: no space; make room")


def test_an_artifact_is_logged_before_the_file_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that marks something as complete is not there while MLflow refuses it."""
    path, logged = tmp_path / "a.json", dict[str, Any]()

    def log_artifact(file: str, folder: str) -> None:
        if not logged:
            logged.update(name=Path(file).name, text=Path(file).read_text(), folder=folder)
            raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(mlflow, "active_run", lambda: True)
    monkeypatch.setattr(mlflow, "log_artifact", log_artifact)
    dataset = AtomicDataset(filepath=str(path), dataset="json.JSONDataset", artifact_path="week")

    with pytest.raises(DatasetError):
        dataset.save({"version": 1})
    assert logged == {"name": "a.json", "text": '{\n  "version": 1\n}', "folder": "week"}
    assert list(tmp_path.iterdir()) == []

    dataset.save({"version": 1})
    assert dataset.load() == {"version": 1}
