"""The versions of a registered model: made once, found, read, and annotated with their verdict."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    INVALID_PARAMETER_VALUE,
    RESOURCE_ALREADY_EXISTS,
    RESOURCE_DOES_NOT_EXIST,
    ErrorCode,
)

from weekwise.errors import LostModelError, RegistryError
from weekwise.model.alias_log import AliasLog
from weekwise.model.model_files import PREDICTOR, TWIN, copied
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import TrainingRecord
from weekwise.model.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

FINGERPRINT = "fingerprint"

_NO_VERSION = {ErrorCode.Name(RESOURCE_DOES_NOT_EXIST), ErrorCode.Name(INVALID_PARAMETER_VALUE)}
"""What MLflow says of a version that is not there, or whose name is no number."""
_ANEW = "it is registered anew"
_MODELS = "models:/"
_DESCRIPTION_LIMIT = 5000  # characters, of MLflow's own database column

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RegisteredVersion:
    """One version of the registered model.

    Attributes:
        version: Its number, as text.
        aliases: The aliases that point to it.
        created: When it was registered.
        tags: Its tags: `as_of`, `train_start`, `train_end`, `fingerprint`, `verdict`, `loss`…
        model_id: MLflow's id of the model that it is, by which the model's files are named.
    """

    version: str
    aliases: tuple[str, ...]
    created: datetime
    tags: Mapping[str, str]
    model_id: str | None = None

    def is_same(self, other: RegisteredVersion) -> bool:
        """Whether both are one version; a model that is deleted and made anew counts from 1."""
        return (self.version, self.created) == (other.version, other.created)


class RegisteredVersions:
    """The versions of one registered model.

    Args:
        log: The aliases of the model; it says of a version which point to it.
    """

    def __init__(self, log: AliasLog) -> None:
        self._log, self._name, self._client = log, log.name, log.client

    def register(
        self,
        predictor: Predictor,
        *,
        fingerprint: str,
        example: pd.DataFrame,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Register a predictor, once: a fingerprint that is known gives the version it has.

        The model is logged to the active MLflow run first. A process killed before the version is
        made leaves a logged model that nothing points to.

        Args:
            predictor: What to register.
            fingerprint: What tells its training from every other.
            example: A few raw rows of its contract.
            tags: Further tags for the version.

        Returns:
            The version.
        """
        from weekwise.model.pyfunc import log_predictor

        known = self._find(fingerprint)
        if known is not None and self.is_readable(known, otherwise=_ANEW):
            return known
        self.create()
        logged = log_predictor(predictor, example)
        record = predictor.record
        made = self._client.create_model_version(
            self._name,
            logged.model_uri,
            run_id=logged.run_id,
            model_id=logged.model_id,
            tags={
                **(tags or {}),
                FINGERPRINT: fingerprint,
                "as_of": record.as_of.isoformat(),
                **_dates(record),
                "rows": str(record.rows),
                "contract_hash": predictor.contract.hash,
            },
        )
        return str(made.version)

    def load(self, version: str) -> Predictor:
        """The predictor that was registered as a version, with its twin if it has one.

        Raises:
            LostModelError: If there is no such version, or its files are gone or damaged.
            RegistryError: If its files cannot be had now.
        """
        self.get(version)
        with tempfile.TemporaryDirectory() as scratch:
            served = self._read(version, PREDICTOR, Path(scratch))
            if served.record.judged is None:
                return served
            return replace(served, twin=self._read(version, f"artifacts/{TWIN}", Path(scratch)))

    def _read(self, version: str, path: str, folder: Path) -> Predictor:
        files = copied(self._name, version, path, folder)
        try:
            return Predictor.load(files)
        except (RegistryError, OSError) as error:
            raise LostModelError(
                f"the files of {self._name} version {version} are damaged: {error}, or choose "
                "another version with: kedro model promote VERSION --why …"
            ) from error

    def get(self, version: str) -> RegisteredVersion:
        """One version.

        Raises:
            LostModelError: If there is none of that number.
        """
        try:
            found = self._client.get_model_version(self._name, version)
        except MlflowException as error:
            if error.error_code not in _NO_VERSION:
                raise
            versions = [known.version for known in self.all()]
            there = ", ".join(versions) or "none yet; make one with: kedro run"
            raise LostModelError(
                f"{self._name} has no version {version}; its versions: {there}"
            ) from None
        return _registered(found, tuple(found.aliases))

    def all(self) -> list[RegisteredVersion]:
        """All versions, the newest first."""
        model = self._log.registered_model()
        aliases = {} if model is None else model.aliases
        registered = self._search(f"name = '{self._name}'")
        return [
            _registered(
                each,
                tuple(alias for alias, at in aliases.items() if str(at) == str(each.version)),
            )
            for each in sorted(registered, key=lambda each: int(each.version), reverse=True)
        ]

    def annotate(self, verdict: Verdict) -> None:
        """Put a verdict on the version it is about."""
        version = verdict.challenger_version
        if version is None:
            return
        tags = {"verdict": str(verdict.decision), "verdict_headline": verdict.headline}
        for name, metrics in (("", verdict.challenger), ("champion_", verdict.champion)):
            if metrics is not None and metrics.loss is not None:
                tags[f"{name}loss"] = f"{metrics.loss:.6f}"
        for key, value in tags.items():
            self._client.set_model_version_tag(self._name, version, key, value)
        text = verdict.markdown()[:_DESCRIPTION_LIMIT]
        self._client.update_model_version(self._name, version, description=text)

    def _find(self, fingerprint: str) -> str | None:
        """The version of a fingerprint: the oldest, should two runs have made one each.

        One whose files were lost has a newer one that was made in its place.
        """
        same = self._search(f"name = '{self._name}' and tags.{FINGERPRINT} = '{fingerprint}'")
        versions = sorted((str(each.version) for each in same), key=int)
        readable = (v for v in versions[:-1] if self.is_readable(v, otherwise=_ANEW))
        return next(readable, versions[-1] if versions else None)

    def is_readable(self, version: str, *, otherwise: str) -> bool:
        """Whether a version is there, with its files; if it is lost, a warning says so.

        Args:
            version: The version.
            otherwise: What happens if it is not, for the warning.

        Raises:
            RegistryError: If its files cannot be had now.
        """
        try:
            self.load(version)
        except LostModelError as error:
            logger.warning("%s: %s", otherwise, error)
            return False
        return True

    def _search(self, query: str) -> list[ModelVersion]:
        versions: list[ModelVersion] = []
        token = None
        while True:
            page = self._client.search_model_versions(query, page_token=token)
            versions += page
            token = page.token
            if not token:
                return versions

    def create(self) -> None:
        """Make the registered model, if there is none."""
        try:
            self._client.create_registered_model(self._name)
        except MlflowException as error:
            if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                raise


def _registered(found: ModelVersion, aliases: tuple[str, ...]) -> RegisteredVersion:
    """What MLflow says of a version."""
    return RegisteredVersion(
        version=str(found.version),
        aliases=aliases,
        created=datetime.fromtimestamp(found.creation_timestamp / 1000).astimezone(),
        tags=dict(found.tags),
        model_id=_model_id(found),
    )


def _model_id(found: ModelVersion) -> str | None:
    """The id of a version's logged model, which MLflow's own database keeps in its source alone."""
    source = str(found.source)
    return source.removeprefix(_MODELS) if source.startswith(_MODELS) else None


def _dates(record: TrainingRecord) -> dict[str, str]:
    """The dates of the rows a model has seen, where rows have a time."""
    dates = {"train_start": record.train_start, "train_end": record.train_end}
    if record.judged is not None:
        dates["judged_train_end"] = record.judged.train_end
    return {name: date.isoformat() for name, date in dates.items() if date is not None}
