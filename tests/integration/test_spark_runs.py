"""A whole weekly run on Spark ends as the same run on DuckDB does."""

from __future__ import annotations

from pathlib import Path

import inferred_runs
import runs
import spark
import spark_results
import tables

pytestmark = spark.uses_spark

WEEKS = ("2024-02-26", "2024-03-04")
"""Of the orders: the last but one of them, and the one that waits."""


def test_the_example_runs_the_same_on_spark(week_1: Path, tmp_path: Path) -> None:
    """Wrangling, gate, study, training, prediction and monitoring, by one line of globals.yml."""
    conf = spark.environment_on_spark(tmp_path, extends="test")
    data = tmp_path / "data" / "on_spark"

    runs.run(data, runs.WEEKS[0], env="on_spark", conf_source=conf, within_seconds=900)

    spark_results.assert_same(data, week_1, runs.WEEKS[0], spark_results.FLIGHTS_KEY)


def test_an_own_table_moves_to_spark_by_one_line(tmp_path: Path) -> None:
    """A folder of Parquet files, inferred: two weeks, the second of which judges the first."""
    frame = tables.orders()
    for number, part in enumerate((frame.iloc[: len(frame) // 2], frame.iloc[len(frame) // 2 :])):
        part.to_parquet(tmp_path / f"{number}.parquet", index=False)
    conf = inferred_runs.infer(tmp_path, tmp_path / "*.parquet", target="returned")
    settings = conf / "shop" / "globals.yml"
    on_duckdb, on_spark = tmp_path / "duckdb" / "shop", tmp_path / "spark" / "shop"
    runs.run(on_duckdb, *WEEKS, env="shop", conf_source=conf)

    settings.write_text(settings.read_text("utf-8") + spark.switch(), "utf-8")
    runs.run(on_spark, *WEEKS, env="shop", conf_source=conf, within_seconds=900)

    for week in WEEKS:
        spark_results.assert_same(on_spark, on_duckdb, week, ["order_id"])
