"""What `GET /model` says about the model in service."""

from __future__ import annotations

from typing import Literal

from api import schemas
from api.serving.loaded_model import LoadedModel
from weekwise.contract.model import Contract
from weekwise.model.alias_history import AliasEvent
from weekwise.model.release import Release
from weekwise.model.training_record import TrainingRecord


def model_facts(model: LoadedModel, *, reachable: bool, problem: str | None) -> schemas.ModelFacts:
    """All that is known about a model.

    Args:
        model: The model.
        reachable: Whether MLflow answered the last check of the registry.
        problem: Why that check brought no change; none if all is well.
    """
    predictor, release = model.predictor, model.release
    record = predictor.record
    registry: Literal["ok", "unreachable"] = "ok" if reachable else "unreachable"
    metrics = dict(release.metrics)
    validation_loss = (record.judged or record).validation_loss
    if validation_loss is not None:
        metrics["validation_loss"] = validation_loss
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
        judged=_judged(record.judged),
        trees=record.trees,
        linear_share=record.linear_share,
        level_correction=record.level,
        baseline=record.baseline,
        threshold=predictor.threshold,
        task=predictor.task.name,
        target=_target(predictor.contract),
        contract=_contract(predictor.contract),
        metrics=metrics,
        verdict=_verdict(release),
        history=[_change(event) for event in release.changes],
        importances=model.importances,
        source=model.source,
        loaded_at=model.loaded_at,
        registry=registry,
        problem=problem,
    )


def _judged(record: TrainingRecord | None) -> schemas.JudgedFacts | None:
    if record is None:
        return None
    return schemas.JudgedFacts(
        train_start=record.train_start,
        train_end=record.train_end,
        rows=record.rows,
        validation_rows=record.validation_rows,
    )


def _target(contract: Contract) -> schemas.TargetFacts:
    name = contract.target or ""
    column = contract.columns[name]
    return schemas.TargetFacts(
        name=name,
        title=column.title,
        description=column.description.strip(),
        unit=column.unit,
        chance_of=column.chance_of,
        classes=[
            schemas.TargetClass(value=str(value), label=label)
            for value, label in (column.values or {}).items()
        ],
    )


def _contract(contract: Contract) -> schemas.ContractFacts:
    return schemas.ContractFacts(table=contract.table, title=contract.title, hash=contract.hash)


def _change(event: AliasEvent) -> schemas.ChampionChange:
    return schemas.ChampionChange(
        version=event.version,
        previous=event.previous,
        action=event.action.value,
        kind=event.kind.value,
        at=event.at,
        as_of=event.as_of,
        why=event.why,
    )


def _verdict(release: Release) -> schemas.VerdictFacts | None:
    if release.verdict is None:
        return None
    return schemas.VerdictFacts(
        decision=release.verdict, headline=release.headline, details=release.details
    )
