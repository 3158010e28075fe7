"""A project of its own whose environment has features, as data wrangling leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from kedro.framework.startup import bootstrap_project

from weekwise.configuration import EnvironmentConfigLoader, load_configuration
from weekwise.paths import DataFolder
from weekwise.reports.wrangling_summary import WranglingSummary

PROJECT = Path(__file__).parents[2]
AS_OF = date(2024, 3, 18)


@pytest.fixture(name="folder")
def folder_of_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a project of its own, whose environment has yet no features."""
    monkeypatch.setenv("WEEKWISE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(PROJECT)
    bootstrap_project(PROJECT)
    yield tmp_path
    from weekwise.datasets.store_table import StoreTable

    # Kedro's Ibis datasets share a connection in a process, and it holds the store's file.
    for connection in StoreTable._connections.values():
        connection.disconnect()
    StoreTable._connections.clear()


def with_features(folder: Path, rows: pd.DataFrame) -> None:
    """Leave what data wrangling leaves: features in the store, and what it says of them."""
    data = DataFolder(folder / "data" / "orders")
    data.store.parent.mkdir(parents=True)
    features = rows.drop_duplicates("order_id")  # noqa: F841 - DuckDB finds it by name
    with duckdb.connect(str(data.store)) as store:
        store.sql("CREATE TABLE features AS SELECT * FROM features ORDER BY order_id")
    summary = WranglingSummary(
        as_of=AS_OF,
        rows_in={},
        duplicates_dropped=0,
        left_out={},
        history_rows=len(rows),
        upcoming_rows=0,
        history_start=None,
        history_end=None,
        upcoming_end=None,
        data_hash="1" * 64,
    )
    data.wrangling_summary.parent.mkdir(parents=True)
    data.wrangling_summary.write_text(summary.model_dump_json(), encoding="utf-8")


def loader(folder: Path) -> EnvironmentConfigLoader:
    """The environment's configuration."""
    return load_configuration(folder / "conf", "orders")
