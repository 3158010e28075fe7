from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from ibis import _
from kedro.io import DatasetError

import stores
from weekwise.datasets.store_table import StoreTable
from weekwise.errors import ConfigurationError, StoreError

SCHEMA = {"as_of": "date", "name": "string", "value": "float64"}
Connection = dict[str, Any]


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    """A store of its own for each test, closed after it."""
    with stores.duckdb_store(tmp_path / "sub/store.duckdb") as config:
        yield config


def rows(as_of: str, *names: str) -> pd.DataFrame:
    """One row a name."""
    return pd.DataFrame({"as_of": pd.to_datetime(as_of), "name": names, "value": 1.0})


def content(table: ibis.Table) -> list[tuple[str, str]]:
    """The table's dates and names, in order."""
    rows = table.order_by("as_of", "name").to_pyarrow().to_pylist()
    return [(str(row["as_of"])[:10], row["name"]) for row in rows]


def week(connection: Connection, as_of: str) -> StoreTable:
    """One week's partition of a table."""
    return StoreTable(
        table_name="t", connection=connection, partition={"as_of": as_of}, schema=SCHEMA
    )


def test_a_table_that_is_not_there_loads_empty(connection: Connection) -> None:
    """With a schema, the first run of all finds an empty table of the right types."""
    table = week(connection, "2013-07-01").load()

    assert table.schema() == ibis.schema(SCHEMA)
    assert content(table) == []


@pytest.mark.parametrize("backend", ["duckdb", "sqlite"])
def test_a_table_of_another_database_is_copied(
    backend: str, connection: Connection, tmp_path: Path
) -> None:
    """What another database computes is stored, though the store's engine cannot see it."""
    other = getattr(ibis, backend).connect(tmp_path / "other.db")
    other.create_table("given", rows("2013-07-01", "a", "b"))
    filtered = other.table("given").filter(_.name == "b")

    week(connection, "2013-07-01").save(filtered)

    assert content(week(connection, "2013-07-01").load()) == [("2013-07-01", "b")]
    other.disconnect()


def test_a_partition_is_replaced_and_the_others_stay(connection: Connection) -> None:
    """Saving a week again doubles nothing, leaves none of its old rows, and touches no other."""
    week(connection, "2013-07-01").save(rows("2013-07-01", "a", "b", "c"))
    week(connection, "2013-07-08").save(rows("2013-07-08", "x"))

    week(connection, "2013-07-01").save(rows("2013-07-01", "a", "d"))

    assert content(week(connection, "2013-07-01").load()) == [
        ("2013-07-01", "a"),
        ("2013-07-01", "d"),
        ("2013-07-08", "x"),
    ]


def test_other_weeks_are_not_written_again(connection: Connection) -> None:
    """A week that is saved again is exchanged in the table that is there."""
    dataset = week(connection, "2013-07-01")
    dataset.save(rows("2013-07-01", "a"))
    dataset.connection.raw_sql("COMMENT ON TABLE t IS 'the first'")

    week(connection, "2013-07-08").save(rows("2013-07-08", "x"))
    dataset.save(rows("2013-07-01", "b"))

    assert content(dataset.load()) == [("2013-07-01", "b"), ("2013-07-08", "x")]
    comment = dataset.connection.raw_sql(
        "SELECT comment FROM duckdb_tables() WHERE table_name = 't'"
    )
    assert comment.fetchone() == ("the first",)


def test_a_week_may_be_made_from_its_own_table(connection: Connection) -> None:
    """Rows that are computed from the table they replace are there before it is touched."""
    dataset = week(connection, "2013-07-01")
    dataset.save(rows("2013-07-01", "a", "b"))

    dataset.save(dataset.load().filter(_.name == "b"))

    assert content(dataset.load()) == [("2013-07-01", "b")]


def test_a_failed_exchange_leaves_the_week_as_it_was(connection: Connection) -> None:
    """The old rows come back if the new ones cannot be computed."""
    dataset = week(connection, "2013-07-01")
    dataset.save(rows("2013-07-01", "a"))
    dataset.connection.create_table("other", rows("2013-07-01", "z"))
    other = dataset.connection.table("other")

    with pytest.raises(DatasetError):
        dataset.save(other.mutate(value=_.name.cast("float64")))

    assert content(dataset.load()) == [("2013-07-01", "a")]


def test_an_empty_save_empties_its_partition(connection: Connection) -> None:
    """A week that has no rows any more loses those it had."""
    week(connection, "2013-07-01").save(rows("2013-07-01", "a"))

    week(connection, "2013-07-01").save(pd.DataFrame(columns=list(SCHEMA), dtype="float64"))

    assert content(week(connection, "2013-07-01").load()) == []


def test_columns_may_change_between_weeks(connection: Connection) -> None:
    """A new column is added, one that is gone stays for the weeks that had it, types widen."""

    def save(as_of: str, **values: Any) -> None:
        frame = pd.DataFrame({"as_of": pd.to_datetime(as_of), **values}, index=[0])
        StoreTable(table_name="t", connection=connection, partition={"as_of": as_of}).save(frame)

    save("2013-07-01", number=1, amount=2, gone="x")
    save("2013-07-08", number="A-1", amount=2.5, shop="Berlin")

    table = StoreTable(table_name="t", connection=connection).load().order_by("as_of")
    assert table.drop("as_of").to_pyarrow().to_pylist() == [
        {"number": "1", "amount": 2.0, "gone": "x", "shop": None},
        {"number": "A-1", "amount": 2.5, "gone": None, "shop": "Berlin"},
    ]


