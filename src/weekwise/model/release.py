"""The version in service, as whoever serves it sees the registry: read only.

MLflow is imported where it is called: a service that starts from its local copy does not wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from weekwise.contract.frozen import Frozen
from weekwise.errors import RegistryError
from weekwise.model.alias_history import AliasEvent
from weekwise.model.model_files import ARTIFACT, EXAMPLE, PREDICTOR, copied

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel
    from mlflow.exceptions import MlflowException

RUN_TAG = "registered_model"
"""The tag of an MLflow run that says for which registered model it is."""

_TOLD_CHANGES = 50

_HOLDOUT = {"challenger": "", "champion": "previous_", "baseline": "baseline_"}
"""The parts of a run's `holdout.<part>.<figure>` metrics, and what a figure is called here."""


class Release(Frozen):
    """A version that an alias points to.

    Attributes:
        name: The registered model.
        version: The version.
        alias: The alias.
        source: Where its files are, as MLflow has it; with the version it tells it from another
            that is made under the same number.
        since: When it got the alias; none if the history does not say.
        why: The reason given for that; none if the history does not say.
        verdict: What the promotion gate decided, if it has.
        headline: The same in one sentence.
        details: The same in full, as Markdown.
        changes: Where the alias was before: its newest moves, the newest first.
        metrics: Its figures on the holdout; `previous_` before the name for the champion it was
            judged against, `baseline_` for the baseline.
    """

    name: str
    version: str
    alias: str
    source: str
    since: datetime | None = None
    why: str | None = None
    verdict: str | None = None
    headline: str = ""
    details: str = ""
    changes: tuple[AliasEvent, ...] = ()
    metrics: Mapping[str, float] = {}


def registered_models(client: MlflowClient) -> list[str]:
    """The names of all registered models."""
    return [model.name for model in client.search_registered_models()]


def release_at(client: MlflowClient, name: str, alias: str) -> Release | None:
    """What an alias points to, if it points anywhere.

    Args:
        client: The registry.
        name: The registered model.
        alias: The alias.

    Raises:
        RegistryError: If the alias points to a version that is not there.
    """
    model = _registered_model(client, name)
    version = None if model is None else _version_of(model, alias)
    if model is None or version is None:
        return None
    release = _release(client, model, version, alias)
    if release is None:
        raise RegistryError(
            f"alias {alias} of {name} points to version {version}, which is not there; "
            "choose another with: kedro model promote VERSION --why …"
        )
    return release


def release_of(client: MlflowClient, name: str, version: str) -> Release | None:
    """A version by its number, if it is there; its alias is empty.

    Args:
        client: The registry.
        name: The registered model.
        version: The version.
    """
    model = _registered_model(client, name)
    return None if model is None else _release(client, model, version, "")


def _release(
    client: MlflowClient, model: RegisteredModel, version: str, alias: str
) -> Release | None:
    from mlflow.exceptions import MlflowException

    from weekwise.model.alias_log import written_history

    name = model.name
    try:
        model_version = client.get_model_version(name, version)
    except MlflowException as error:
        if not _is_absent(error):
            raise
        return None
    events = written_history(model).events
    moves = [event for event in reversed(events) if event.alias == alias and event.moved]
    last = moves[0] if moves else None
    placed = last if last is not None and last.version == version else None
    return Release(
        name=name,
        version=version,
        alias=alias,
        source=str(model_version.source),
        since=None if placed is None else placed.at,
        why=None if placed is None else placed.why,
        verdict=model_version.tags.get("verdict"),
        headline=model_version.tags.get("verdict_headline", ""),
        details=model_version.description or "",
        changes=tuple(moves[:_TOLD_CHANGES]),
        metrics=_metrics(client, model_version),
    )


def fetch(release: Release, folder: Path) -> Path:
    """Copy a release's predictor and input example into a folder.

    Args:
        release: The release.
        folder: Where `predictor/` and `input_example.json` go; it is there.

    Returns:
        The predictor's folder.

    Raises:
        RegistryError: If the files cannot be had.
    """
    for path in (PREDICTOR, EXAMPLE):
        copied(release.name, release.version, path, folder)
    predictor = next(folder.rglob(ARTIFACT), None)
    if predictor is None:
        raise RegistryError(f"{release.name} version {release.version} holds no predictor")
    return predictor


def _registered_model(client: MlflowClient, name: str) -> RegisteredModel | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_registered_model(name)
    except MlflowException as error:
        if _is_absent(error):
            return None
        raise


def _version_of(model: RegisteredModel, alias: str) -> str | None:
    version = model.aliases.get(alias)
    return None if version is None else str(version)


def _is_absent(error: MlflowException) -> bool:
    from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode

    return bool(error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST))


def _metrics(client: MlflowClient, model_version: ModelVersion) -> dict[str, float]:
    """The holdout figures that the version's run has logged; failing that, those of its tags."""
    from mlflow.exceptions import MlflowException

    figures = _tagged(model_version)
    if model_version.run_id:
        try:
            logged = client.get_run(model_version.run_id).data.metrics
        except MlflowException as error:
            if not _is_absent(error):
                raise
            return figures
        for name, value in logged.items():
            place, _, figure = name.removeprefix("holdout.").partition(".")
            if name.startswith("holdout.") and place in _HOLDOUT:
                figures[f"{_HOLDOUT[place]}{figure}"] = float(value)
    return figures


def _tagged(model_version: ModelVersion) -> dict[str, float]:
    names = {"loss": "loss", "champion_loss": "previous_loss"}
    return {
        name: float(model_version.tags[tag])
        for tag, name in names.items()
        if tag in model_version.tags
    }
