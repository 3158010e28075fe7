from __future__ import annotations

import errno
import os
import re
import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import httpx
import ibis
import psycopg
import pytest
from kedro.io import DataCatalog, DatasetError
from mlflow.exceptions import INTERNAL_ERROR, MlflowException

from weekwise.errors import ConfigurationError, ContractError, StoreError
from weekwise.system_errors import explained, signal_behind


def raised_by(cause: Exception) -> Exception:
    """An error as libraries raise it, around its cause."""
    wrapped = RuntimeError("Failed while saving data to dataset")
    wrapped.__cause__ = cause
    return wrapped


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "data/x.json"),
            "data/x.json: No space left on device; make room on the disk, and run again",
        ),
        (
            sqlite3.OperationalError("database or disk is full\n[SQL: INSERT INTO runs"),
            "database or disk is full; make room on the disk, and run again",
        ),
        (
            duckdb.IOException("x.duckdb: No space left on device\n\nLINE 1"),
            "x.duckdb: No space left on device; make room on the disk, and run again",
        ),
        (
            OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
            "Too many open files; raise the limit of open files (ulimit -n), and run again",
        ),
        (
            duckdb.IOException("x: Is a directory"),
            "x: Is a directory; a folder is where a file should be: move it away, and run again",
        ),
        (
            PermissionError(errno.EACCES, os.strerror(errno.EACCES), "d"),
            "d: Permission denied; give this user the right to read and write there, and run again",
        ),
        (
            IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), "d"),
            "d: Is a directory; a folder is where a file should be: move it away, and run again",
        ),
        (
            NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), "d/x"),
            "d/x: Not a directory; a file is where a folder should be: move it away, and run again",
        ),
        (
            OSError(errno.ELOOP, os.strerror(errno.ELOOP), "d"),
            f"d: {os.strerror(errno.ELOOP)}; the link leads to itself: remove it, and run again",
        ),
    ],
)
def test_what_a_disk_says(cause: Exception, message: str) -> None:
    """It is one sentence with a next step, however deep the error is wrapped."""
    assert str(explained(raised_by(cause))) == message


def test_a_store_that_another_program_has_changed(tmp_path: Path) -> None:
    """A table that was dropped, or whose name is a view's, is named with a next step."""
    store = ibis.duckdb.connect(tmp_path / "store.duckdb")
    store.raw_sql("CREATE VIEW features AS SELECT 1 AS x")

    with pytest.raises(ibis.common.exceptions.TableNotFound) as absent:
        store.table("rows")
    with pytest.raises(duckdb.CatalogException) as foreign:
        store.raw_sql("DROP TABLE features")

    dropped, view = (explained(raised_by(each.value)) for each in (absent, foreign))
    assert str(dropped).startswith("the store has no table rows; make it with the pipeline")
    assert "features" in str(view)
    assert "another program has changed the store: drop what it has made" in str(view)


def test_a_driver_that_is_not_installed() -> None:
    """A database's driver is named; any other module that is missing is a defect."""
    driver = explained(raised_by(ModuleNotFoundError("No module", name="psycopg2")))

    assert str(driver).startswith("MLflow's database needs the Python package psycopg2; install it")
    assert explained(raised_by(ModuleNotFoundError("No module", name="weekwise.x"))) is None


def test_an_error_of_weekwise_comes_first() -> None:
    """What Weekwise says of a fault is kept, whatever caused it."""
    said = ContractError("contract orders.yml cannot be read; fix it")
    said.__cause__ = OSError(errno.EACCES, "Permission denied")

    assert explained(raised_by(said)) is said


def test_a_defect_stays_a_defect() -> None:
    """An error that no user can fix keeps its traceback."""
    assert explained(raised_by(KeyError("column"))) is None
    assert explained(FileNotFoundError(errno.ENOENT, "no such file", "x")) is None


