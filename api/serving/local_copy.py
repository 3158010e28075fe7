"""The last good model on this machine's disk, to start from when MLflow is away."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.serving.loaded_model import Served, load
from weekwise.errors import RegistryError
from weekwise.model.release import Release

RELEASE = "release.json"
_POINTER = "current.json"
_INCOMING = ".incoming-"
_OLD_SECONDS = 600
"""Other processes may be reading what is younger than this."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocalCopy:
    """Versions in folders of their own, and a small file that says which one counts.

    Folders are written aside and renamed, and the file is replaced in one step, so that several
    processes may share one copy and none finds it half written.

    Attributes:
        folder: Where it lies; made when needed.
    """

    folder: Path

    @classmethod
    def of(
        cls, state_dir: Path, tracking_uri: str, model_name: str | None, alias: str
    ) -> LocalCopy:
        """The copy that belongs to one alias of one registry: another's model is not mistaken."""
        key = json.dumps([tracking_uri, model_name, alias])
        return cls(state_dir / hashlib.sha256(key.encode()).hexdigest()[:16])

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A folder to fetch files into; what is left of it in the end is taken away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = self.folder / f"{_INCOMING}{uuid.uuid4().hex}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, incoming: Path, release: Release) -> None:
        """Make fetched files the copy that counts.

        Args:
            incoming: The folder that `incoming` gave.
            release: What the registry says of them.
        """
        (incoming / RELEASE).write_text(release.model_dump_json(indent=2), "utf-8")
        name = f"{release.version}-{uuid.uuid4().hex[:8]}"
        incoming.rename(self.folder / name)
        aside = self.folder / f"{_INCOMING}{uuid.uuid4().hex}.json"
        aside.write_text(json.dumps({"folder": name}), "utf-8")
        os.replace(aside, self.folder / _POINTER)  # noqa: PTH105 - Path.replace is the same
        self._tidy(keep=name)

    def load(self) -> Served | None:
        """The model of the copy, if there is a copy that can be read."""
        try:
            pointer = json.loads((self.folder / _POINTER).read_text("utf-8"))
            folder = self.folder / str(pointer["folder"])
            release = Release.model_validate_json((folder / RELEASE).read_text("utf-8"))
            return load(release, folder, "local copy")
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, ValueError, RegistryError) as error:
            log.warning("the local copy in %s is not used: %s", self.folder, error)
            return None

    def _tidy(self, keep: str) -> None:
        """Take away what is old and does not count."""
        for path in self.folder.iterdir():
            if path.name in (keep, _POINTER):
                continue
            try:
                if time.time() - path.stat().st_mtime > _OLD_SECONDS:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            except OSError:
                continue
