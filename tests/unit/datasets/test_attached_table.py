from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from kedro.io import DatasetError

from weekwise.datasets.attached_table import AttachedTableDataset
from weekwise.datasets.store_table import StoreTable


@pytest.fixture
def connection(tmp_path: Path) -> dict[str, str]:
    """The store's connection; beside it a shop's own DuckDB file with two orders."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute('CREATE TABLE "the orders" AS SELECT unnest([1, 2]) AS id')
    return {"backend": "duckdb", "database": str(tmp_path / "store.duckdb")}


def attached(
    folder: Path, connection: dict[str, str], name: str = "the orders"
) -> AttachedTableDataset:
    """A table of the shop's file."""
    return AttachedTableDataset(
        filepath=str(folder / "shop.duckdb"), table_name=name, connection=connection
    )


def test_its_rows_reach_the_store(tmp_path: Path, connection: dict[str, str]) -> None:
    """It is an expression on the store's own connection, so a table there can be made of it."""
    table = attached(tmp_path, connection)
    assert table.exists()
    copy = StoreTable(table_name="copy", connection=connection)
    copy.save(table.load())
    copy.save(attached(tmp_path, connection).load())

    assert sorted(copy.load().to_pyarrow().column("id").to_pylist()) == [1, 2]


def test_what_is_absent(tmp_path: Path, connection: dict[str, str]) -> None:
    """A file or a table that is not there is said."""
    assert not attached(tmp_path, connection, "none").exists()
    (tmp_path / "shop.duckdb").unlink()
    gone = attached(tmp_path, connection)
    assert not gone.exists()
    with pytest.raises(DatasetError, match="there is no file"):
        gone.load()


def test_the_file_is_never_written(tmp_path: Path, connection: dict[str, str]) -> None:
    """It belongs to somebody else."""
    table = attached(tmp_path, connection)
    with pytest.raises(DatasetError, match="read only"):
        table.save(table.load())
