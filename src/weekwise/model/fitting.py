"""Fitting a predictor: rows in order, some set aside to stop early on, progress on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from weekwise.contract.column import Role
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, FeedError
from weekwise.features.model_frame import ModelInputs, model_pool
from weekwise.features.read_values import Floats, time_column
from weekwise.features.row_hash import Hashes, row_hashes
from weekwise.features.time_features import calendar_feature
from weekwise.model.predictor import Predictor
from weekwise.model.training_record import FitParams, TrainingRecord
from weekwise.tasks import task_of
from weekwise.tasks.base import Task
from weekwise.tasks.records import Settings

if TYPE_CHECKING:
    from catboost import CatBoost, Pool

logger = logging.getLogger(__name__)

PROGRESS_REPORTS = 10
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Progress:
    """How far a fit has come.

    Attributes:
        trees: Trees grown so far.
        most: The most trees there will be; early stopping may end sooner.
        loss: The loss on the rows that early stopping watches, or without it on the rows trained
            on; the lower the better.
        measure: CatBoost's name of that loss.
    """

    trees: int
    most: int
    loss: float
    measure: str


OnProgress = Callable[[Progress], None]


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
    rows = _in_order(train, contract)
    days = _days(rows, contract, params)
    outcome = task.outcomes(rows[contract.target])
    watched = (
        _rows_set_aside(row_hashes(rows, contract.key), params.validation_every)
        if days is None
        else _days_set_aside(days, params.validation_every)
    )
    _refuse_unfit(task, outcome, watched)

    loss = task.loss_of_trees(outcome, params.loss)
    start = task.start(outcome[~watched], loss)

    def pool(part: npt.NDArray[np.bool_]) -> Pool:
        made = model_pool(
            rows[part], inputs, label=outcome[part], weight=_weights(days, params, part)
        )
        return made.set_baseline(np.full(int(part.sum()), start)) if start else made

    validation = pool(watched) if watched.any() else None
    model = _grow(pool(~watched), validation, task.new_model, loss, params, on_progress)
    if start:
        # What every row started from becomes a part of the model.
        scale, bias = model.get_scale_and_bias()
        model.set_scale_and_bias(scale, bias + start)
    errors = None
    if watched.any():
        settings = Settings(threshold=params.threshold, loss=loss)
        unlabelled = model_pool(rows[watched], inputs)
        errors = task.errors(
            outcome[watched],
            lambda: task.predict(model, unlabelled, settings, threads=-1),
            settings,
        )
    record = TrainingRecord(
        as_of=as_of,
        train_start=None if days is None else _date(days[0]),
        train_end=None if days is None else _date(days[-1] + 1),
        holdout_share=holdout_share if days is None else None,
        rows=int((~watched).sum()),
        validation_rows=int(watched.sum()),
        baseline=task.baseline(outcome),
        trees=int(model.tree_count_),
        validation_loss=model.get_best_score().get("validation", {}).get(loss),
        params=params,
        errors=errors,
        loss=loss,
    )
    return Predictor(inputs=inputs, threshold=params.threshold, record=record, model=model)


def _calendar(contract: Contract, params: FitParams) -> tuple[str, ...]:
    """The calendar features to use: none without a time, none of the clock without one."""
    if contract.time is None:
        return ()
    has_clock = contract.columns[contract.time].type.facts.has_time_of_day
    return tuple(
        name for name in params.calendar if has_clock or not calendar_feature(name).of_time
    )


def _in_order(train: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Rows by time, then key: CatBoost's statistics of categories depend on the order.

    Without a time, by a hash of the key: a key may be in an order that tells the outcome.
    """
    order = dict.fromkeys([*contract.names(Role.TIME), *contract.key])
    present = [name for name in order if name in train.columns]
    ordered: pd.DataFrame = train.sort_values(present, kind="stable", ignore_index=True)
    if contract.time is None:
        places = np.argsort(row_hashes(ordered, contract.key), kind="stable")
        ordered = ordered.iloc[places].reset_index(drop=True)
    return ordered


def _days(
    rows: pd.DataFrame, contract: Contract, params: FitParams
) -> npt.NDArray[np.int64] | None:
    """The day of each row since 1970, shape (n,), or none where rows have no time."""
    if contract.time is not None:
        times = time_column(rows[contract.time], contract.timezone)
        return times.astype("datetime64[D]").astype(np.int64)
    if params.recency_half_life_days is not None:
        raise ContractError(
            f"training.fit.recency_half_life_days needs a time column, and contract "
            f"{contract.table} has none; set it to null, or give one column role: time"
        )
    return None


