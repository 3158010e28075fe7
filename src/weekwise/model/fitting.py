"""Fitting a predictor: judged on rows held out, then fitted again on all rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.errors import FeedError
from weekwise.features.model_frame import ModelInputs, model_pool
from weekwise.features.read_values import Floats
from weekwise.features.time_features import calendar_feature
from weekwise.model.boosting import OnProgress, grow
from weekwise.model.cross_validation import CrossValidation, can_be_cut, cross_validate
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams, TrainingRecord
from weekwise.model.training_rows import TrainingRows
from weekwise.tasks import task_of
from weekwise.tasks.base import Task
from weekwise.tasks.records import Settings

if TYPE_CHECKING:
    from catboost import CatBoost, Pool


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
    params, rows, parts = _cut(train, contract, params)
    outcome = task.outcomes(rows.frame[contract.target])
    _refuse_unfit(task, outcome, rows.aside)
    loss = task.loss_of_trees(outcome, params.loss)

    def grown(rows: TrainingRows, trees: int, on_progress: OnProgress | None) -> CatBoost:
        return _grown(rows, outcome, inputs, loss, params, trees, on_progress)

    def without(part: npt.NDArray[np.bool_]) -> CatBoost:
        return grown(replace(rows, aside=part), params.iterations, None)

    validated = cross_validate(parts, without, loss) if parts else None
    model = grown(rows, validated.trees if validated else params.iterations, on_progress)
    best = model.get_best_score().get("validation", {}).get(loss)
    record = TrainingRecord(
        as_of=as_of,
        train_start=rows.start,
        train_end=rows.end,
        holdout_share=holdout_share if rows.days is None else None,
        rows=int((~rows.aside).sum()),
        validation_rows=int(rows.aside.sum()),
        baseline=task.baseline(outcome),
        trees=int(model.tree_count_),
        validation_loss=validated.loss if validated else best,
        params=params,
        loss=loss,
        folds=len(parts) or None,
    )
    fitted = Predictor(inputs=inputs, threshold=params.threshold, record=record, model=model)
    if validated is None:
        return fitted.with_errors(_errors(fitted, rows.frame[rows.aside], outcome[rows.aside]))
    return fitted.with_errors(_errors_of_parts(fitted, validated, rows.frame, outcome))


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
    _refuse_unfit(task, outcome, rows.aside)
    loss = judged.record.loss or task.loss_of_trees(outcome, params.loss)
    trees = max(1, judged.record.trees)
    model = _grown(rows, outcome, judged.inputs, loss, params, trees, on_progress)
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
        twin=judged,
    )
    if judged.record.folds:
        return served.with_errors(judged.record.errors)
    before = TrainingRows.of(train, contract, params)
    unseen = pd.concat([before.frame[before.aside], holdout], ignore_index=True)
    return served.with_errors(_errors(judged, unseen, task.outcomes(unseen[contract.target])))


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


def _refuse_unfit(task: Task, outcome: Floats, aside: npt.NDArray[np.bool_]) -> None:
    if np.isnan(outcome).any():
        raise FeedError(
            f"{int(np.isnan(outcome).sum())} of {len(outcome)} training rows have no outcome; "
            "train on history only"
        )
    parts = [(outcome[~aside], "trained on")]
    if aside.any():
        parts.append((outcome[aside], "set aside"))
    for part, name in parts:
        fault = task.fault(part)
        if fault:
            raise FeedError(f"the {len(part)} rows {name} {fault}; more history is needed")


def _grown(
    rows: TrainingRows,
    outcome: Floats,
    inputs: ModelInputs,
    loss: str,
    params: FitParams,
    trees: int,
    on_progress: OnProgress | None,
) -> CatBoost:
    """Trees grown on all rows but those set aside, which stop them early."""
    task = task_of(inputs.contract)
    start = task.start(outcome[~rows.aside], loss)

    def pool(part: npt.NDArray[np.bool_]) -> Pool:
        weights = rows.weights(part, params.recency_half_life_days)
        made = model_pool(rows.frame[part], inputs, label=outcome[part], weight=weights)
        return made.set_baseline(np.full(int(part.sum()), start)) if start else made

    validation = pool(rows.aside) if rows.aside.any() else None
    model = grow(
        pool(~rows.aside),
        validation,
        task.new_model,
        loss,
        params,
        trees=trees,
        on_progress=on_progress,
    )
    if start:
        # What every row started from becomes a part of the model.
        scale, bias = model.get_scale_and_bias()
        model.set_scale_and_bias(scale, bias + start)
    return model


def _errors(fitted: Predictor, unseen: pd.DataFrame, outcome: Floats) -> tuple[float, float] | None:
    """The `errors` that rows which trees were not grown on show, if there are any."""
    if unseen.empty:
        return None
    settings = Settings(threshold=fitted.threshold, loss=fitted.record.loss)
    task = fitted.task

    def predict() -> Floats:
        pool = model_pool(unseen, fitted.inputs)
        return task.predict(fitted.model, pool, settings, threads=-1)

    return task.errors(outcome, predict, settings)


def _errors_of_parts(
    fitted: Predictor, validated: CrossValidation, rows: pd.DataFrame, outcome: Floats
) -> tuple[float, float] | None:
    """The same of a cross-validation: every row as the model without its part predicts it."""
    settings = Settings(threshold=fitted.threshold, loss=fitted.record.loss)
    task = fitted.task

    def of_part(model: CatBoost, part: npt.NDArray[np.bool_]) -> Floats:
        pool = model_pool(rows[part], fitted.inputs)
        return task.predict(model, pool, settings, threads=-1)

    return task.errors(outcome, lambda: validated.predict(of_part), settings)
