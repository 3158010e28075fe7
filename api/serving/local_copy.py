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

from api.serving.loaded_model import LoadedModel
from api.serving.model_loading import load_model
from weekwise.errors import RegistryError
from weekwise.model.release import Release

RELEASE = "release.json"
_POINTER = "current.json"
_INCOMING = ".incoming-"
_OLD_SECONDS = 600
"""Another process may still read what is younger than this."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocalCopy:
    """Versions in folders of their own, and a small pointer file that says which one is current.

    Folders are written aside and renamed, and the pointer is replaced in one step. So several
    processes may share one copy, and none sees it half written.

    Attributes:
        folder: Its folder; it is made when needed.
    """

    folder: Path

    @classmethod
    def of(
        cls, state_dir: Path, tracking_uri: str, model_name: str | None, alias: str
    ) -> LocalCopy:
        """The copy of one alias of one registry; every other alias or registry has its own.

        Args:
            state_dir: The folder of copies.
            tracking_uri: Where MLflow is.
            model_name: The registered model; none for the only one there is.
            alias: The alias.
        """
        key = json.dumps([tracking_uri, model_name, alias])
        return cls(state_dir / hashlib.sha256(key.encode()).hexdigest()[:16])

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A folder to fetch files into; it is removed at the end unless it was kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = self.folder / f"{_INCOMING}{uuid.uuid4().hex}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, incoming: Path, release: Release) -> None:
        """Make fetched files the current copy.

        Args:
            incoming: The folder that `incoming` gave.
            release: What the registry says about them.
        """
        (incoming / RELEASE).write_text(release.model_dump_json(indent=2), "utf-8")
        name = f"{release.version}-{uuid.uuid4().hex[:8]}"
        incoming.rename(self.folder / name)
        new_pointer = self.folder / f"{_INCOMING}{uuid.uuid4().hex}.json"
        new_pointer.write_text(json.dumps({"folder": name}), "utf-8")
        os.replace(new_pointer, self.folder / _POINTER)  # noqa: PTH105 - Path.replace is the same
        self._remove_old(current=name)

    def load(self) -> LoadedModel | None:
        """The copy's model, if there is a copy that works; a damaged one is reported in the log."""
        try:
            pointer = json.loads((self.folder / _POINTER).read_text("utf-8"))
            folder = self.folder / str(pointer["folder"])
            release = Release.model_validate_json((folder / RELEASE).read_text("utf-8"))
            return load_model(release, folder, "local copy")
        except FileNotFoundError:
            return None
        except (OSError, KeyError, TypeError, ValueError, RegistryError) as error:
            log.warning("the local copy in %s is not used: %s", self.folder, error)
            return None

    def _remove_old(self, current: str) -> None:
        """Remove what is old and not the current copy."""
        for path in self.folder.iterdir():
            if path.name in (current, _POINTER):
                continue
            try:
                if time.time() - path.stat().st_mtime > _OLD_SECONDS:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            except OSError:
                continue
