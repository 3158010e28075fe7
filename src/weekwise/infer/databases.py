"""Tables of databases: DuckDB attaches its own files, pandas reads SQLite, Ibis PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from weekwise.contract.sql_engine import text_literal
from weekwise.errors import FeedError
from weekwise.wording import listed, nearest

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from sqlalchemy import URL, Engine

DUCKDB = (".duckdb", ".ddb")
SQLITE = (".sqlite", ".sqlite3", ".db")
FILES = DUCKDB + SQLITE
SCHEMES = ("postgresql", "postgres", "duckdb", "sqlite")
BATCH_ROWS = 50_000
_REMARK = (
    "The password was used and is written nowhere. Runs take it from PGPASSWORD, or from "
    "~/.pgpass: https://www.postgresql.org/docs/current/libpq-pgpass.html"
)


def is_address(source: str) -> bool:
    """Whether a source is a database, by its address or its file's name."""
    return "://" in source or Path(source).suffix.lower() in FILES


def read(
    connection: duckdb.DuckDBPyConnection, source: str, name: str, project: Path, table: str | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Make a table of a database a table of a DuckDB connection.

    Args:
        connection: Where it is to be.
        source: The database's address or file, with the table as `?table=` or apart.
        name: What it is to be called there.
        project: The project's folder: files in it are named from there.
        table: The table, if the address does not name it; may be left out where there is just one.

    Returns:
        The catalog's entry, without a password, and what a person should know.

    Raises:
        FeedError: If the database or the table cannot be read.
    """
    url = _url(source)
    named = url.query.get("table")
    if named is not None:
        table = str(named)
        url = url.difference_update_query(["table"])
    if url.drivername == "duckdb":
        return _attached(connection, str(url.database or ""), name, project, table), ()
    remarks: tuple[str, ...] = ()
    if url.password is not None:
        remarks = (_REMARK,)
    if url.get_backend_name() == "sqlite":
        return _from_sqlite(connection, url, name, project, table), remarks
    return _from_postgres(connection, url, name, table), remarks


def as_arrow(frame: pd.DataFrame) -> pa.Table:
    """A frame for DuckDB: values of a column that are of several kinds become text.

    Raises:
        FeedError: If two columns differ in capital letters alone.
    """
    import pyarrow as pa

    lower: dict[str, str] = {}
    for name in map(str, frame.columns):
        other = lower.setdefault(name.lower(), name)
        if other != name:
            raise FeedError(
                f"columns {other} and {name} differ in capital letters alone, and the store takes "
                "them for one; rename one of them in the table"
            )
    columns: dict[str, Any] = {}
    for column in frame.columns:
        try:
            columns[str(column)] = pa.Array.from_pandas(frame[column])
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            text = frame[column].map(str, na_action="ignore")
            columns[str(column)] = pa.Array.from_pandas(text, type=pa.string())
    # DuckDB has no columns without a type.
    table = pa.table(columns)
    empty = [pa.types.is_null(kind) for kind in table.schema.types]
    fields = [
        pa.field(old.name, pa.string()) if gone else old
        for old, gone in zip(table.schema, empty, strict=True)
    ]
    return table.cast(pa.schema(fields))


def _url(source: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    if "://" not in source:
        kind = "duckdb" if Path(source).suffix.lower() in DUCKDB else "sqlite"
        return make_url(f"{kind}:///{Path(source).expanduser().absolute()}")
    try:
        url = make_url(source)
    except ArgumentError:
        raise FeedError(
            "the database's address cannot be read; write scheme://user@host/database"
        ) from None
    kind = url.drivername.split("+")[0]
    if kind not in SCHEMES:
        raise FeedError(f"{kind}:// is no database that is read; use one of {', '.join(SCHEMES)}")
    if kind in ("duckdb", "sqlite") and url.host:
        # duckdb://shop.duckdb, as people write it.
        url = url.set(host=None, database="/".join(filter(None, (url.host, url.database))))
    return url.set(drivername="postgresql") if kind.startswith("postgres") else url


def _attached(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    name: str,
    project: Path,
    table: str | None,
) -> dict[str, Any]:
    path = Path(database).expanduser().absolute()
    if not path.is_file():
        raise FeedError(f"there is no file {database}; check the path")
    alias = f"{name}_database"
    try:
        connection.execute(f"ATTACH {text_literal(str(path))} AS {alias} (READ_ONLY)")
    except duckdb.Error as error:
        raise FeedError(
            f"{database} cannot be opened: {str(error).splitlines()[0]}; "
            "end the process that writes to it, or check that it is a DuckDB file"
        ) from None
    rows = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_catalog = ? "
        "AND table_schema = 'main' ORDER BY 1",
        [alias],
    ).fetchall()
    chosen = _choose(table, [row[0] for row in rows], database)
    identifier = '"' + chosen.replace('"', '""') + '"'
    connection.execute(f"CREATE VIEW {name} AS FROM {alias}.main.{identifier}")
    try:
        place = str(path.relative_to(project.absolute()))
    except ValueError:
        place = str(path)
    return {
        "type": "weekwise.datasets.attached_table.AttachedTableDataset",
        "filepath": place,
        "table_name": chosen,
        "connection": "${_store}",
    }


def _from_sqlite(
    connection: duckdb.DuckDBPyConnection, url: URL, name: str, project: Path, table: str | None
) -> dict[str, Any]:
    """Copy a table in batches into the connection's own database, which is a temporary file."""
    import pandas as pd
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import SQLAlchemyError

    path = Path(str(url.database)).expanduser().absolute()
    if not path.is_file():
        raise FeedError(f"there is no file {url.database}; check the path")
    engine: Engine = create_engine(url)
    try:
        inspector = inspect(engine)
        chosen = _choose(table, [*inspector.get_table_names(), *inspector.get_view_names()], path)
        with engine.connect() as reader:
            batches = pd.read_sql_table(
                chosen, reader, chunksize=BATCH_ROWS, dtype_backend="numpy_nullable"
            )
            _fill(connection, name, (as_arrow(batch) for batch in batches))
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", error)).splitlines()[0]
        raise FeedError(f"{path} cannot be read: {cause}; check that it is SQLite's") from None
    finally:
        engine.dispose()
    inside = path.is_relative_to(project.absolute())
    place = path.relative_to(project.absolute()) if inside else path
    return {
        "type": "pandas.SQLTableDataset",
        "table_name": chosen,
        "credentials": {"con": f"sqlite:///{place}"},
        "load_args": {"dtype_backend": "numpy_nullable"},
    }


def _from_postgres(
    connection: duckdb.DuckDBPyConnection, url: URL, name: str, table: str | None
) -> dict[str, Any]:
    """The same, of a server."""
    import ibis
    import pyarrow as pa

    shown = _without_password(url)
    place: dict[str, Any] = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "database": url.database,
    }
    place = {key: value for key, value in place.items() if value is not None}
    secret = {} if url.password is None else {"password": str(url.password)}
    try:
        server = ibis.postgres.connect(**place, **secret)
    except Exception as error:  # noqa: BLE001 - psycopg's, or Ibis's where psycopg is not installed
        cause = str(error).splitlines()[0].replace(secret.get("password") or "\0", "…")
        raise FeedError(
            f"{shown} cannot be read: {cause}; check address, user and rights"
        ) from None
    try:
        chosen = _choose(table, sorted(server.list_tables()), shown)
        rows = server.table(chosen)
        empty = rows.schema().to_pyarrow().empty_table()
        batches = rows.to_pyarrow_batches(chunk_size=BATCH_ROWS)
        _fill(connection, name, (pa.Table.from_batches([batch]) for batch in batches), empty)
    finally:
        server.disconnect()
    return {
        "type": "ibis.TableDataset",
        "table_name": chosen,
        "connection": {"backend": "postgres", **place},
    }


def _fill(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    batches: Iterable[pa.Table],
    empty: pa.Table | None = None,
) -> None:
    """Make a table of batches, or an empty one if there are none."""
    filled = False
    for batch in batches:
        part = connection.from_arrow(batch)
        part.insert_into(name) if filled else part.create(name)
        filled = True
    if not filled and empty is not None:
        connection.from_arrow(empty).create(name)


def _without_password(url: URL) -> str:
    # `URL.set(password=None)` leaves it in.
    bare = type(url).create(
        url.drivername, url.username, None, url.host, url.port, url.database, url.query
    )
    return bare.render_as_string(hide_password=False)


def _choose(table: str | None, names: list[str], place: object) -> str:
    if table is None and len(names) == 1:
        return names[0]
    if not names:
        raise FeedError(f"{place} has no tables")
    if table is None:
        raise FeedError(f"{place} has several tables; choose one with --table: {listed(names, 12)}")
    if table not in names:
        hint = nearest(table, names) or f"its tables are {listed(names, 12)}"
        raise FeedError(f"{place} has no table {table}; {hint}")
    return table
