"""The model registry as catalog datasets.

They use the MLflow that kedro-mlflow has set up, and touch it only when loaded or saved, so that
listing the catalog or drawing the pipelines needs no registry. Nothing here chooses between
models: that is the promotion gate's business.
"""

from __future__ import annotations

import logging
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset
from pydantic import ValidationError

from weekwise.errors import AsOfError, LostModelError, RegistryError
from weekwise.paths import replace_whole

if TYPE_CHECKING:
    from weekwise.model.contenders import Challenger, CurrentChampion
    from weekwise.model.predictor import Predictor
    from weekwise.model.registered_versions import RegisteredVersion
    from weekwise.model.registry import Registry
    from weekwise.model.verdict import Verdict


logger = logging.getLogger(__name__)

_TOLD: set[tuple[str, str, date]] = set()
"""Champions that are lost, by model, version and as-of date, of which this process has told."""


class _RegistryDataset:
    """What the datasets share: the registered model's name and the run's logical date."""

    def __init__(
        self, *, name: str, as_of: str | date, metadata: dict[str, Any] | None = None
    ) -> None:
        """Keep where to look.

        Args:
            name: The registered model's name.
            as_of: The run's logical date.
            metadata: For plugins, such as kedro-viz's layer.
        """
        self._name = name
        self._as_of = date.fromisoformat(str(as_of))
        self._loaded: tuple[RegisteredVersion, Predictor] | None = None
        self.metadata = metadata

    def _registry(self) -> Registry:
        from weekwise.model.registry import Registry

        return Registry(self._name)

    def _champion(self, registry: Registry, version: str | None) -> CurrentChampion:
        from weekwise.model.contenders import Champion, CurrentChampion

        if version is None:
            return CurrentChampion(champion=None)
        try:
            _, predictor = self._version(registry, version)
        except LostModelError as error:
            # What somebody has deleted is no reason for this week, and each one after it, to fail.
            # Several nodes ask for it; it is said once in a run.
            if (told := (self._name, version, self._as_of)) not in _TOLD:
                _TOLD.add(told)
                logger.warning(
                    "the run goes on without the champion, version %s: %s", version, error
                )
            return CurrentChampion(champion=None)
        return CurrentChampion(champion=Champion(version=version, predictor=predictor))

    def _version(self, registry: Registry, version: str) -> tuple[RegisteredVersion, Predictor]:
        """A version and its predictor, which is read once: several nodes ask for it."""
        known = registry.versions.get(version)
        if self._loaded is None or not known.is_same(self._loaded[0]):
            self._loaded = known, registry.versions.load(version)
        return known, self._loaded[1]

    def _release(self) -> None:
        self._loaded = None

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "as_of": self._as_of.isoformat()}


class ChallengerDataset(_RegistryDataset, AbstractDataset[Any, Any]):
    """What a run brings to the promotion gate.

    Saving registers the predictor inside the active MLflow run, once for each fingerprint, and
    remembers it as the run's candidate; loading gives the candidate as it was registered.

    Example in `catalog.yml`:

    ```yaml
    challenger:
      type: weekwise.datasets.registered_models.ChallengerDataset
      name: late_orders
      as_of: 2024-07-01
    ```
    """

    def load(self) -> Challenger:
        """The run's candidate, its predictor loaded from the registry."""
        from weekwise.model.contenders import Challenger

        registry = self._registry()
        candidate = registry.candidate(self._as_of)
        if candidate.version is None:
            return Challenger(predictor=None, reason=candidate.reason)
        known, predictor = self._version(registry, candidate.version)
        return Challenger(
            predictor=predictor,
            reason=candidate.reason,
            fingerprint=known.tags.get("fingerprint", ""),
            tags=known.tags,
            version=candidate.version,
        )

    def save(self, data: Challenger) -> None:
        """Register the predictor, if there is one, and record it as the candidate."""
        from weekwise.model.contenders import Candidate

        registry, version = self._registry(), None
        if data.predictor is not None:
            if data.example is None or not data.fingerprint:
                raise RegistryError("a challenger needs a fingerprint and example rows; give both")
            version = registry.versions.register(
                data.predictor,
                fingerprint=data.fingerprint,
                example=data.example,
                tags=data.tags,
            )
        registry.record_candidate(self._as_of, Candidate(version=version, reason=data.reason))

    def _exists(self) -> bool:
        try:
            self._registry().candidate(self._as_of)
        except RegistryError:
            return False
        return True


