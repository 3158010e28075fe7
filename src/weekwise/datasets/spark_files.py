"""Files of Spark tables, on whatever file system the warehouse is on."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs

SCRATCH = ".scratch"


@dataclass(frozen=True)
class Files:
    """A folder, by way of fsspec.

    Attributes:
        fs: Its file system.
        root: The folder's path on it.
    """

    fs: AbstractFileSystem
    root: str

    @classmethod
    def of(cls, url: str) -> Files:
        """A folder by its path or address, such as `s3a://bucket/tables` or `hdfs://host/tables`."""
        # Hadoop's name for S3, which fsspec does not know.
        fs, root = url_to_fs(url.replace("s3a://", "s3://", 1))
        return cls(fs, root.rstrip("/"))

    def path(self, *names: str) -> str:
        """A path in the folder."""
        return posixpath.join(self.root, *names)

    def url(self, path: str) -> str:
        """A path as Spark is given it: of this file system, whatever Spark's default one is."""
        return str(self.fs.unstrip_protocol(path)).replace("s3://", "s3a://", 1)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return bool(self.fs.exists(path))

    def folders(self, path: str) -> list[str]:
        """Names of the folders in a folder."""
        if not self.exists(path):
            return []
        entries = self.fs.ls(path, detail=True, refresh=True)
        names = [e["name"].rstrip("/") for e in entries if e["type"] == "directory"]
        return sorted(posixpath.basename(name) for name in names)

    def parquet(self, path: str) -> list[str]:
        """The Parquet files in a folder, in the order that Spark wrote them in."""
        return sorted(self.fs.glob(posixpath.join(path, "*.parquet")))

    def scratch(self) -> str:
        """A name for a folder that only its maker knows."""
        return self.path(SCRATCH, uuid4().hex)

    def remove(self, path: str) -> None:
        """Remove a file or a folder, if it is there."""
        if self.exists(path):
            self.fs.rm(path, recursive=True)

    def move(self, source: str, target: str) -> None:
        """Rename a folder; nothing may be at the target."""
        self.fs.makedirs(posixpath.dirname(target), exist_ok=True)
        self.fs.mv(source, target, recursive=True)

    def read_json(self, path: str) -> Any:
        """What a JSON file says; None if there is none."""
        if not self.exists(path):
            return None
        return json.loads(self.fs.cat_file(path))

    def write_json(self, path: str, content: Mapping[str, Any]) -> None:
        """Write a JSON file, complete or not at all."""
        self.fs.makedirs(posixpath.dirname(path), exist_ok=True)
        hidden = f"{path}.{uuid4().hex}"
        self.fs.pipe_file(hidden, json.dumps(content).encode())
        # A local file is renamed over the other; fsspec's `mv` says so for every file system.
        self.fs.mv(hidden, path)


@dataclass(frozen=True)
class Exchange:
    """Puts folders that are written in the place of others: all of them, or none.

    What is to be done is noted first. Whoever finds the note does what is left of it, however
    often it was begun: so a process may be killed anywhere.

    Attributes:
        files: The warehouse.
        table: The table's name.
    """

    files: Files
    table: str

    @property
    def target(self) -> str:
        """The table's folder."""
        return self.files.path(self.table)

    @property
    def staged(self) -> str:
        """Where the new folders are written."""
        return self.files.path(f".{self.table}.new")

    @property
    def note(self) -> str:
        """The file that says what is to be done."""
        return self.files.path(f".{self.table}.exchange.json")

    def prepare(self) -> str:
        """The folder to write to, empty; what another process has begun is ended first."""
        self.complete()
        self.files.remove(self.staged)
        return self.staged

    def whole(self) -> None:
        """Let what is written be the table."""
        self.files.write_json(self.note, {"whole": True})
        self.complete()

    def partitions(self, filled: Sequence[str], emptied: Sequence[str]) -> None:
        """Let some of the table's folders be those that are written, and take others away.

        Args:
            filled: Names of folders that are written.
            emptied: Names of folders of the table that nothing takes the place of.
        """
        said = {"whole": False, "filled": list(filled), "emptied": list(emptied)}
        self.files.write_json(self.note, said)
        self.complete()

    def complete(self) -> None:
        """Do what a note says that is left to do, if there is one."""
        said = self.files.read_json(self.note)
        if said is None:
            return
        if said["whole"]:
            self._replace(self.staged, self.target)
        else:
            for name in said["filled"]:
                self._replace(posixpath.join(self.staged, name), posixpath.join(self.target, name))
            for name in said["emptied"]:
                self.files.remove(posixpath.join(self.target, name))
            self.files.remove(self.staged)
        self.files.remove(self.note)

    def _replace(self, source: str, target: str) -> None:
        if self.files.exists(source):
            self.files.remove(target)
            self.files.move(source, target)
