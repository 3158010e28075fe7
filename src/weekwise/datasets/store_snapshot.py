"""A copy of the store to read beside a run, which holds the store itself."""

from __future__ import annotations

import filecmp
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from weekwise.datasets.built_weeks import BuiltWeeksDataset
from weekwise.datasets.store_table import StoreTable
from weekwise.errors import StoreError, StoreInUseError

LOG_ENDING = ".wal"
ATTEMPTS, PAUSE_SECONDS = 100, 0.1

_folders: list[TemporaryDirectory[str]] = []
"""Of copies; they are removed when this process ends."""


def read_beside_a_run(catalog: Any) -> str | None:
    """Let a catalog read a copy of the store where a run holds the store itself.

    Args:
        catalog: A Kedro catalog.

    Returns:
        Who holds the store; None if nobody does, and the store itself is read.
    """
    try:
        for dataset in _on_duckdb(catalog):
            if isinstance(dataset, StoreTable):
                dataset.open()
    except StoreInUseError as error:
        use_snapshot(catalog)
        return str(error).partition(";")[0]
    return None


def use_snapshot(catalog: Any) -> list[Path]:
    """Let all of a catalog's tables in DuckDB files be read from copies, and never be written.

    The copies are of this moment, and last as long as this process. The stores themselves are
    neither opened nor locked, so that runs go on meanwhile.

    Args:
        catalog: A Kedro catalog, such as that of a notebook.

    Returns:
        The copies.

    Raises:
        StoreError: If a store is written to all the time.
    """
    copies: dict[str, Path] = {}
    for dataset in _on_duckdb(catalog):
        settings = dataset._connection_config  # noqa: SLF001 - Kedro's datasets show it nowhere
        database = str(settings["database"])
        if settings.get("read_only") or not Path(database).is_file():
            continue
        if database not in copies:
            _folders.append(TemporaryDirectory(prefix="weekwise-store-"))
            copies[database] = copy_store(Path(database), Path(_folders[-1].name))
        copy = {**settings, "database": str(copies[database]), "read_only": True}
        dataset._connection_config = copy  # noqa: SLF001
    return list(copies.values())


def copy_store(store: Path, folder: Path) -> Path:
    """Copy a DuckDB file as it is at one moment, also while another process writes to it.

    File and log are copied together, and again if either has changed meanwhile. A copy is then
    what a crash at that moment would have left, from which DuckDB recovers.

    Args:
        store: The file.
        folder: Where the copy goes.

    Returns:
        The copy.

    Raises:
        StoreError: If it is written to all the time.
    """
    files = [store, store.with_name(store.name + LOG_ENDING)]
    for _ in range(ATTEMPTS):
        if _copied(files, folder):
            return folder / store.name
        time.sleep(PAUSE_SECONDS)
    raise StoreError(f"the store {store} is written to all the time; try again in a minute")


def _copied(files: list[Path], folder: Path) -> bool:
    """Copy files; whether none of them has changed meanwhile.

    A file system's clock may stand still for some milliseconds, so contents are compared, too: what
    was read twice alike, was all there at the moment between.
    """
    before = [_state(file) for file in files]
    copies = [folder / file.name for file in files]
    filecmp.clear_cache()
    try:
        for file, copy, state in zip(files, copies, before, strict=True):
            copy.unlink(missing_ok=True)
            if state is not None:
                shutil.copyfile(file, copy)
        same = all(
            filecmp.cmp(file, copy, shallow=False)
            for file, copy, state in zip(files, copies, before, strict=True)
            if state is not None
        )
    except FileNotFoundError:
        return False
    return same and before == [_state(file) for file in files]


def _state(file: Path) -> tuple[int, int, int] | None:
    """What tells whether a file has changed; None if there is none."""
    try:
        now = file.stat()
    except FileNotFoundError:
        return None
    return now.st_ino, now.st_size, now.st_mtime_ns


def _on_duckdb(catalog: Any) -> Iterator[Any]:
    """The catalog's datasets that are tables of a DuckDB file, or use its engine."""
    for name, entry in catalog.config_resolver.config.items():
        connection = entry.get("connection") if isinstance(entry, dict) else None
        if not isinstance(connection, dict) or connection.get("backend") != "duckdb":
            continue
        if connection.get("database") not in (None, ":memory:"):
            dataset = catalog[name]
            yield dataset.store if isinstance(dataset, BuiltWeeksDataset) else dataset
