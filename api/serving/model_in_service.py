"""The model in service: one reference, swapped in one step."""

from __future__ import annotations

from dataclasses import dataclass, replace

from api import schemas
from api.http.exceptions import NoModel
from api.serving.loaded_model import LoadedModel
from api.serving.model_facts import model_facts
from weekwise.model.release import Release

RETRY_AFTER_SECONDS = "10"


@dataclass(frozen=True)
class RegistryState:
    """How the last check of the registry went.

    Attributes:
        reachable: Whether MLflow answered.
        problem: Why it brought no model, or no change; none if all is well.
    """

    reachable: bool = True
    problem: str | None = None


class ModelInService:
    """The reference to the model in service.

    Only the event loop's thread writes it, and a request reads it once, so that a request sees one
    model from its first byte to its last.

    Attributes:
        registry_state: How the last check of the registry went.
    """

    def __init__(self) -> None:
        self._model: LoadedModel | None = None
        self.registry_state = RegistryState()

    @property
    def current(self) -> LoadedModel | None:
        """The model in service, if there is one."""
        return self._model

    def required(self) -> LoadedModel:
        """The model in service.

        Raises:
            NoModel: If there is none.
        """
        if self._model is None:
            reason = self.registry_state.problem or "The registry has not been read yet."
            raise NoModel(
                f"{reason} The service starts to answer as soon as there is a champion.",
                headers={"Retry-After": RETRY_AFTER_SECONDS},
            )
        return self._model

    def swap(self, model: LoadedModel) -> None:
        """Put a model in service, in place of the one before."""
        self._model = model

    def confirm(self, release: Release) -> None:
        """Take over what the registry says now about the model, wherever its files came from.

        Args:
            release: What it says.
        """
        model = self._model
        if model is not None and (model.source, model.release) != ("registry", release):
            self._model = replace(model, source="registry", release=release)

    def facts(self) -> schemas.ModelFacts:
        """What `GET /model` says.

        Raises:
            NoModel: If there is none.
        """
        state = self.registry_state
        return model_facts(self.required(), reachable=state.reachable, problem=state.problem)
