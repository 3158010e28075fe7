"""Fitting a predictor: judged on rows held out, then fitted again on all rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.features.model_frame import ModelInputs
from weekwise.features.time_features import calendar_feature
from weekwise.model.boosting import OnProgress
from weekwise.model.cross_validation import can_be_cut, cross_validate
from weekwise.model.fit_choice import FittedTrees, best_fit
from weekwise.model.learning_material import LearningMaterial, refuse_unfit
from weekwise.model.level_correction import correct_level
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams, TrainingRecord
from weekwise.model.training_rows import TrainingRows
from weekwise.tasks import task_of


def fit(
    train: pd.DataFrame,
    contract: Contract,
    features: tuple[str, ...] | list[str],
    params: FitParams,
    *,
    as_of: date,
    holdout_share: float | None = None,
    on_progress: OnProgress | None = None,
) -> Predictor:
    """Fit a predictor on rows whose outcome is known.

    The same rows in any order give the same predictor, bit for bit.

    Args:
        train: Raw rows of the contract, with its key, time, feature and target columns.
        contract: What `train` is; it has a target column, and a key or a time column.
        features: The contract's features to use, in any order.
        params: How to fit.
        as_of: The run's logical date, kept in the record.
        holdout_share: Where rows have no time: the share that was held out, kept in the record.
        on_progress: Called about ten times on the way.

    Returns:
        The predictor.

    Raises:
        ContractError: If the contract lacks a target that is supported, or a time column that a
            setting needs.
        FeedError: If the rows are too few, or of too few days, or cannot be learned from.
    """
    task = task_of(contract)
    inputs = ModelInputs(
        contract=contract,
        features=tuple(name for name in contract.features if name in set(features)),
        calendar=_calendar(contract, params),
        country=params.country,
    )
    asked, (params, rows, parts) = params, _cut(train, contract, params)
    outcome = task.outcomes(rows.frame[contract.target])
    refuse_unfit(task, outcome, rows.aside)
    size = len(train) * task.scores
    tried = asked.tries_for(size)
    fitted = best_fit(
        task.losses_of_trees(outcome, params.loss)[: None if tried else 1],
        asked.encodings_of(params) if tried and inputs.categories else [params],
        lambda loss, params: _fitted(
            LearningMaterial(rows, inputs, params, loss),
            parts,
            blend=size <= params.blend_max_rows,
            on_progress=on_progress,
        ),
    )
    unseen, share = fitted.unseen, fitted.linear_share
    record = TrainingRecord(
        as_of=as_of,
        train_start=rows.start,
        train_end=rows.end,
        holdout_share=holdout_share if rows.days is None else None,
        rows=int((~rows.aside).sum()),
        validation_rows=int(rows.aside.sum()),
        baseline=task.baseline(outcome),
        trees=int(fitted.model.tree_count_),
        validation_loss=fitted.validation_loss,
        params=fitted.material.params,
        errors=unseen.errors(share) if unseen else None,
        loss=fitted.material.loss,
        never_negative=fitted.material.never_negative,
        folds=len(parts) or None,
        linear_share=share,
    )
    return Predictor(
        inputs=inputs,
        threshold=params.threshold,
        record=record,
        model=fitted.model,
        linear=fitted.material.linear(~rows.aside) if share else None,
    )


def refit(
    judged: Predictor,
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    *,
    on_progress: OnProgress | None = None,
) -> Predictor:
    """Fit again, on all rows whose outcome is known, what was fitted without the holdout.

    Inputs, settings, loss and number of trees are those of the judged predictor; no row is set
    aside. A prediction interval is as wide as the judged predictor's errors on the rows that its
    trees were not grown on; of a small table, as the errors of its cross-validation.

    Args:
        judged: The predictor that was fitted on `train`.
        train: What it was fitted on.
        holdout: The rows that it has not seen, as `train`.
        on_progress: Called about ten times on the way.

    Returns:
        The predictor to serve; `twin` is the judged one.

    Raises:
        FeedError: If a row has no outcome.
    """
    contract, params, task = judged.contract, judged.record.params, judged.task
    everything = params.model_copy(update={"validation_every": None})
    rows = TrainingRows.of(pd.concat([train, holdout], ignore_index=True), contract, everything)
    outcome = task.outcomes(rows.frame[contract.target])
    refuse_unfit(task, outcome, rows.aside)
    loss = judged.record.loss or task.losses_of_trees(outcome, params.loss)[0]
    material = LearningMaterial(rows, judged.inputs, params, loss)
    trees = max(1, judged.record.trees)
    model = material.trees(~rows.aside, trees, on_progress=on_progress)
    record = judged.record.model_copy(
        update={
            "train_start": rows.start,
            "train_end": rows.end,
            "holdout_share": None,
            "rows": len(outcome),
            "validation_rows": 0,
            "baseline": task.baseline(outcome),
            "trees": int(model.tree_count_),
            "validation_loss": None,
            "loss": loss,
            "judged": judged.record,
        }
    )
    served = Predictor(
        inputs=judged.inputs,
        threshold=judged.threshold,
        record=record,
        model=model,
        linear=material.linear(~rows.aside) if judged.linear else None,
        twin=judged,
    )
    served = correct_level(served, rows)
    if judged.record.folds:
        return served.with_errors(judged.record.errors)
    before = TrainingRows.of(train, contract, params)
    unseen = pd.concat([before.frame[before.aside], holdout], ignore_index=True)
    unseen_outcome = task.outcomes(unseen[contract.target])
    return served.with_errors(
        task.errors(unseen_outcome, lambda: judged.predict(unseen), judged.settings)
    )


def _fitted(
    material: LearningMaterial,
    parts: Sequence[npt.NDArray[np.bool_]],
    *,
    blend: bool,
    on_progress: OnProgress | None,
) -> FittedTrees:
    """Trees of one loss, as many as are best on rows left out, and what these say of them."""
    aside, most, validated = material.rows.aside, material.params.iterations, None
    if parts:
        validated = cross_validate(
            parts, lambda part: material.trees(~part, most, watched=part), material.loss
        )
        most = validated.trees
    model = material.trees(~aside, most, watched=aside, on_progress=on_progress)
    unseen = material.unseen(model, validated)
    share = unseen.best_share() if unseen and blend else 0.0
    return FittedTrees(material, model, validated, unseen, share)


def _calendar(contract: Contract, params: FitParams) -> tuple[str, ...]:
    """The calendar features to use: none without a time, none of the clock without one."""
    if contract.time is None:
        return ()
    has_clock = contract.columns[contract.time].type.facts.has_time_of_day
    return tuple(
        name for name in params.calendar if has_clock or not calendar_feature(name).of_time
    )


def _cut(
    train: pd.DataFrame, contract: Contract, params: FitParams
) -> tuple[FitParams, TrainingRows, tuple[npt.NDArray[np.bool_], ...]]:
    """What holds for some rows: settings, order, and of a small table the parts to leave out."""
    task = task_of(contract)
    small = params.small_for(len(train) * task.scores)
    if small is not None:
        of_few = params.of_few_rows(small)
        rows = TrainingRows.of(train, contract, of_few)
        parts = rows.parts(small.folds, contract.key)
        if can_be_cut(task, task.outcomes(rows.frame[contract.target]), parts):
            return of_few, rows, parts
    params = params.of_rows(len(train) * task.scores)
    return params, TrainingRows.of(train, contract, params), ()
