"""Tables on Spark hold and give what the same tables on DuckDB do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from kedro.io import DatasetError
from kedro_datasets.ibis import FileDataset

import spark
import stores
import trains
from weekwise.contract.derive import FEATURES, with_feed
from weekwise.contract.model import Contract
from weekwise.contract.type_facts import TaskName
from weekwise.datasets.spark_table import SparkTable
from weekwise.datasets.store_table import StoreTable
from weekwise.features.features_sql import parse_features
from weekwise.features.fingerprint import table_hash
from weekwise.features.past_sample import sampled
from weekwise.features.window import Window
from weekwise.model.contenders import Champion, CurrentChampion
from weekwise.model.predictor import Predictor
from weekwise.model.verdict import not_retrained
from weekwise.pipelines.data_prediction.nodes import predict_upcoming
from weekwise.pipelines.data_wrangling.nodes import build_features, clean_feed
from weekwise.quality import large_table
from weekwise.quality.frames import in_key_order
from weekwise.quality.gate_result import GateResult
from weekwise.quality.large_table import validate_large
from weekwise.quality.suite import build_suite
from weekwise.quality.validate import validate

pytestmark = spark.uses_spark

SCHEMA = {"as_of": "date", "name": "string", "value": "float64"}
Connection = dict[str, Any]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Connection]:
    """A store of DuckDB, closed after the test."""
    with stores.duckdb_store(tmp_path / "store.duckdb") as config:
        yield config


def week(connection: Connection, as_of: str, name: str = "t") -> SparkTable:
    """One week's partition of a table."""
    return SparkTable(
        table_name=name, connection=connection, partition={"as_of": as_of}, schema=SCHEMA
    )


def rows(as_of: str, *names: str) -> pd.DataFrame:
    """One row a name."""
    return pd.DataFrame({"as_of": date.fromisoformat(as_of), "name": names, "value": 1.0})


def content(table: ibis.Table) -> list[tuple[str, str]]:
    """The table's dates and names, in order."""
    found = table.order_by("as_of", "name").to_pyarrow().to_pylist()
    return [(str(row["as_of"]), row["name"]) for row in found]


def test_a_week_that_is_saved_again_doubles_nothing(spark_connection: Connection) -> None:
    """The other weeks stay, the columns are those that were saved, and no rows are rows too."""
    first, second = (week(spark_connection, day) for day in ("2024-01-01", "2024-01-08"))
    assert content(first.load()) == []

    first.save(rows("2024-01-01", "a", "b"))
    second.save(rows("2024-01-08", "c"))
    first.save(rows("2024-01-01", "d"))

    assert content(first.load()) == [("2024-01-01", "d"), ("2024-01-08", "c")]
    assert first.load().schema() == ibis.schema(SCHEMA)
    second.save(rows("2024-01-08"))
    assert content(first.load()) == [("2024-01-01", "d")]


def test_another_tool_reads_the_files(spark_connection: Connection) -> None:
    """The folders are Hive's partitions, without a format of their own."""
    table = SparkTable(table_name="plain", connection=spark_connection, week_of="as_of")
    table.save(pd.concat([rows("2024-01-02", "a"), rows("2024-01-09", "b")], ignore_index=True))

    files = f"{spark_connection['warehouse']}/plain/**/*.parquet"
    with duckdb.connect() as connection:
        found = connection.sql(
            f"SELECT name, partition_week FROM read_parquet('{files}', hive_partitioning=true) "
            "ORDER BY name"
        ).fetchall()

    assert found == [("a", date(2024, 1, 1)), ("b", date(2024, 1, 8))]
    assert table.load().columns == tuple(SCHEMA)


def test_a_column_that_comes_later_is_empty_before(spark_connection: Connection) -> None:
    """A contract may change between weeks, and so may a type."""
    first, second = (
        SparkTable(table_name="grown", connection=spark_connection, partition={"as_of": day})
        for day in ("2024-01-01", "2024-01-08")
    )
    first.save(rows("2024-01-01", "a"))
    second.save(rows("2024-01-08", "b").assign(value="much", further=2))

    found = first.load().order_by("name").to_pyarrow().to_pylist()

    assert [(row["value"], row["further"]) for row in found] == [("1.0", None), ("much", 2)]


