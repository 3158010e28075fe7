"""The service's view of MLflow. Everything here blocks, and runs in a thread of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.serving.loaded_model import LoadedModel
from api.serving.local_copy import LocalCopy
from api.serving.model_loading import load_model
from api.settings import Settings, tracking_uri
from weekwise.errors import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from weekwise.model.release import Release

IMPATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""Environment variables of MLflow: a service must not wait minutes for a server that is gone."""


class UnreachableError(RegistryError):
    """MLflow does not answer."""


class NothingInServiceError(RegistryError):
    """MLflow answers, and has nothing to serve."""


@dataclass(frozen=True)
class RegistryReader:
    """Finds and fetches the version to serve.

    Attributes:
        settings: The service's settings.
        copy: The local copy of the last good model.
    """

    settings: Settings
    copy: LocalCopy

    @classmethod
    def of(cls, settings: Settings) -> RegistryReader:
        """The reader for some settings."""
        copy = LocalCopy.of(settings.state_dir, tracking_uri(), settings.model_name, settings.alias)
        return cls(settings, copy)

    def model_name(self) -> str | None:
        """The registered model to serve, if it is named or the only one; blocks on MLflow."""
        from weekwise.model.release import registered_models

        names = [self.settings.model_name] if self.settings.model_name else None
        names = names or registered_models(self.client())
        return names[0] if len(names) == 1 else None

    def release(self) -> Release:
        """The version that the alias points to.

        Raises:
            NothingInServiceError: If there is no model, no alias, or no such version.
            UnreachableError: If MLflow does not answer.
        """
        from weekwise.model.release import release_at

        name, release = self._read(release_at, self.settings.alias)
        if release is None:
            raise NothingInServiceError(
                f"No version of {name} has the alias {self.settings.alias}: train one with "
                "`make run`, or choose one with `kedro model promote VERSION --why …`."
            )
        return release

    def shadow(self, wanted: str) -> Release:
        """The version to try beside the one in service.

        Args:
            wanted: An alias or a version.

        Raises:
            NothingInServiceError: If there is no such alias or version.
            UnreachableError: If MLflow does not answer.
        """
        from weekwise.model.release import release_at, release_of

        name, release = self._read(release_of if wanted.isdigit() else release_at, wanted)
        if release is None:
            what = "version" if wanted.isdigit() else "alias"
            raise NothingInServiceError(f"{name} has no {what} {wanted}.")
        return release

    def fetch(self, release: Release) -> LoadedModel:
        """Load a version, check that it works, and keep a local copy of its files.

        Args:
            release: The version.

        Raises:
            RegistryError: If its files cannot be read, or it does not work.
        """
        from weekwise.model.release import fetch as copy_files

        with self.copy.incoming() as folder:
            copy_files(release, folder)
            model = load_model(release, folder, "registry")
            self.copy.keep(folder, release)
        return model

    def fetch_apart(self, release: Release) -> LoadedModel:
        """Load a version and check that it works; no copy of it is kept.

        Args:
            release: The version.

        Raises:
            RegistryError: If its files cannot be read, or it does not work.
        """
        from weekwise.model.release import fetch as copy_files

        with tempfile.TemporaryDirectory(prefix="weekwise-shadow-") as folder:
            copy_files(release, Path(folder))
            return load_model(release, Path(folder), "registry")

    def client(self) -> MlflowClient:
        """MLflow's client; the first call takes the seconds that importing MLflow takes."""
        for name, value in IMPATIENT.items():
            os.environ.setdefault(name, value)
        import mlflow

        if mlflow.get_tracking_uri() != tracking_uri():
            mlflow.set_tracking_uri(tracking_uri())
        return mlflow.MlflowClient()

    def _read(
        self, find: Callable[[MlflowClient, str, str], Release | None], wanted: str
    ) -> tuple[str, Release | None]:
        """The registered model's name, and what is found in it."""
        client = self.client()
        try:
            name = self.settings.model_name or self._only_model(client)
            return name, find(client, name, wanted)
        except NothingInServiceError:
            raise
        except RegistryError as error:
            raise NothingInServiceError(str(error)) from error
        except Exception as error:  # whatever MLflow's stores and HTTP clients raise
            raise UnreachableError(f"MLflow cannot be read ({type(error).__name__})") from error

    def _only_model(self, client: MlflowClient) -> str:
        from weekwise.model.release import registered_models

        names = registered_models(client)
        if not names:
            raise NothingInServiceError(
                "MLflow has no registered model yet: train one with `make run`."
            )
        if len(names) > 1:
            raise NothingInServiceError(
                f"MLflow has {len(names)} registered models ({', '.join(sorted(names)[:5])}): "
                "choose one with WEEKWISE_API_MODEL_NAME."
            )
        return names[0]
