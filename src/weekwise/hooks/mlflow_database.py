"""The embedded MLflow database, which is complete or absent.

MLflow's migrations are no transaction on SQLite: a process that is killed among them leaves a
database that never opens again, and so do two that migrate at once. Here they are done under a lock
on a hidden file, which is then renamed into place.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from weekwise.errors import StoreError
from weekwise.files import moved_aside
from weekwise.paths import DataFolder
from weekwise.system_errors import RESTORE

SIDE_FILES = ("-journal", "-wal", "-shm")
"""What SQLite keeps beside a database, by the end of the name."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Contents:
    """What a database holds.

    Attributes:
        revision: The version of its tables; None if no migration was ever finished.
        has_records: Whether it holds a run or a registered model.
    """

    revision: str | None
    has_records: bool


def prepare(data: DataFolder) -> None:
    """Make the embedded MLflow database, or bring it to the version of MLflow that is installed.

    A database that holds runs is copied before it is upgraded. One that holds none and whose
    making was cut short is moved aside.

    Args:
        data: The environment's data folder.

    Raises:
        StoreError: If the database is damaged, or cannot be upgraded.
    """
    database = data.mlflow_database
    with _one_at_a_time(data.mlflow_lock):
        if database.is_symlink():
            # What is exchanged below is the database, never the link to it.
            database = _linked(database)
        if database.exists():
            if not database.is_file():
                raise StoreError(
                    f"{database} is a folder, where the MLflow database should be; move it away, "
                    "and run again"
                )
            contents = _read(database)
            newest = _newest_revision()
            if contents.revision == newest:
                return
            if contents.has_records:
                _upgrade(database, contents.revision, newest)
                return
            aside = moved_aside(database, *_side_files(database))
            logger.warning("%s was half made and empty; it is at %s now", database, aside)
        _make(database)


def _linked(link: Path) -> Path:
    """The database that a link leads to.

    Raises:
        StoreError: If there is none: a disk may be missing, and its models are not given up.
    """
    if not link.exists():
        raise StoreError(
            f"{link} is a link to a MLflow database that is not there; bring that back, or remove "
            "the link to begin a new one"
        )
    return link.resolve()


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read(database: Path) -> Contents:
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as link:
            tables = {name for (name,) in link.execute("SELECT name FROM sqlite_master")}
            revision = None
            if "alembic_version" in tables:
                row = link.execute("SELECT version_num FROM alembic_version").fetchone()
                revision = str(row[0]) if row else None
            has_records = any(
                link.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608 - fixed names
                for table in ("runs", "registered_models")
                if table in tables
            )
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"the MLflow database {database} cannot be opened: {error}; check its permissions and "
            "that no other program holds it, and run again"
        ) from None
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"the MLflow database {database} is damaged ({error}); {RESTORE}"
        ) from None
    return Contents(revision, has_records)


def _newest_revision() -> str:
    from alembic.script import ScriptDirectory

    return str(ScriptDirectory(str(_migrations())).get_current_head())


def _make(database: Path) -> None:
    hidden = _hidden(database)
    _migrate(hidden, new=True)
    hidden.replace(database)


def _upgrade(database: Path, revision: str | None, newest: str) -> None:
    """Upgrade a copy, keep the former database as a backup, and put the copy in its place."""
    backup = database.with_name(f"{database.name}.before-{newest}")
    hidden = _hidden(database)
    if not backup.exists():
        _copy(database, hidden)
        hidden.replace(backup)
    _copy(database, hidden)
    try:
        _migrate(hidden, new=False)
    except Exception as error:
        hidden.unlink(missing_ok=True)
        raise StoreError(
            f"the MLflow database {database} is of version {revision} and cannot be brought to "
            f"{newest}: {str(error).splitlines()[0]}; it was left as it is. Install the MLflow "
            "that made it, or put a backup of the data folder back"
        ) from error
    hidden.replace(database)
    logger.info("%s is of version %s now; the former one is %s", database, newest, backup)


def _copy(database: Path, target: Path) -> None:
    """A copy that is whole even while another process writes to the database."""
    for stale in (target, *_side_files(target)):
        stale.unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)


def _migrations() -> Path:
    """The folder of MLflow's migrations."""
    import mlflow.store.db_migrations

    return Path(mlflow.store.db_migrations.__file__).parent


def _migrate(database: Path, *, new: bool) -> None:
    # MLflow 3.17 makes its tables with functions of private names, pinned by this module's tests.
    utils: Any = import_module("mlflow.store.db.utils")
    migrate = utils._initialize_tables if new else utils._upgrade_db  # noqa: SLF001
    engine = utils.create_sqlalchemy_engine_with_retry(f"sqlite:///{database.absolute()}")
    try:
        migrate(engine)
    finally:
        engine.dispose()


def _hidden(database: Path) -> Path:
    """The file to work on; what a killed process left there is of no use to anybody."""
    hidden = database.with_name(f".{database.name}.new")
    for stale in (hidden, *_side_files(hidden)):
        stale.unlink(missing_ok=True)
    return hidden


def _side_files(database: Path) -> list[Path]:
    return [database.with_name(database.name + ending) for ending in SIDE_FILES]
