from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError

from weekwise.datasets.store_table import StoreTable
from weekwise.datasets.transcoded_csv import TranscodedCsvDataset


def dataset(folder: Path, pattern: str) -> TranscodedCsvDataset:
    """Files with semicolons, on the store's own connection."""
    return TranscodedCsvDataset(
        filepath=str(folder / pattern),
        table_name="feed",
        connection=connection(folder),
        load_args={"delim": ";"},
    )


def connection(folder: Path) -> dict[str, Any]:
    """The store's connection."""
    return {"backend": "duckdb", "database": str(folder / "store.duckdb")}


def test_its_rows_reach_the_store(tmp_path: Path) -> None:
    """Every file of a pattern is read in its own encoding, as it is when it is asked."""
    (tmp_path / "a.csv").write_bytes("town;price\nKöln;5 €\n".encode("cp1252"))
    (tmp_path / "b.csv").write_bytes("town;price\nŁódź;7 €\n".encode())
    (tmp_path / "c.csv").write_bytes("town;price\n札幌 😀;8 €\n".encode("utf-16"))
    feed = dataset(tmp_path, "*.csv")
    copy = StoreTable(table_name="copy", connection=connection(tmp_path))
    copy.save(feed.load())
    assert sorted(copy.load().to_pyarrow().column("town").to_pylist()) == [
        "Köln",
        "Łódź",
        "札幌 😀",
    ]

    (tmp_path / "a.csv").write_bytes("town;price\nMünchen;6 €\n".encode("cp1252"))
    towns = feed.load().to_pyarrow().column("town").to_pylist()
    assert sorted(towns) == ["München", "Łódź", "札幌 😀"]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    """Another encoding is said, with the file."""
    (tmp_path / "a.csv").write_bytes(b"town\n\x81\n")

    with pytest.raises(DatasetError, match=r"a\.csv is neither in UTF-8 nor in windows-1252"):
        dataset(tmp_path, "a.csv").load()
