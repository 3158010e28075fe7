"""The service's view of MLflow. Everything here blocks, and runs in a thread of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.serving.loaded_model import Served, load
from api.serving.local_copy import LocalCopy
from api.settings import Settings, tracking_uri
from weekwise.errors import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from weekwise.model.release import Release

HASTE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
}
"""A service does not wait minutes for a server that is gone, as MLflow would."""


class UnreachableError(RegistryError):
    """MLflow does not answer."""


class NothingInServiceError(RegistryError):
    """MLflow answers, and has nothing to serve."""


@dataclass(frozen=True)
class RegistryReader:
    """Finds and fetches what is in service.

    Attributes:
        settings: The service's settings.
        copy: Where the last good model is kept.
    """

    settings: Settings
    copy: LocalCopy

    @classmethod
    def of(cls, settings: Settings) -> RegistryReader:
        """The reader that some settings ask for."""
        copy = LocalCopy.of(settings.state_dir, tracking_uri(), settings.model_name, settings.alias)
        return cls(settings, copy)

    def look(self) -> Release:
        """What the alias points to.

        Raises:
            NothingInServiceError: If there is no model, no alias, or no such version.
            UnreachableError: If MLflow does not answer.
        """
        from weekwise.model.release import release_at

        client = self.client()
        try:
            name = self.settings.model_name or self._only_model(client)
            found = release_at(client, name, self.settings.alias)
        except NothingInServiceError:
            raise
        except RegistryError as error:
            raise NothingInServiceError(str(error)) from error
        except Exception as error:  # whatever MLflow's stores and HTTP clients raise
            raise UnreachableError(f"MLflow cannot be read ({type(error).__name__})") from error
        if found is None:
            raise NothingInServiceError(
                f"No version of {name} has the alias {self.settings.alias}: train one with "
                "`make run`, or choose one with `kedro model promote VERSION --why …`."
            )
        return found

    def fetch(self, release: Release) -> Served:
        """Load what is in service, try it, and keep a copy of its files.

        Raises:
            RegistryError: If its files cannot be had, or it does not work.
        """
        from weekwise.model.release import fetch

        with self.copy.incoming() as folder:
            fetch(release, folder)
            served = load(release, folder, "registry")
            self.copy.keep(folder, release)
        return served

    def client(self) -> MlflowClient:
        """MLflow's client; the first call takes the seconds that importing MLflow takes."""
        for name, value in HASTE.items():
            os.environ.setdefault(name, value)
        import mlflow

        if mlflow.get_tracking_uri() != tracking_uri():
            mlflow.set_tracking_uri(tracking_uri())
        return mlflow.MlflowClient()

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