def test_a_table_that_is_not_there_is_told(spark_connection: Connection) -> None:
    """With the step that makes it."""
    with pytest.raises(DatasetError, match=r"there is no table nowhere in .*; run the pipeline"):
        SparkTable(table_name="nowhere", connection=spark_connection).load()


def test_a_feed_that_is_not_there_is_one_line(spark_connection: Connection) -> None:
    """Without Java's stack, and with where to look."""
    feed = FileDataset(filepath="nowhere/*.parquet", table_name="x", connection=spark_connection)

    with pytest.raises(DatasetError, match=r"nowhere/\*.parquet cannot be read by Spark.*") as told:
        feed.load()

    assert "Check filepath" in str(told.value)
    assert "\tat " not in str(told.value)


def test_values_come_back_as_they_went_in(spark_connection: Connection) -> None:
    """Whole numbers with gaps stay whole, and times without a zone stay as they are."""
    arrow = pa.table(
        {
            "large": pa.array([2**62 + 1, None], pa.int64()),
            "time": pa.array(
                [pd.Timestamp("2024-03-31 02:30:00.000001"), None], pa.timestamp("us")
            ),
            "moment": pa.array([pd.Timestamp("2024-03-31 02:30", tz="UTC"), None]).cast(
                pa.timestamp("us", "UTC")
            ),
            "truth": pa.array([True, None]),
            "text": pa.array(["ä\n'\"", None]),
            "number": pa.array([0.1 + 0.2, None]),
            "day": pa.array([date(1, 1, 1), None]),
        }
    )
    table = SparkTable(table_name="values", connection=spark_connection)
    table.save(ibis.memtable(arrow))

    loaded = table.load().order_by(ibis.desc("large")).to_pyarrow()

    assert loaded.equals(arrow.cast(loaded.schema))
    assert loaded.schema.field("time").type == pa.timestamp("us")
    batches = table.load().order_by(ibis.desc("large")).to_pyarrow_batches(chunk_size=1)
    assert [batch.num_rows for batch in batches] == [1, 1]
    scratch = Path(spark_connection["warehouse"]) / ".scratch"
    assert list(scratch.iterdir()) == []


ROWS, AS_OF = 600, date(2024, 3, 4)


def feed() -> pd.DataFrame:
    """A table with all that an engine may see in its own way."""
    rng = np.random.default_rng(7)
    placed = pd.Timestamp("2023-12-20") + pd.to_timedelta(
        np.sort(rng.integers(0, 80 * 86_400, ROWS)), unit="s"
    )
    late = rng.random(ROWS) < 0.3
    return pd.DataFrame(
        {
            "order": np.arange(ROWS),
            "placed": placed,
            "told": [f"{time:%Y-%m-%dT%H:%M}+02:00" for time in placed],
            "shop": rng.choice(["Köln", "Z", "a", None], ROWS),
            "amount": np.where(rng.random(ROWS) < 0.1, np.nan, rng.gamma(2.0, 30.0, ROWS)),
            "items": pd.array(
                np.where(rng.random(ROWS) < 0.1, None, rng.integers(1, 9, ROWS))
            ).astype("Int64"),
            "gift": np.where(rng.random(ROWS) < 0.5, "yes", "no"),
            "late": pd.array(late, dtype="boolean"),
        }
    )


