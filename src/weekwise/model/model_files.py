"""Where a logged model keeps its predictor, and how files are moved without noise.

Apart from `weekwise.model.pyfunc`, so that who only reads the registry need not import all of
MLflow's pyfunc.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from weekwise.errors import LostModelError, RegistryError

ARTIFACT = "predictor"
"""The name of the predictor's folder among the logged model's artifacts."""

PREDICTOR = f"artifacts/{ARTIFACT}"
"""The same among all files of the logged model."""

TWIN = "twin"
"""The name of the folder of the predictor's twin, which was judged."""

EXAMPLE = "input_example.json"
"""MLflow's own name of a logged model's input example."""


_GONE = ("no such", "not found", "does not exist", "no artifacts")
"""What MLflow's artifact repositories say of files that are not there, in lower case."""


@dataclass
class _ProgressBars:
    """MLflow's switch for them, which is the whole process's and so all threads' together."""

    name: ClassVar[str] = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
    transfers: int = 0
    before: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def off(self) -> None:
        """A transfer begins."""
        with self.lock:
            if not self.transfers:
                self.before = os.environ.get(self.name)
                os.environ[self.name] = "false"
            self.transfers += 1

    def back(self) -> None:
        """A transfer ends; the last one puts the switch back."""
        with self.lock:
            self.transfers -= 1
            if not self.transfers:
                os.environ.pop(self.name)
                if self.before is not None:
                    os.environ[self.name] = self.before


_bars = _ProgressBars()


@contextmanager
def quiet_transfers() -> Iterator[None]:
    """Move files to and from MLflow without its progress bars, in any number of threads."""
    _bars.off()
    try:
        yield
    finally:
        _bars.back()


def copied(name: str, version: str, path: str, folder: Path) -> Path:
    """Copy some of a registered version's files into a folder.

    Args:
        name: The registered model.
        version: The version.
        path: The file or folder among the version's files.
        folder: Where the copy goes; it is there.

    Returns:
        The copy.

    Raises:
        LostModelError: If the files are gone.
        RegistryError: If the files cannot be had now.
    """
    import mlflow
    from mlflow.exceptions import MlflowException

    source = f"models:/{name}/{version}/{path}"
    with quiet_transfers():
        try:
            return Path(mlflow.artifacts.download_artifacts(source, dst_path=str(folder)))
        except (MlflowException, OSError) as error:
            kind = LostModelError if _is_gone(error) else RegistryError
            raise kind(
                f"the files of {name} version {version} cannot be had; restore them, or choose "
                "another version with: kedro model promote VERSION --why … "
                f"({' '.join(str(error).split())})"
            ) from error


def _is_gone(error: Exception) -> bool:
    """Whether there are no files, rather than no way to them."""
    text = str(error).lower()
    return isinstance(error, FileNotFoundError) or any(words in text for words in _GONE)
