from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import runs
import stores
from weekwise.errors import StoreError
from weekwise.hooks.mlflow_database import prepare
from weekwise.paths import DataFolder

# Makes the database once, and keeps MLflow imported for the processes that are forked.
pytestmark = pytest.mark.usefixtures("template")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete database with nothing in it."""
    runs.import_heavy()
    database = tmp_path_factory.mktemp("template") / "mlflow.db"
    stores.make_empty(database)
    return database


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    """An environment's data folder, which is not there yet."""
    return DataFolder(tmp_path / "data")


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """What a query of a database gives."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def change(database: Path, statement: str) -> None:
    """Change a database."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement)


def schema(database: Path) -> list[tuple[object, ...]]:
    """The names of all tables and the version of the schema."""
    tables = rows(database, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return tables + rows(database, "SELECT version_num FROM alembic_version")


def prepared_and_killed(data: DataFolder, statements: int) -> bool:
    """Make the database in a process that is killed before one of its SQL statements.

    Returns:
        Whether it came so far.
    """

    def target() -> None:
        import sqlalchemy

        passed = iter(range(statements))

        @sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
        def kill(*_: object) -> None:
            if next(passed, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        prepare(data)
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=target)
    process.start()
    process.join(60)
    return process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("statements", [1, 40, 200, 500])
def test_a_first_run_killed_while_the_database_is_made_is_finished_by_the_next(
    data: DataFolder, template: Path, statements: int
) -> None:
    """Wherever it is killed, nothing half-made is in place, and the next process makes it whole."""
    assert prepared_and_killed(data, statements)
    assert not data.mlflow_database.exists()

    prepare(data)

    assert schema(data.mlflow_database) == schema(template)
    assert [path.name for path in data.mlflow.glob("*.db*")] == ["mlflow.db"]


def test_two_first_runs_at_once_make_one_database(data: DataFolder, template: Path) -> None:
    """The second waits for the first, and finds what it made."""
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=prepare, args=(data,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0, 0]
    assert schema(data.mlflow_database) == schema(template)


def test_a_half_made_database_without_a_run_is_moved_aside(
    data: DataFolder, template: Path
) -> None:
    """What MLflow itself left when it was killed is kept under another name, and made anew."""
    stores.make_empty(data.mlflow_database)
    change(data.mlflow_database, "DROP TABLE model_versions")
    change(data.mlflow_database, "UPDATE alembic_version SET version_num = '451aebb31d03'")

    prepare(data)

    assert schema(data.mlflow_database) == schema(template)
    (aside,) = data.mlflow.glob("mlflow.db.damaged-*")
    assert "model_versions" not in str(schema(aside))


def test_a_database_with_models_is_copied_before_it_is_upgraded(data: DataFolder) -> None:
    """A failed upgrade leaves the database as it was, and a backup of it."""
    stores.make_empty(data.mlflow_database)
    change(data.mlflow_database, "INSERT INTO registered_models (name) VALUES ('late_parcels')")
    # A version whose migrations have been done already: the next one finds its table there.
    change(data.mlflow_database, "UPDATE alembic_version SET version_num = '451aebb31d03'")
    before = data.mlflow_database.read_bytes()

    with pytest.raises(StoreError, match=r"cannot be brought to .* it was left as it is"):
        prepare(data)

    assert data.mlflow_database.read_bytes() == before
    (backup,) = data.mlflow.glob("mlflow.db.before-*")
    assert rows(backup, "SELECT name FROM registered_models") == [("late_parcels",)]


def make_old(database: Path) -> None:
    """The database of an MLflow that lacks the last migration, with a model."""
    from alembic import command
    from alembic.script import ScriptDirectory
    from mlflow.store.db.utils import _get_alembic_config
    from mlflow.store.tracking.dbmodels.initial_models import Base
    from sqlalchemy import create_engine

    database.parent.mkdir(parents=True)
    config = _get_alembic_config(f"sqlite:///{database}")
    scripts = ScriptDirectory.from_config(config)
    engine = create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, str(scripts.get_revision("heads").down_revision))
    engine.dispose()
    change(database, "INSERT INTO registered_models (name) VALUES ('late_parcels')")


def test_a_database_with_models_is_upgraded(data: DataFolder, template: Path) -> None:
    """That of an older MLflow is brought to this one with all it holds, and stays as a backup."""
    make_old(data.mlflow_database)
    old = schema(data.mlflow_database)

    prepare(data)

    assert schema(data.mlflow_database) == schema(template)
    assert rows(data.mlflow_database, "SELECT name FROM registered_models") == [("late_parcels",)]
    (backup,) = data.mlflow.glob("mlflow.db.before-*")
    assert schema(backup) == old


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\0" + b"\1" * 4000]
)
def test_a_damaged_database_is_said_in_a_sentence(data: DataFolder, content: bytes) -> None:
    """It is named, left as it is, and the next step is a backup."""
    data.mlflow.mkdir(parents=True)
    data.mlflow_database.write_bytes(content)

    with pytest.raises(StoreError, match=r"is damaged \(.*; put a backup of the data folder back"):
        prepare(data)

    assert data.mlflow_database.read_bytes() == content


def test_a_folder_in_the_place_of_the_database(data: DataFolder) -> None:
    """It is named, and stays what it is."""
    data.mlflow_database.mkdir(parents=True)

    with pytest.raises(StoreError, match=r"mlflow.db is a folder, .*; move it away"):
        prepare(data)

    assert data.mlflow_database.is_dir()


def test_a_link_to_a_database_that_is_away(data: DataFolder) -> None:
    """The link is kept: the disk that it leads to may come back."""
    data.mlflow.mkdir(parents=True, exist_ok=True)
    data.mlflow_database.symlink_to("elsewhere.db")

    with pytest.raises(StoreError, match="is a link to a MLflow database that is not there"):
        prepare(data)

    assert data.mlflow_database.is_symlink()
    assert not data.mlflow_database.exists()


def test_a_linked_database_stays_linked(data: DataFolder, tmp_path: Path) -> None:
    """What is made in place of a half-made database is where the link leads to."""
    place = tmp_path / "elsewhere.db"
    sqlite3.connect(place).close()
    data.mlflow.mkdir(parents=True, exist_ok=True)
    data.mlflow_database.symlink_to(place)

    prepare(data)

    assert data.mlflow_database.is_symlink()
    assert rows(place, "SELECT version_num FROM alembic_version")
