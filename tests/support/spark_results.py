"""What two runs of one week must have in common: one on Spark, one on DuckDB."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

FLIGHTS_KEY = ["scheduled_departure", "carrier", "flight", "origin"]
LEFT_OUT = {"seconds", "examples", "run_id", "evidence"}
"""What is not compared: times, and the numbers of rows, which a table on Spark has not."""


def reports(data: Path, week: str) -> dict[str, Any]:
    """The JSON files that a week leaves: what the gate, the study and the monitoring say."""
    return {
        str(path.relative_to(data)): _compared(json.loads(path.read_text("utf-8")))
        for path in sorted((data / "08_reporting" / week).rglob("*.json"))
    }


def _compared(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _compared(value) for key, value in said.items() if key not in LEFT_OUT}
    if isinstance(said, list):
        return [_compared(value) for value in said]
    return pytest.approx(said, rel=0, abs=1e-9) if isinstance(said, float) else said


def stored(data: Path, table: str, key: list[str]) -> pd.DataFrame:
    """A table in the order of its key: of the store, or of the warehouse if it is there."""
    folder = data / "warehouse" / table
    with closing(duckdb.connect(str(data / "weekwise.duckdb"), read_only=True)) as connection:
        source = table
        if folder.exists():
            source = f"read_parquet('{folder}/**/*.parquet', hive_partitioning=false)"
        columns = ", ".join(key)
        return connection.sql(f"SELECT * FROM {source} ORDER BY {columns}").df()


def assert_same(on_spark: Path, on_duckdb: Path, week: str, key: list[str]) -> None:
    """The same features to the last bit, the same words and figures, the same predictions."""
    for table, columns in (("features", key), ("predictions", ["as_of", *key])):
        found, expected = (stored(data, table, columns) for data in (on_spark, on_duckdb))
        assert len(found)
        pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=0, atol=1e-9)
    found_reports, expected_reports = reports(on_spark, week), reports(on_duckdb, week)
    assert found_reports.keys() == expected_reports.keys()
    for name, expected_report in expected_reports.items():
        assert found_reports[name] == expected_report, name
