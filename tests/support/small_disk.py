"""A small disk of a test's own, which the test fills and empties."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl

SIZE = 128 << 20


@dataclass(frozen=True)
class Disk:
    """A file system in memory.

    Attributes:
        path: Where it is mounted.
    """

    path: Path

    @property
    def data(self) -> Path:
        """The data folder of the environment `test` on it."""
        return self.path / "test"

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self, left: int = 0) -> None:
        """Take all space but some bytes."""
        state = os.statvfs(self.path)
        size = state.f_bavail * state.f_bsize - left
        with self._ballast.open("ab") as file:
            if size > 0:
                os.posix_fallocate(file.fileno(), file.tell(), size)

    def make_room(self) -> None:
        """Give the space back."""
        self._ballast.unlink(missing_ok=True)

    def temporary_files(self) -> None:
        """In the process of a command: let its temporary files be on this disk, too."""
        folder = self.path / "tmp"
        folder.mkdir(exist_ok=True)
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


@contextmanager
def mounted(folder: Path) -> Iterator[Disk]:
    """A disk, as long as it is needed.

    Args:
        folder: Where to mount it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a disk can be mounted here by nobody, or by root alone: {error}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, timeout=60)


class FillBefore:
    """Fills a disk before one of a run's writes.

    Args:
        disk: The disk.
        number: Of the write, from 0; writes are saves of datasets that last.
        told: Is called when the disk has been filled.
    """

    def __init__(self, disk: Disk, number: int, told: Callable[[], Any]) -> None:
        self._disk, self._left, self._told = disk, number, told
        self._lasting: set[str] = set()

    @hook_impl
    def after_catalog_created(self, catalog: Any) -> None:
        """Note what lasts."""
        memory = "MemoryDataset"
        self._lasting = {name for name in catalog if type(catalog[name]).__name__ != memory}

    @hook_impl(tryfirst=True)
    def before_dataset_saved(self, dataset_name: str) -> None:
        """Fill it at the write."""
        if dataset_name not in self._lasting:
            return
        if self._left == 0:
            self._disk.fill()
            self._told()
        self._left -= 1
