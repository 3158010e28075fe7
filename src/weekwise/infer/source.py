"""Where a table is read from, and the catalog's entry by which every run reads the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from weekwise.contract.sql_engine import text_literal
from weekwise.errors import FeedError
from weekwise.infer import databases
from weekwise.infer.csv_options import (
    csv_options,
    files_of,
    first_file,
    sql_arguments,
)
from weekwise.infer.text_encoding import UTF_8, encoding_of, utf8_copies
from weekwise.system_errors import first_lines

MEMORY_LIMIT = "2GB"
"""What DuckDB may hold; what is larger goes to a temporary folder."""

CSV = (".csv", ".tsv", ".txt", ".tab")
EXCEL = (".xlsx", ".xlsm")
JSON = (".jsonl", ".ndjson", ".json")
PARQUET = (".parquet", ".pq")

_FIRST_ROWS = 100_000
VIEW, VIEW_TO_PREDICT = "source_rows", "source_rows_to_predict"


@dataclass(frozen=True)
class Source:
    """A table that can be queried, and how a run reads it.

    Attributes:
        rows: The table, on a DuckDB connection of its own.
        entry: Its entry in the catalog, without the name.
        remarks: What was assumed in reading it, for people.
    """

    rows: duckdb.DuckDBPyRelation
    entry: Mapping[str, Any]
    remarks: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Reading:
    """What is known of a table before it is read.

    Attributes:
        texts: Columns that are text whatever they look like: `00042` stays as it is.
        in_order: Whether rows keep the order that they have in a file.
    """

    texts: frozenset[str] = frozenset()
    in_order: bool = False


UNKNOWN = Reading()


@contextmanager
def opened(
    source: str,
    project: Path,
    *,
    table: str | None = None,
    rows_to_predict: str | None = None,
    reading: Reading = UNKNOWN,
) -> Iterator[Source]:
    """Open a file or a table of a database for queries.

    Args:
        source: A file (CSV, Parquet, JSON Lines, Excel, DuckDB, SQLite), a pattern of files, or the
            address of a database, such as `postgresql://user@host/shop?table=orders`.
        project: The project's folder: files in it are named from there.
        table: The table in a database, or the sheet in a workbook.
        rows_to_predict: A file of rows without a target that come apart from the others.
        reading: What is known of the table.

    Raises:
        FeedError: If it cannot be read.
    """
    with TemporaryDirectory(prefix="weekwise-") as folder:
        connection = duckdb.connect(str(Path(folder) / "infer.duckdb"))
        try:
            connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
            connection.execute("SET temp_directory = ?", [folder])
            connection.execute(f"SET preserve_insertion_order = {str(reading.in_order).lower()}")
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
            yield _stacked(
                connection, source, rows_to_predict, _Asked(project, table, reading.texts)
            )
        finally:
            connection.close()


@dataclass(frozen=True)
class _Asked:
    project: Path
    table: str | None
    texts: frozenset[str]


def _stacked(
    connection: duckdb.DuckDBPyConnection, source: str, rows_to_predict: str | None, asked: _Asked
) -> Source:
    """One source, or two as one."""
    first = _read(connection, source, VIEW, asked)
    if rows_to_predict is None:
        return first
    second = _read(connection, rows_to_predict, VIEW_TO_PREDICT, asked)
    strange = [name for name in second.rows.columns if name not in first.rows.columns]
    if strange:
        raise FeedError(
            f"{rows_to_predict} has columns that {source} does not have: {', '.join(strange[:5])}; "
            "rename or drop them"
        )
    both = connection.sql(f"FROM {VIEW} UNION ALL BY NAME FROM {VIEW_TO_PREDICT}")
    entry = {
        "type": "weekwise.datasets.stacked.StackedDataset",
        "datasets": {
            part: _named(read.entry, part) for part, read in (("past", first), ("upcoming", second))
        },
        "metadata": first.entry["metadata"],
    }
    return Source(both, entry, first.remarks + second.remarks)


def _named(entry: Mapping[str, Any], part: str) -> dict[str, Any]:
    """An entry whose table does not take another part's place."""
    bare = {key: value for key, value in entry.items() if key != "metadata"}
    return {**bare, "table_name": f"feed_{part}"} if bare.get("table_name") == "feed" else bare


def _read(connection: duckdb.DuckDBPyConnection, source: str, name: str, asked: _Asked) -> Source:
    if databases.is_address(source):
        entry, remarks = databases.read(connection, source, name, asked.project, asked.table)
        return Source(connection.table(name), _with_layer(entry), remarks)
    path = str(Path(source).expanduser().absolute())
    first = first_file(path)
    if not first.exists():
        raise FeedError(f"there is no file {source}; check the path")
    if first.is_dir():
        raise FeedError(f"{source} is a folder; name its files with a pattern: {source}/*.parquet")
    suffixes = [suffix.lower() for suffix in first.suffixes]
    kind = suffixes[-1] if suffixes else ""
    if kind in (".gz", ".zst") and len(suffixes) > 1:
        kind = suffixes[-2]
    place = _from_project(path, asked.project)
    try:
        entry, remarks = _read_file(connection, path, place, kind, name, asked)
        return Source(connection.table(name), _with_layer(entry), remarks)
    except duckdb.Error as error:
        raise FeedError(f"{source} cannot be read: {first_lines(error)}") from None


