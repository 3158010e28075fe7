from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

from weekwise.errors import FeedError
from weekwise.infer import databases
from weekwise.infer.source import opened

ROWS = pd.DataFrame({"id": [1, 2], "label": ["a", None]})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a DuckDB and an SQLite file, each with two tables."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.from_df(ROWS).create("orders")
        connection.execute("CREATE TABLE parcels (id INTEGER)")
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as lite:
        ROWS.to_sql("orders", lite, index=False)
        lite.execute("CREATE TABLE parcels (id INTEGER)")
        lite.commit()
    return tmp_path


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
@pytest.mark.parametrize("written", ["{kind}:///{path}?table=orders", "{path}"])
def test_a_table_is_read_by_address_or_by_file(files: Path, kind: str, written: str) -> None:
    """A database is its address or its file; the table stands in the address or apart."""
    path = files / f"shop.{kind}"
    source = written.format(kind=kind, path=path)
    with opened(source, files, table=None if "?" in source else "orders") as table:
        assert sorted(table.rows.fetchall()) == [(1, "a"), (2, None)]
    assert table.entry["table_name"] == "orders"


def test_a_short_address_of_a_file(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`duckdb://shop.duckdb` is the file of that name."""
    monkeypatch.chdir(files)
    with opened("duckdb://shop.duckdb?table=orders", files) as table:
        assert table.entry["filepath"] == "shop.duckdb"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("shop.duckdb", "has several tables; choose one with --table: orders, parcels"),
        ("shop.duckdb?table=order", "did you mean orders?"),
        ("duckdb://absent.duckdb", "there is no file"),
        ("sqlite:///absent.sqlite", "there is no file"),
        ("oracle://host/shop", "oracle:// is no database that is read"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    files: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: str
) -> None:
    """Which table, which file, which database: each with the remedy."""
    monkeypatch.chdir(files)
    address = source if "://" in source else f"duckdb://{source}"
    with pytest.raises(FeedError) as error, opened(address, files):
        pass
    assert words in str(error.value)


def test_no_message_tells_a_password(tmp_path: Path) -> None:
    """A server that does not answer is told without what was to be kept secret."""
    with (
        pytest.raises(FeedError) as error,
        opened("postgresql://me:hush@127.0.0.1:9/shop?table=orders", tmp_path),
    ):
        pass
    assert "postgresql://me@127.0.0.1:9/shop cannot be read" in str(error.value)
    assert "hush" not in str(error.value)


def test_a_frame_of_mixed_values_becomes_text() -> None:
    """A workbook's column may hold anything; an empty one has a type all the same."""
    table = databases.as_arrow(pd.DataFrame({"a": [1, "x", None], "b": [None] * 3, "c": [1, 2, 3]}))

    assert table.column("a").to_pylist() == ["1", "x", None]
    assert table.schema.field("b").type == pa.string()
    assert table.schema.field("c").type == pa.int64()


def test_columns_that_the_store_takes_for_one_are_refused() -> None:
    """DuckDB knows no capital letters in names."""
    with pytest.raises(FeedError, match="columns a and A differ in capital letters alone"):
        databases.as_arrow(pd.DataFrame({"a": [1], "A": [2]}))