def test_a_failed_save_leaves_the_table_as_it_was(connection: Connection) -> None:
    """An error while the rows are computed rolls everything back, temporary tables included."""
    dataset = StoreTable(table_name="t", connection=connection)
    dataset.save(rows("2013-07-01", "a"))
    broken = dataset.load().mutate(value=_.name.cast("float64"))

    with pytest.raises(DatasetError):
        dataset.save(broken)

    assert content(dataset.load()) == [("2013-07-01", "a")]
    tables = dataset.connection.list_tables()
    assert [name for name in tables if "memtable" not in name] == ["t"]


def test_a_table_can_be_made_from_itself(connection: Connection) -> None:
    """What is saved may be computed from the table it replaces."""
    dataset = StoreTable(table_name="t", connection=connection)
    dataset.save(rows("2013-07-01", "a", "b"))

    dataset.save(dataset.load().filter(_.name == "b"))

    assert content(dataset.load()) == [("2013-07-01", "b")]


def test_a_store_in_use_says_so(connection: Connection) -> None:
    """While another process holds the store, the error says what to do."""
    Path(connection["database"]).parent.mkdir()
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, connection["database"]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"

        with pytest.raises(DatasetError) as caught:
            StoreTable(table_name="t", connection=connection).load()

        other.communicate("\n")
    assert isinstance(caught.value.__cause__, StoreError)
    assert f"in use by process {other.pid};" in str(caught.value.__cause__)


def test_threads_read_and_write_at_once(connection: Connection) -> None:
    """Many threads save, load and join tables of one store, as under Kedro's ThreadRunner."""
    StoreTable(table_name="shared", connection=connection).save(rows("2013-07-01", "a", "b"))

    def save_and_join(number: int) -> int:
        own = StoreTable(table_name=f"own_{number}", connection=connection)
        own.save(rows("2013-07-01", "b", "c"))
        shared = StoreTable(table_name="shared", connection=connection).load()
        return int(shared.inner_join(own.load(), "name").count().execute())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(save_and_join, range(32))) == [1] * 32


def test_threads_that_begin_at_once_share_one_connection(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction begins and ends on one connection, even if every thread asks for the first."""
    connect = StoreTable._connect

    def slowly(table: StoreTable) -> object:
        time.sleep(0.05)
        return connect(table)

    monkeypatch.setattr(StoreTable, "_connect", slowly)

    def own_connection(number: int) -> int:
        return id(StoreTable(table_name=f"t{number}", connection=connection).connection)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(own_connection, range(8)))) == 1


def test_a_table_of_another_version_says_what_to_do(connection: Connection) -> None:
    """A table that lacks a column of its schema is named, with the column and the way out."""
    StoreTable(table_name="t", connection=connection).save(rows("2013-07-01", "a"))
    newer = StoreTable(
        table_name="t", connection=connection, schema={"name": "string", "loss": "float64"}
    )

    with pytest.raises(DatasetError) as caught:
        newer.load()

    assert isinstance(caught.value.__cause__, StoreError)
    assert "has no column loss; move the data folder away" in str(caught.value.__cause__)


def test_every_thread_reads_instants_in_utc(connection: Connection) -> None:
    """What Ibis sets on its connection holds in a thread's own cursor too."""
    table = StoreTable(table_name="t", connection=connection)
    table.save(rows("2013-07-01", "a"))

    def settings() -> set[str]:
        asked = "SELECT value FROM duckdb_settings() WHERE name IN ('TimeZone', {})"
        answer = table.connection.raw_sql(asked.format("'python_enable_replacements'"))
        return {value for (value,) in answer.fetchall()}

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(settings).result() == settings() == {"UTC", "false"}


@pytest.mark.parametrize("content", [b"", b"noise" * 5000])
def test_a_damaged_store_is_left_as_it_is(
    connection: Connection, tmp_path: Path, content: bytes
) -> None:
    """A store that was emptied or overwritten is named with the way back, and not replaced."""
    store = tmp_path / "sub" / "store.duckdb"
    store.parent.mkdir()
    store.write_bytes(content)

    with pytest.raises(DatasetError, match=r"store.duckdb is damaged \(.*put a backup"):
        week(connection, "2013-07-01").save(rows("2013-07-01", "a"))

    assert store.read_bytes() == content


def test_what_a_deleted_store_left_is_moved_aside(connection: Connection, tmp_path: Path) -> None:
    """A new store does not read the log of one that was deleted."""
    log = tmp_path / "sub" / "store.duckdb.wal"
    log.parent.mkdir()
    log.write_bytes(b"of another store")

    week(connection, "2013-07-01").save(rows("2013-07-01", "a"))

    assert content(week(connection, "2013-07-01").load()) == [("2013-07-01", "a")]
    (aside,) = log.parent.glob("*.damaged-*")
    assert aside.read_bytes() == b"of another store"


def test_a_table_that_is_not_sparks_says_so() -> None:
    """An entry that does not follow the engine would leave its rows where nobody looks."""
    connection = {"backend": "weekwise_spark", "warehouse": "w"}

    with pytest.raises(ConfigurationError, match=r"type: \$\{_table\}, or connection"):
        StoreTable(table_name="t", connection=connection)