def _read_file(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    place: str,
    kind: str,
    name: str,
    asked: _Asked,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A view or a table of a file's rows, the catalog's entry, and remarks."""
    if kind in CSV:
        return _read_csv(connection, path, place, name, asked.texts)
    if kind in PARQUET:
        connection.execute(f"CREATE VIEW {name} AS FROM read_parquet({text_literal(path)})")
        return _file_entry(place, "parquet", {}), ()
    if kind in JSON:
        # DuckDB stores nothing of a JSON file, so the whole of it says what its columns hold.
        arguments = {"sample_size": -1}
        _copy(connection, name, "read_json", path, arguments)
        return _file_entry(place, "json", arguments), ()
    if kind in EXCEL:
        return _read_workbook(connection, path, place, name, asked.table), ()
    raise FeedError(
        f"{Path(path).name} is of no kind that is read: a file must end in one of "
        f"{', '.join((*CSV, *PARQUET, *JSON, *EXCEL, *databases.FILES))}"
    )


def _read_csv(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    place: str,
    name: str,
    texts: frozenset[str],
) -> tuple[dict[str, Any], tuple[str, ...]]:
    others = _other_encodings(path)
    if not others:
        options = csv_options(connection, path, texts)
        _copy(connection, name, "read_csv", path, {"header": True, **options.arguments})
        return _file_entry(place, "csv", dict(options.arguments)), options.remarks
    (temporary,) = connection.execute("SELECT current_setting('temp_directory')").fetchone() or ()
    folder = Path(temporary) / f"{name}-utf-8"
    folder.mkdir()
    copies = utf8_copies(files_of(path), folder)
    readable = copies[0] if len(copies) == 1 else f"{folder}/*/*"
    try:
        options = csv_options(connection, readable, texts)
    except FeedError as error:
        raise FeedError(str(error).replace(readable, path)) from None
    _copy(connection, name, "read_csv", readable, {"header": True, **options.arguments})
    entry = _file_entry(place, "csv", dict(options.arguments))
    del entry["file_format"]
    # DuckDB's alone, whatever the engine.
    entry["connection"] = "${_store}"
    entry["type"] = "weekwise.datasets.transcoded_csv.TranscodedCsvDataset"
    remark = (
        f"text was read as {' and '.join(others)}; if letters look wrong, convert the file to UTF-8"
    )
    return entry, (*options.remarks, remark)


def _other_encodings(path: str) -> list[str]:
    """The encodings of files that are not in UTF-8; files with nothing in them have none."""
    filled = [file for file in files_of(path) if file.stat().st_size]
    return sorted({encoding_of(file) for file in filled} - {UTF_8})


def _read_workbook(
    connection: duckdb.DuckDBPyConnection, path: str, place: str, name: str, sheet: str | None
) -> dict[str, Any]:
    import pandas as pd

    with pd.ExcelFile(path, engine="openpyxl") as book:
        sheets = [str(title) for title in book.sheet_names]
        if sheet is not None and sheet not in sheets:
            raise FeedError(
                f"{Path(path).name} has no sheet {sheet}; its sheets are {', '.join(sheets)}"
            )
        # As objects, or pandas would make numbers of text such as 00042.
        frame = pd.read_excel(book, sheet_name=sheet or sheets[0], dtype=object)
    if frame.empty:
        raise FeedError(f"sheet {sheet or sheets[0]} of {Path(path).name} has no rows")
    frame.columns = frame.columns.map(str)
    connection.register(f"{name}_frame", databases.as_arrow(frame))
    connection.execute(f"CREATE TABLE {name} AS FROM {name}_frame")
    entry: dict[str, Any] = {"type": "pandas.ExcelDataset", "filepath": place}
    entry["load_args"] = {"engine": "openpyxl", "sheet_name": sheet or sheets[0], "dtype": "object"}
    return entry


def _copy(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    function: str,
    path: str,
    arguments: Mapping[str, Any],
) -> None:
    """A table of a text file's rows in the temporary database, where columns are read one by one.

    The types that the first rows have are mostly those of all. Where they are not, DuckDB says so,
    and the whole file is looked at before it is read again.
    """
    looks = (dict(arguments, sample_size=_FIRST_ROWS), arguments)
    for place, told in enumerate(looks):
        try:
            rows = f"{function}({text_literal(path)}{sql_arguments(told)})"
            connection.execute(f"CREATE TABLE {name} AS FROM {rows}")
        except duckdb.Error:
            if place + 1 == len(looks):
                raise
        else:
            return


def _file_entry(place: str, file_format: str, arguments: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": "ibis.FileDataset",
        "filepath": place,
        "file_format": file_format,
        "table_name": "feed",
        "connection": "${_connection}",
    }
    return {**entry, "load_args": arguments} if arguments else entry


def _with_layer(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, "metadata": {"kedro-viz": {"layer": "raw"}}}


def _from_project(path: str, project: Path) -> str:
    """A path from the project's folder if it lies in it, so that the project can be moved."""
    try:
        return str(Path(path).relative_to(project.absolute()))
    except ValueError:
        return path
