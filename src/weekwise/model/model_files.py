"""Where a logged model keeps its predictor, and how files are moved without noise.

Apart from `weekwise.model.pyfunc`, so that who only reads the registry need not import all of
MLflow's pyfunc.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


@contextmanager
def quiet_transfers() -> Iterator[None]:
    """Move files to and from MLflow without its progress bars."""
    name = "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"
    before = os.environ.get(name)
    os.environ[name] = "false"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


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
                f"the files of {name} version {version} cannot be had; restore them, or go back "
                "to another version with: kedro model rollback --why … "
                f"({' '.join(str(error).split())})"
            ) from error


def _is_gone(error: Exception) -> bool:
    """Whether there are no files, rather than no way to them."""
    text = str(error).lower()
    return isinstance(error, FileNotFoundError) or any(words in text for words in _GONE)
