"""A whole weekly run on Spark ends as the same run on DuckDB does."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import inferred_runs
import runs
import spark
import tables

pytestmark = spark.uses_spark

WEEKS = ("2024-02-26", "2024-03-04")
"""Of the orders: the last but one of them, and the one that waits."""
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


def test_the_example_runs_the_same_on_spark(week_1: Path, tmp_path: Path) -> None:
    """Wrangling, gate, study, training, prediction and monitoring, by one line of globals.yml."""
    conf = spark.environment_on_spark(tmp_path, extends="test")
    data = tmp_path / "data" / "on_spark"

    runs.run(data, runs.WEEKS[0], env="on_spark", conf_source=conf)

    key = ["scheduled_departure", "carrier", "flight", "origin"]
    assert_same(data, week_1, runs.WEEKS[0], key)


def test_an_own_table_moves_to_spark_by_one_line(tmp_path: Path) -> None:
    """A folder of Parquet files, inferred; a week run twice and one after it double nothing."""
    frame = tables.orders()
    folder = tmp_path / "orders"
    folder.mkdir()
    for number, part in enumerate((frame.iloc[: len(frame) // 2], frame.iloc[len(frame) // 2 :])):
        part.to_parquet(folder / f"{number}.parquet", index=False)
    conf = inferred_runs.infer(tmp_path, folder / "*.parquet", target="returned")
    settings = conf / "shop" / "globals.yml"
    on_duckdb, on_spark = tmp_path / "duckdb" / "shop", tmp_path / "spark" / "shop"
    for week in WEEKS:
        runs.run(on_duckdb, week, env="shop", conf_source=conf)

    settings.write_text(settings.read_text("utf-8") + spark.switch(), "utf-8")
    for week in (WEEKS[0], *WEEKS):
        runs.run(on_spark, week, env="shop", conf_source=conf)

    for week in WEEKS:
        assert_same(on_spark, on_duckdb, week, ["order_id"])
