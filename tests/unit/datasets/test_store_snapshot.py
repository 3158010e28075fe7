from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import ibis
import pytest
from kedro.io import DataCatalog, DatasetError

from weekwise.datasets import store_snapshot
from weekwise.datasets.store_snapshot import copy_store, read_beside_a_run, use_snapshot
from weekwise.errors import StoreError

HOLD = """
import duckdb, sys
store = duckdb.connect(sys.argv[1])
store.execute("CREATE TABLE IF NOT EXISTS weeks AS SELECT 7 AS week")
print("held", flush=True)
sys.stdin.read()
"""
WRITE = """
import duckdb, sys
store = duckdb.connect(sys.argv[1])
store.execute("CREATE TABLE one (n INT, text VARCHAR); CREATE TABLE two (n INT, text VARCHAR)")
print("held", flush=True)
number = 0
while True:
    number += 1
    store.execute("BEGIN")
    for table in ("one", "two"):
        rows = f"SELECT range, repeat('x', 50) FROM range({number % 500})"
        store.execute(f"INSERT INTO {table} {rows}")
    store.execute("COMMIT")
    if number % 3 == 0:
        store.execute("CHECKPOINT")
    if number % 7 == 0:
        store.execute("BEGIN; DELETE FROM one; DELETE FROM two; COMMIT")
"""


@contextmanager
def process(code: str, store: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the store, until the block ends."""
    running = subprocess.Popen(
        [sys.executable, "-c", code, str(store)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        assert running.stdout.readline() == "held\n"
        yield running
    finally:
        running.kill()
        running.communicate()


def catalog_of(store: Path) -> DataCatalog:
    """A catalog with two tables of a store, a file read by its engine, and one in memory."""
    connection = {"backend": "duckdb", "database": str(store)}
    table = "weekwise.datasets.store_table.StoreTable"
    lines = store.with_name("lines.csv")
    lines.write_text("a\n1\n2\n", "utf-8")
    return DataCatalog.from_config(
        {
            "weeks": {"type": table, "table_name": "weeks", "connection": connection},
            "made": {"type": table, "table_name": "made", "connection": connection},
            "lines": {
                "type": "ibis.FileDataset",
                "filepath": str(lines),
                "file_format": "csv",
                "connection": connection,
            },
            "memory": {"type": "MemoryDataset", "data": 1},
        }
    )


def test_a_store_that_a_run_holds_is_read_beside_it(tmp_path: Path) -> None:
    """Tables and files are read from a copy, which cannot be written; the store is as it was."""
    store = tmp_path / "weekwise.duckdb"
    with process(HOLD, store) as holder:
        catalog = catalog_of(store)
        held = read_beside_a_run(catalog)
        before = store.read_bytes()

        assert held == f"the store {store} is in use by process {holder.pid}"
        assert catalog.load("weeks").execute()["week"].tolist() == [7]
        assert catalog.load("lines").count().execute() == 2
        with pytest.raises(DatasetError, match="read-only"):
            catalog.save("made", ibis.memtable({"a": [1]}))
        assert store.read_bytes() == before
        assert holder.poll() is None


def test_a_store_that_nobody_holds_is_read_itself(tmp_path: Path) -> None:
    """No copy is made then."""
    store = tmp_path / "weekwise.duckdb"
    catalog = catalog_of(store)
    catalog.save("weeks", ibis.memtable({"week": [8]}))

    assert read_beside_a_run(catalog) is None
    catalog.save("made", ibis.memtable({"a": [1]}))
    assert catalog.load("made").count().execute() == 1


def test_a_snapshot_does_not_see_what_comes_later(tmp_path: Path) -> None:
    """A notebook reads one moment, and holds no lock: another process may write meanwhile."""
    store = tmp_path / "weekwise.duckdb"
    with duckdb.connect(str(store)) as first:
        first.execute("CREATE TABLE weeks AS SELECT 1 AS week")
    catalog = catalog_of(store)

    (copy,) = use_snapshot(catalog)

    assert catalog.load("weeks").count().execute() == 1
    code = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('INSERT INTO weeks VALUES (2)')"
    subprocess.run([sys.executable, "-c", code, str(store)], check=True, timeout=60)
    assert catalog.load("weeks").count().execute() == 1
    assert copy.parent != store.parent
    assert use_snapshot(catalog) == []


def test_every_copy_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process writes and moves its log into the file, each copy is of one moment."""
    monkeypatch.setattr(store_snapshot, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(store_snapshot, "ATTEMPTS", 10_000)
    store = tmp_path / "weekwise.duckdb"
    sizes = set()
    with process(WRITE, store):
        for number in range(15):
            folder = tmp_path / str(number)
            folder.mkdir()
            with duckdb.connect(str(copy_store(store, folder)), read_only=True) as copy:
                one, two = (
                    copy.execute(
                        f"SELECT count(*), sum(n), sum(length(text)) FROM {name}"
                    ).fetchone()
                    for name in ("one", "two")
                )
            assert one == two
            sizes.add(one)
    assert len(sizes) > 1


@pytest.mark.parametrize("content", [b"longer than before", b"after!"])
def test_a_store_that_changes_while_it_is_copied(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is copied again, even if its size and its time are those of before."""
    store, folder = tmp_path / "weekwise.duckdb", tmp_path / "copy"
    store.write_bytes(b"before")
    folder.mkdir()
    time = store.stat().st_mtime_ns
    copies = []

    def copied_and_changed(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes())
        copies.append(target)
        if len(copies) == 1:
            source.write_bytes(content)
            os.utime(source, ns=(time, time))

    monkeypatch.setattr(store_snapshot.shutil, "copyfile", copied_and_changed)

    assert copy_store(store, folder).read_bytes() == content
    assert len(copies) == 2


def test_a_store_that_never_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After many attempts it is said, and no torn copy is given."""
    store = tmp_path / "weekwise.duckdb"
    store.write_bytes(b"1")
    states = iter(range(10_000))
    monkeypatch.setattr(store_snapshot, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(store_snapshot, "_state", lambda _: (next(states), 0, 0))
    (tmp_path / "weekwise.duckdb.wal").write_bytes(b"")
    (tmp_path / "copy").mkdir()

    with pytest.raises(StoreError, match="written to all the time"):
        copy_store(store, tmp_path / "copy")