def test_a_file_of_the_catalog_that_is_not_there() -> None:
    """Its dataset and its path are named, however a missing file is seen elsewhere."""
    absent = FileNotFoundError(errno.ENOENT, "No such file or directory", "feed/orders.csv")
    loading = DatasetError("orders: Failed while loading data from dataset CSVDataset(...)")
    loading.__cause__ = absent

    assert str(explained(loading)) == (
        "orders: there is no file feed/orders.csv; put it there, make it with the pipeline that "
        "writes it, or fix its entry in catalog.yml"
    )
    assert explained(absent) is None


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    """A CSV file that ends in the middle of a line is named, without DuckDB's own page."""
    file = tmp_path / "orders.csv"
    file.write_text("a,b,c\n" + "1,x,2\n" * 3000 + '77,"abc', "utf-8")

    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as caught:
        connection.sql(f"SELECT * FROM read_csv('{file}')").fetchall()

    message = str(explained(caught.value))
    assert str(file) in message
    assert "is the file cut off" in message
    assert "\n" not in message


def test_a_damaged_store_is_a_store_error(tmp_path: Path) -> None:
    """What DuckDB cannot open is damaged, and a backup is the next step."""
    (tmp_path / "x.duckdb").write_bytes(b"noise" * 5000)

    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect(str(tmp_path / "x.duckdb"))

    error = explained(caught.value)
    assert isinstance(error, StoreError)
    assert "put a backup of the data folder back" in str(error)


def test_a_signal_is_found_behind_what_libraries_make_of_it() -> None:
    """What the handler raised is among the causes, however often it was wrapped."""
    pressed = KeyboardInterrupt()
    query = RuntimeError("Query interrupted")
    query.__cause__ = pressed
    wrapped = ValueError("while loading")
    wrapped.__context__ = query

    assert signal_behind(wrapped) is pressed
    assert signal_behind(pressed) is pressed


def test_an_exit_is_no_signal() -> None:
    """An error that comes from an exit, or from nothing, comes from no signal."""
    error = ValueError("late")
    error.__context__ = SystemExit(1)

    assert signal_behind(error) is None
    assert signal_behind(ValueError("alone")) is None


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (
            MlflowException(
                "API request to http://me:secret@mlflow:5000/api/2.0/mlflow/runs failed with "
                "exception HTTPConnectionPool(host='mlflow', port=5000): Max retries exceeded"
            ),
            (
                "the MLflow server http://mlflow:5000 does not answer; start it, or fix "
                "MLFLOW_TRACKING_URI, and run again"
            ),
        ),
        (
            MlflowException(
                "(psycopg2.OperationalError) connection to server at 10.0.0.1 failed: refused",
                error_code=INTERNAL_ERROR,
            ),
            (
                "the MLflow server has failed ((psycopg2.OperationalError) connection to server at "
                "10.0.0.1 failed: refused); see to its database, and run again"
            ),
        ),
        (
            psycopg.OperationalError(
                'connection failed: connection to server at "10.0.0.1" failed'
            ),
            (
                'connection failed: connection to server at "10.0.0.1" failed; the database does '
                "not answer: start it, or fix its address in the credentials, and run again"
            ),
        ),
        (
            psycopg.OperationalError("terminating connection due to administrator command\nmore"),
            (
                "terminating connection due to administrator command; the database does not answer"
                ": start it, or fix its address in the credentials, and run again"
            ),
        ),
        (
            httpx.ConnectError("All connection attempts failed"),
            (
                "the Prefect API does not answer (All connection attempts failed); start its "
                "server, and go on with: kedro weekly run --retry"
            ),
        ),
    ],
)
def test_a_server_that_is_away(cause: Exception, message: str) -> None:
    """It is one sentence that names it, and no password."""
    assert str(explained(raised_by(cause))) == message


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"type": "pandas.NoSet", "filepath": "x"}, "dataset 'rows': .*NoSet.*; fix that entry"),
        ({"filepath": "x"}, "dataset 'rows': 'type' is missing.*; fix that entry"),
        ({"type": "json.JSONDataset", "file": "x"}, ".*unexpected .* 'file'.*; fix that entry"),
        ("word", "Catalog entry 'rows' is not a valid .*; fix that entry"),
        (
            {"type": "json.JSONDataset", "filepath": "x", "credentials": "nobody"},
            "Unable to find credentials 'nobody'; fix that entry",
        ),
    ],
)
def test_an_entry_of_the_catalog_that_is_wrong(entry: Any, message: str) -> None:
    """It is one line that names the entry, without what Kedro hints at."""
    with pytest.raises((DatasetError, KeyError)) as caught:
        DataCatalog.from_config({"rows": entry})["rows"]

    cause = explained(caught.value)
    assert isinstance(cause, ConfigurationError)
    assert re.fullmatch(f"catalog.yml: {message}", str(cause))