def _rows_set_aside(hashes: Hashes, every: int | None) -> npt.NDArray[np.bool_]:
    """Which rows to stop early on: about every n-th, by a hash of its key."""
    if every is None:
        return np.zeros(len(hashes), dtype=np.bool_)
    return np.asarray(hashes % np.uint64(every) == np.uint64(every // 2))


def _days_set_aside(days: npt.NDArray[np.int64], every: int | None) -> npt.NDArray[np.bool_]:
    """Which rows lie on a day to stop early on: every n-th, counted back from the newest."""
    if every is None:
        return np.zeros(len(days), dtype=np.bool_)
    distinct = np.unique(days)
    if len(distinct) < every:
        raise FeedError(
            f"training needs rows of at least {every} days to set every {every}th aside; there are "
            f"{len(distinct)}: run a later week, or lower validation_every"
        )
    back = len(distinct) - 1 - np.searchsorted(distinct, days)
    aside: npt.NDArray[np.bool_] = back % every == every // 2
    return aside


def _refuse_unfit(task: Task, outcome: Floats, watched: npt.NDArray[np.bool_]) -> None:
    if np.isnan(outcome).any():
        raise FeedError(
            f"{int(np.isnan(outcome).sum())} of {len(outcome)} training rows have no outcome; "
            "train on history only"
        )
    parts = [(outcome[~watched], "trained on")]
    if watched.any():
        parts.append((outcome[watched], "set aside"))
    for part, name in parts:
        fault = task.fault(part)
        if fault:
            raise FeedError(f"the {len(part)} rows {name} {fault}; more history is needed")


def _weights(
    days: npt.NDArray[np.int64] | None, params: FitParams, part: npt.NDArray[np.bool_]
) -> Floats | None:
    """Weights of some rows that halve with each half-life of age, or none."""
    if days is None or params.recency_half_life_days is None:
        return None
    weights: Floats = 0.5 ** ((days[-1] - days[part]) / params.recency_half_life_days)
    return weights


def _grow(
    train: Pool,
    validation: Pool | None,
    new_model: Callable[..., CatBoost],
    loss: str,
    params: FitParams,
    on_progress: OnProgress | None,
) -> CatBoost:
    model = new_model(
        iterations=params.iterations,
        learning_rate=params.learning_rate,
        depth=params.depth,
        l2_leaf_reg=params.l2_leaf_reg,
        one_hot_max_size=params.one_hot_max_size,
        max_ctr_complexity=params.max_ctr_complexity,
        leaf_estimation_iterations=params.leaf_estimation_iterations,
        bootstrap_type="Bernoulli",
        subsample=params.subsample,
        rsm=params.rsm,
        boosting_type="Plain",
        has_time=True,
        loss_function=loss,
        eval_metric=loss,
        early_stopping_rounds=params.early_stopping_rounds if validation else None,
        use_best_model=validation is not None,
        random_seed=params.seed,
        thread_count=params.threads or -1,
        logging_level="Silent",
        allow_writing_files=False,
    )
    reporter = _Reporter(loss, params.iterations, on_progress)
    # CatBoost remarks on classes that no training row has, past its own logging level.
    model.fit(
        train,
        eval_set=validation,
        callbacks=[reporter] if on_progress else None,
        log_cout=_note,
        log_cerr=_note,
    )
    return model


def _note(words: str) -> None:
    logger.debug("CatBoost: %s", words.strip())


@dataclass(frozen=True)
class _Reporter:
    """A CatBoost callback that reports a few times only."""

    metric: str
    most: int
    on_progress: OnProgress | None

    def after_iteration(self, info: Any) -> bool:
        """Report now and then; True lets CatBoost go on."""
        if self.on_progress and info.iteration % max(1, self.most // PROGRESS_REPORTS) == 0:
            watched = info.metrics.get("validation") or info.metrics["learn"]
            loss = float(watched[self.metric][-1])
            self.on_progress(
                Progress(trees=info.iteration, most=self.most, loss=loss, measure=self.metric)
            )
        return True


def _date(day: np.int64) -> date:
    return _EPOCH + timedelta(days=int(day))