def contract_of(order: str = "key", **changes: Any) -> Contract:
    """What the feed is, with columns that are computed from it."""
    columns: dict[str, Any] = {
        "order": {"type": "integer", "role": order},
        "placed": {"type": "datetime", "role": "time"},
        "told": {"type": "datetime", "role": "context"},
        "shop": {"type": "category", "missing": 1.0},
        "amount": {"type": "number", "missing": 1.0, "min": 0, "max": 5000},
        "items": {"type": "integer", "missing": 1.0},
        "gift": {"type": "boolean"},
        "per_item": {"type": "number", "missing": 1.0, "from": "amount / items"},
        "shop_orders": {
            "type": "integer",
            "missing": 1.0,
            "aggregate": {"function": "count", "by": ["shop"], "within": "3h"},
        },
        "shop_rate": {
            "type": "number",
            "missing": 1.0,
            "aggregate": {"function": "mean", "by": ["shop"], "window": "28d", "smoothing": 5},
        },
        "since_last": {
            "type": "number",
            "missing": 1.0,
            "aggregate": {"function": "days_since_last", "by": ["shop"]},
        },
        "late": {"type": "boolean", "role": "target", "missing": 1.0},
    }
    return Contract.model_validate(
        {
            "table": "features",
            "title": "Orders",
            "key": ["order"],
            "timezone": "Europe/Berlin",
            "columns": {
                name: {"title": name, "role": "feature", **column}
                for name, column in columns.items()
            },
            **changes,
        }
    )


@pytest.fixture(scope="module")
def on_spark(spark_connection: Connection) -> ibis.Table:
    """The feed on Spark, in several files."""
    table = SparkTable(table_name="feed", connection=spark_connection, week_of="placed")
    table.save(feed())
    return table.load()


@pytest.fixture
def on_duckdb(store: Connection) -> ibis.Table:
    """The feed in a store."""
    table = StoreTable(table_name="feed", connection=store)
    table.save(feed())
    return table.load()


@pytest.mark.parametrize("has_key", [True, False])
def test_features_are_the_same_to_the_last_bit(
    has_key: bool,
    on_spark: ibis.Table,
    on_duckdb: ibis.Table,
    spark_connection: Connection,
    store: Connection,
) -> None:
    """With aggregates, derived columns, text that is times or truths, and keys that are made."""
    given = contract_of() if has_key else contract_of(key=[], order="context")
    contract, window = with_feed({FEATURES: given})[FEATURES], Window(as_of=AS_OF)
    made = []
    for table, features in (
        (on_duckdb, StoreTable(table_name="features", connection=store)),
        (
            on_spark,
            SparkTable(table_name="features", connection=spark_connection, week_of="placed"),
        ),
    ):
        features.save(build_features(clean_feed(table, contract), contract, window))
        rows = features.load().order_by(*contract.key)
        drawn, sample = sampled(rows, contract, most=300)
        names = drawn.select(*contract.key).order_by(*contract.key).to_pyarrow()
        made.append((rows.to_pyarrow(), table_hash(rows), sample, names))

    assert made[0] == made[1]
    assert made[0][0].num_rows > ROWS / 2


SELECT = """
WITH shops AS (
  SELECT shop, count(*) FILTER (placed < :as_of) AS past, avg(items) AS mean_items
  FROM feed GROUP BY shop
)
SELECT feed."order", date_trunc('month', placed) AS month, coalesce(shops.past, 0) AS past,
  mean_items, extract(hour FROM placed) AS hour, upper(feed.shop) || '!' AS shop
FROM feed LEFT JOIN shops USING (shop)
"""


def test_one_select_is_for_both_engines(on_spark: ibis.Table, on_duckdb: ibis.Table) -> None:
    """A features.sql is written in DuckDB's words, and Spark is told in its own."""
    query = parse_features(SELECT, "features.sql", {"feed"})
    made = [
        query.over({"feed": table}, AS_OF).order_by("order").to_pyarrow().to_pandas()
        for table in (on_duckdb, on_spark)
    ]

    pd.testing.assert_frame_equal(*made, check_dtype=False, rtol=0, atol=1e-9)


BAD = {
    "amounts out of bounds": {"amount": lambda rows: rows["amount"].where(rows.index != 7, 9999.0)},
    "a key that is there twice": {"order": lambda rows: rows["order"].where(rows.index != 3, 4)},
    "rows without a shop": {"shop": lambda rows: rows["shop"].where(rows.index % 50 != 9)},
}


