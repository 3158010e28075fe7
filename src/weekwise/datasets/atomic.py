"""Files that are complete or absent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from kedro.io import AbstractDataset
from kedro.io.core import parse_dataset_definition

from weekwise.files import clear_leftovers, naming


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A hidden file to write to, which is renamed over `path` once it is written.

    If writing fails, the former file stays and nothing else is left behind. What a kill leaves
    behind goes the next time.

    Args:
        path: The file on a local disk; its folder is made when needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_leftovers(path)
    # The ending stays last: some datasets, and pandas, choose a format by it.
    hidden = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        with naming(path, hidden):
            yield hidden
            hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


class AtomicDataset(AbstractDataset[Any, Any]):
    """Any file dataset of Kedro's, whose saves are atomic.

    The wrapped dataset writes to a hidden file next to the real one, which is then renamed over it,
    so nobody ever reads half a file, even if a run is killed.

    Example in `catalog.yml`:

    ```yaml
    exploration:
      type: weekwise.datasets.atomic.AtomicDataset
      filepath: data/08_reporting/exploration.json
      dataset: json.JSONDataset
    ```
    """

    def __init__(
        self,
        *,
        filepath: str,
        dataset: str | dict[str, Any],
        artifact_path: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Wrap a dataset.

        Args:
            filepath: The file on a local disk; its folder is made when needed.
            dataset: The wrapped dataset's type, or its configuration without `filepath`.
            artifact_path: A folder among the artifacts of the MLflow run, which get the file before
                it takes its place: for one that marks something as complete.
            metadata: For plugins, such as kedro-viz's layer and previews.
        """
        config = {"type": dataset} if isinstance(dataset, str) else dict(dataset)
        self._wrapped: type[Any]
        self._wrapped, self._arguments = parse_dataset_definition(config)
        self._filepath = PurePosixPath(filepath)
        self._artifact_path = artifact_path
        self.metadata = metadata
        preview = getattr(self._dataset(Path(filepath)), "preview", None)
        if preview is not None:
            # kedro-viz chooses how to show a preview by the method's own annotation.
            self.preview = preview

    def _dataset(self, path: Path) -> AbstractDataset[Any, Any]:
        wrapped: AbstractDataset[Any, Any] = self._wrapped(
            **self._arguments, filepath=path.as_posix()
        )
        return wrapped

    def load(self) -> Any:
        """Load through the wrapped dataset."""
        return self._dataset(Path(self._filepath)).load()

    def save(self, data: Any) -> None:
        """Save through the wrapped dataset, then put the whole file in place."""
        path = Path(self._filepath)
        with whole(path) as hidden:
            self._dataset(hidden).save(data)
            if self._artifact_path is not None:
                _log_artifact(hidden, path.name, self._artifact_path)

    def _exists(self) -> bool:
        return Path(self._filepath).exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "dataset": self._wrapped.__name__}


def _log_artifact(file: Path, name: str, folder: str) -> None:
    """Log a file to the active MLflow run, if there is one, under another name."""
    import mlflow

    if mlflow.active_run() is None:
        return
    # MLflow takes an artifact's name from its file.
    with TemporaryDirectory(prefix="weekwise-") as named:
        mlflow.log_artifact(str(shutil.copyfile(file, Path(named, name))), folder)
