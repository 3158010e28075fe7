from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from kedro.io import DatasetError

from weekwise.datasets.stacked import StackedDataset

PAST = pd.DataFrame({"id": [1, 2], "amount": [1, 2], "y": [True, False]})
UPCOMING = pd.DataFrame({"amount": [1.5], "id": [3]})


@pytest.fixture(params=["frames", "tables", "both"])
def stacked(request: pytest.FixtureRequest, tmp_path: Path) -> StackedDataset:
    """Past rows, and upcoming ones without a target, each loaded as a frame or as a table."""
    entries: dict[str, dict[str, Any]] = {}
    for name, rows in (("past", PAST), ("upcoming", UPCOMING)):
        path = tmp_path / f"{name}.parquet"
        rows.to_parquet(path, index=False)
        if request.param == "frames" or (request.param == "both" and name == "past"):
            entries[name] = {"type": "pandas.ParquetDataset", "filepath": str(path)}
        else:
            entries[name] = {
                "type": "ibis.FileDataset",
                "filepath": str(path),
                "table_name": f"feed_{name}",
            }
    return StackedDataset(datasets=entries)


def test_rows_stand_under_each_other(stacked: StackedDataset) -> None:
    """Columns go by name, a missing one is empty, and whole numbers beside others are numbers."""
    data = stacked.load()
    frame = data.to_pandas() if isinstance(data, ibis.Table) else data
    frame = frame.sort_values("id")

    assert list(frame.columns) == ["id", "amount", "y"]
    assert [int(value) for value in frame["id"]] == [1, 2, 3]
    assert [float(value) for value in frame["amount"]] == [1, 2, 1.5]
    assert [None if pd.isna(value) else bool(value) for value in frame["y"]] == [True, False, None]


def test_words_beside_truths_are_text(tmp_path: Path) -> None:
    """One file has yes and no as words, another as truth values: the contract reads both."""
    entries = {}
    for name, values in (("past", ["yes", "no"]), ("upcoming", [True, False])):
        path = tmp_path / f"{name}.parquet"
        pd.DataFrame({"gift": values}).to_parquet(path)
        file = {"filepath": str(path), "table_name": name}
        entries[name] = {"type": "ibis.FileDataset", **file}

    rows = StackedDataset(datasets=entries).load()
    assert isinstance(rows, ibis.Table)
    assert sorted(rows.to_pyarrow().column("gift").to_pylist()) == ["false", "no", "true", "yes"]


def test_it_is_there_if_all_parts_are(stacked: StackedDataset, tmp_path: Path) -> None:
    """One part alone is not the table."""
    assert stacked.exists()
    (tmp_path / "upcoming.parquet").unlink()
    assert not stacked.exists()


def test_it_is_not_saved(stacked: StackedDataset) -> None:
    """Its parts belong to somebody else."""
    with pytest.raises(DatasetError):
        stacked.save(PAST)