@pytest.mark.parametrize("piece_rows", [100, 10**6])
@pytest.mark.parametrize("fault", [None, *BAD])
def test_the_gate_says_the_same(
    fault: str | None, piece_rows: int, spark_connection: Connection, store: Connection
) -> None:
    """Verdict, words, figures and rows, of a table that is looked at whole or in pieces."""
    rows = feed().drop(columns=["told"]).fillna({"shop": "a"})
    rows = rows.assign(**BAD[fault]) if fault else rows
    contract = gate_contract()
    said = []
    for table in (
        StoreTable(table_name="gate", connection=store),
        SparkTable(table_name="gate", connection=spark_connection, week_of="placed"),
    ):
        table.save(rows)
        large = len(rows) > piece_rows
        if large:
            suite = build_suite(contract)
            check = validate_large(table.load(), contract, suite, AS_OF, piece_rows=piece_rows)
            result, taken = check.result, check.offending
        else:
            taken = in_key_order(table.load(), contract)
            result = validate(taken, contract, as_of=AS_OF)
        orders = sorted(taken["order"].iloc[list(result.quarantined)].tolist())
        said.append((_words(result), orders))

    assert said[0] == said[1]
    assert (said[0][0]["status"] == "ok") == (fault is None)


def gate_contract(without: str | None = None) -> Contract:
    """What the gate is asked of the orders, or of some of their columns."""
    column = {"role": "feature", "missing": 1.0}
    columns: dict[str, Any] = {
        "order": {"type": "integer", "role": "key"},
        "placed": {"type": "datetime", "role": "time"},
        "shop": {**column, "type": "category", "missing": 0, "severity": "quarantine"},
        "amount": {**column, "type": "number", "min": 0, "max": 5000, "severity": "quarantine"},
        "items": {**column, "type": "integer", "min": 1},
        "gift": {**column, "type": "category", "values": {"yes": "Yes", "no": "No"}},
        "late": {"type": "boolean", "role": "target", "missing": 1.0},
    }
    return Contract.model_validate(
        {
            "table": "gate",
            "title": "Orders",
            "key": ["order"],
            "duplicates": "quarantine",
            "quarantine_limit": 0.1,
            "freshness": "warn",
            "volume": "warn",
            "columns": {
                name: {"title": name, **said} for name, said in columns.items() if name != without
            },
        }
    )


def _words(result: GateResult) -> dict[str, Any]:
    """What is said, but for the time that it took and the numbers of rows."""
    said = result.model_dump_json(exclude={"seconds", "evidence", "quarantined"})
    words: dict[str, Any] = json.loads(re.sub(r"row \d+ \(", "(", said))
    return words


def test_workers_are_asked_before_pieces_are_read(
    on_spark: ibis.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large table of which every row holds is not brought to this process."""
    contract = gate_contract(without="shop")
    table = on_spark.drop("told", "shop")

    def read(*_: Any) -> Any:
        raise AssertionError("a piece was read")

    monkeypatch.setattr(large_table, "frames_of", read)
    check = validate_large(table, contract, build_suite(contract), AS_OF, piece_rows=100)

    assert check.result.status == "ok"
    # What was found good is not looked at again.
    again = validate_large(table, contract, build_suite(contract), AS_OF, check.checked)
    assert again.result.looked_at == 0


def test_workers_predict(spark_connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers in the same order as this process gives, which predicts nothing then."""
    champion = CurrentChampion(champion=Champion("3", trains.predictor(30)))
    as_of = trains.train_end(30)
    window = Window(as_of=as_of)
    verdict = not_retrained(as_of, TaskName.BINARY, "3", "Nothing has changed.")
    table = SparkTable(table_name="trains", connection=spark_connection, week_of="departure")
    table.save(trains.trains(40))
    here = ibis.memtable(trains.trains(40))
    expected = predict_upcoming(here, trains.CONTRACT, champion, verdict, window)

    def predict(*_: Any) -> Any:
        raise AssertionError("predicted here")

    monkeypatch.setattr(Predictor, "predict", predict)
    found = predict_upcoming(table.load(), trains.CONTRACT, champion, verdict, window)

    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-9, check_dtype=False)
    assert len(found) == 7 * 30
