"""The model in service: one reference, swapped in one step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from api import schemas
from api.http.exceptions import NoModel
from api.serving.loaded_model import Served
from weekwise.model.release import Release

RETRY_AFTER = "10"


@dataclass(frozen=True)
class RegistryState:
    """How the last look at the registry went.

    Attributes:
        reachable: Whether MLflow answered.
        problem: Why it brought no model, or no change; none if all is well.
    """

    reachable: bool = True
    problem: str | None = None


class ModelStore:
    """Holds the model in service.

    Only the event loop's thread writes, and a request takes the reference once, so that a request
    sees one model from its first byte to its last.
    """

    def __init__(self) -> None:
        self._served: Served | None = None
        self.state = RegistryState()

    @property
    def current(self) -> Served | None:
        """The model in service, if there is one."""
        return self._served

    def served(self) -> Served:
        """The model in service.

        Raises:
            NoModel: If there is none.
        """
        if self._served is None:
            why = self.state.problem or "The registry has not been read yet."
            raise NoModel(
                f"{why} The service starts to answer by itself as soon as there is a champion.",
                headers={"Retry-After": RETRY_AFTER},
            )
        return self._served

    def put(self, served: Served) -> None:
        """Let a model take the place of the one before it."""
        self._served = served

    def note(self, state: RegistryState) -> None:
        """Remember how a look at the registry went."""
        self.state = state

    def confirm(self, release: Release) -> None:
        """Take what the registry says now of the model in service, wherever its files came from."""
        served = self._served
        if served is not None and (served.source, served.release) != ("registry", release):
            self._served = replace(served, source="registry", release=release)

    def facts(self) -> schemas.ModelFacts:
        """What is known of the model in service.

        Raises:
            NoModel: If there is none.
        """
        served = self.served()
        registry: Literal["ok", "unreachable"] = "ok" if self.state.reachable else "unreachable"
        return _facts(served, registry, self.state.problem)


def _facts(
    served: Served, registry: Literal["ok", "unreachable"], problem: str | None
) -> schemas.ModelFacts:
    predictor, release = served.predictor, served.release
    record, contract = predictor.record, predictor.contract
    target = contract.target or ""
    column = contract.columns[target]
    verdict = None
    if release.verdict is not None:
        verdict = schemas.VerdictFacts(
            decision=release.verdict, headline=release.headline, details=release.details
        )
    metrics = dict(release.metrics)
    if record.validation_log_loss is not None:
        metrics["validation_log_loss"] = record.validation_log_loss
    return schemas.ModelFacts(
        name=release.name,
        version=release.version,
        alias=release.alias,
        since=release.since,
        why=release.why,
        as_of=record.as_of,
        train_start=record.train_start,
        train_end=record.train_end,
        rows=record.rows,
        validation_rows=record.validation_rows,
        trees=record.trees,
        positive_rate=record.positive_rate,
        threshold=predictor.threshold,
        task="binary",
        target=schemas.TargetFacts(
            name=target, title=column.title, description=column.description.strip()
        ),
        contract=schemas.ContractFacts(
            table=contract.table, title=contract.title, hash=contract.hash
        ),
        metrics=metrics,
        verdict=verdict,
        importances=served.importances,
        source=served.source,
        loaded_at=served.loaded_at,
        registry=registry,
        problem=problem,
    )