class CurrentChampionDataset(_RegistryDataset, AbstractDataset[Any, Any]):
    """The champion that a run finds: that of the runs before it, even if it has changed since."""

    def load(self) -> CurrentChampion:
        """The champion, if there was one before the run's date."""
        registry = self._registry()
        return self._champion(registry, registry.champion_before(self._as_of))

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: aliases move by verdict or by command."""
        _refuse_save()


class FirstChampionDataset(_RegistryDataset, AbstractDataset[Any, Any]):
    """The first model that ever served, before a run: what retraining is measured against."""

    def load(self) -> CurrentChampion:
        """The first champion, if there was one and its files can still be read."""
        from weekwise.model.contenders import CurrentChampion

        registry = self._registry()
        try:
            return self._champion(registry, registry.history().first_champion(self._as_of))
        except RegistryError as error:
            # A version that somebody has deleted is no reason for a week to fail.
            logger.warning("Retraining is not compared with the first champion: %s", error)
            return CurrentChampion(champion=None)

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: aliases move by verdict or by command."""
        _refuse_save()


class ChampionDataset(_RegistryDataset, AbstractDataset[Any, Any]):
    """The champion that a run predicts with: the one its own verdict asks for."""

    def load(self) -> CurrentChampion:
        """The champion, if there is one: the promotion gate may have refused every model so far."""
        registry = self._registry()
        return self._champion(registry, registry.champion_for(self._as_of))

    def save(self, data: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: aliases move by verdict or by command."""
        _refuse_save()


class VerdictDataset(_RegistryDataset, AbstractDataset[Any, Any]):
    """The promotion gate's verdict.

    Saving notes it in the registry, then keeps it as a JSON file; a run killed in between does both
    again. The aliases move later, when a `ReleaseDataset` is saved.
    """

    def __init__(
        self,
        *,
        name: str,
        as_of: str | date,
        filepath: str,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Keep where to look.

        Args:
            name: The registered model's name.
            as_of: The run's logical date.
            filepath: The JSON file; its folder is made when needed.
            metadata: For plugins, such as kedro-viz's layer.
        """
        super().__init__(name=name, as_of=as_of, metadata=metadata)
        self._filepath = Path(filepath)

    def load(self) -> Verdict:
        """The run's verdict.

        Raises:
            RegistryError: If the run has none yet, or the file is not one.
            AsOfError: If the file holds another run's verdict.
        """
        from weekwise.model.verdict import Verdict

        remedy = f"run: kedro run --pipeline model_training --params as_of={self._as_of}"
        try:
            verdict = Verdict.model_validate_json(self._filepath.read_text("utf-8"))
        except FileNotFoundError:
            raise RegistryError(f"there is no verdict as of {self._as_of} yet; {remedy}") from None
        except ValidationError as error:
            raise RegistryError(f"{self._filepath} is no verdict: {error}; {remedy}") from None
        if verdict.as_of != self._as_of:
            raise AsOfError(f"{self._filepath} holds the verdict as of {verdict.as_of}; {remedy}")
        return verdict

    def save(self, data: Verdict) -> None:
        """Note the verdict in the registry, then write the whole file in its place."""
        self._registry().record_verdict(data)
        replace_whole(self._filepath, data.model_dump_json(indent=2))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {**super()._describe(), "filepath": str(self._filepath)}


class ReleaseDataset(_RegistryDataset, AbstractDataset[Any, Any]):
    """The end of a run: its verdict carried out, so that the better model serves.

    A run saves it after its report, so that no champion is in service that no report explains.
    """

    def load(self) -> NoReturn:
        """Refuse: there is nothing to read."""
        raise RegistryError("a release is not loaded; see: kedro model list")

    def save(self, data: Verdict) -> None:
        """Move the aliases as the verdict asks."""
        self._registry().carry_out(data)

    def _exists(self) -> bool:
        return self._registry().is_carried_out(self._as_of)


def _refuse_save() -> NoReturn:
    raise RegistryError(
        "a champion is not saved; it is made by a verdict, or with: kedro model promote VERSION"
    )
