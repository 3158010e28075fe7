"""Whether this run trains, on which rows, and the model it trains. Every node is pure."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import ibis
import pandas as pd

from weekwise.analysis.selection import Selection
from weekwise.contract.model import Contract
from weekwise.errors import FeedError
from weekwise.features.aggregate_tables import aggregate_tables
from weekwise.features.fingerprint import text_hash
from weekwise.features.model_frame import ModelInputs
from weekwise.features.past_sample import PastSample, sampled
from weekwise.features.window import Window
from weekwise.model.boosting import Progress
from weekwise.model.compatibility import why_not
from weekwise.model.contenders import Challenger, CurrentChampion
from weekwise.model.fitting import fit, refit
from weekwise.model.holdout import held_out
from weekwise.model.retraining import Retraining, RetrainingParams, decide_retraining
from weekwise.pipelines.model_training.params import TrainingParams
from weekwise.reports.wrangling_summary import WranglingSummary
from weekwise.tasks import task_of
from weekwise.tasks.base import Task

logger = logging.getLogger(__name__)


def plan_retraining(
    monitoring_log: ibis.Table,
    current_champion: CurrentChampion,
    features_contract: Contract,
    window: Window,
    retraining: RetrainingParams,
) -> Retraining:
    """Whether this run trains a model.

    Args:
        monitoring_log: Earlier weeks' rows; those of later weeks are ignored.
        current_champion: The champion before this run, if there is one.
        features_contract: What it would have to predict.
        window: The run's place in time.
        retraining: When to train.
    """
    plan = decide_retraining(
        monitoring_log.to_pyarrow().to_pandas(),
        retraining,
        as_of=window.as_of,
        no_champion=_no_champion(current_champion, features_contract),
    )
    logger.info("%s", plan.reason)
    return plan


def _no_champion(current: CurrentChampion, contract: Contract) -> str | None:
    """Why there is no champion that could stay, if there is none."""
    if current.champion is None:
        return "There is no champion yet."
    reason = why_not(current.champion.predictor, contract)
    if reason is None:
        return None
    return f"The champion, version {current.champion.version}, cannot predict any more: {reason}."


def split_history(
    features: ibis.Table,
    features_contract: Contract,
    selected_features: Selection,
    window: Window,
    training: TrainingParams,
) -> tuple[pd.DataFrame, pd.DataFrame, PastSample]:
    """History in two: what a challenger is fitted on, and the holdout, which it never sees.

    Args:
        features: Rows of the features contract.
        features_contract: Its contract.
        selected_features: The features that exploration found fit; training rows have no others.
        window: The run's place in time.
        training: How many of the newest days are held out, or which share of rows without a time,
            and how many rows are trained on at most.

    Returns:
        Training rows and holdout rows, each in the order of the contract's key, and which part of a
        long history the training rows are. Holdout rows have every column: a champion may take
        features that are not selected any more.

    Raises:
        FeedError: If either has no rows.
    """
    contract, most = features_contract, training.max_training_rows
    history = window.history(features, contract)
    start = window.history_end(contract) - timedelta(days=training.holdout_days)
    wanted = _training_columns(contract, selected_features.selected)
    if contract.time is None:
        # What is held out follows from the key, by a hash that no engine has.
        past, sample = sampled(history, contract, most=most)
        frame = _frame(past, contract)
        out = held_out(frame, contract, start=start, share=training.holdout_share)
        train, holdout = frame.loc[~out, wanted].reset_index(drop=True), frame[out]
        holdout = holdout.reset_index(drop=True)
    else:
        is_new = history[contract.time].cast("date") >= ibis.literal(start)
        past, sample = sampled(history.filter(~is_new), contract, most=most)
        train = _frame(past.select(*wanted), contract)
        holdout = _frame(history.filter(is_new), contract)
    if train.empty or holdout.empty:
        raise FeedError(_no_split(contract, start, len(train), len(holdout)))
    if not sample.is_whole:
        logger.info("To train on, %s.", sample.sentence())
    return train, holdout, sample


def _training_columns(contract: Contract, selected: Sequence[str]) -> list[str]:
    """What a model is fitted on, in the contract's order: and what its rows are told apart by."""
    inputs = ModelInputs(contract=contract, features=tuple(selected))
    wanted = {*contract.key, contract.time, contract.target, *selected, *inputs.raw}
    return [name for name in contract.columns if name in wanted]


def _frame(rows: ibis.Table, contract: Contract) -> pd.DataFrame:
    ordered = rows.order_by(*contract.key).to_pyarrow()
    # Arrow lets go of each column as soon as pandas has it.
    frame: pd.DataFrame = ordered.to_pandas(
        date_as_object=False, split_blocks=True, self_destruct=True
    )
    return frame


def _no_split(contract: Contract, start: date, train: int, out: int) -> str:
    """Why history cannot be cut in two, and what to do."""
    if contract.time is None:
        return (
            f"{train} rows to train on and {out} held out: training needs both; it needs more rows "
            "whose target is known, or another training.holdout_share"
        )
    return (
        f"{train} rows before {start} and {out} from then on: training needs both; "
        "run a later week, or change training.holdout_days"
    )


def fit_challenger(
    training_rows: pd.DataFrame,
    features_contract: Contract,
    selected_features: Selection,
    wrangling_summary: WranglingSummary,
    retraining_plan: Retraining,
    window: Window,
    training: TrainingParams,
) -> Challenger:
    """The model that the promotion gate judges, if the run trains one.

    Args:
        training_rows: History without the holdout.
        features_contract: What the rows are.
        selected_features: The features that exploration found fit.
        wrangling_summary: Its hash tells one state of the data from another.
        retraining_plan: Whether to train.
        window: The run's place in time.
        training: How.

    Returns:
        The challenger; empty if none is trained.
    """
    if not retraining_plan.retrain:
        return Challenger(predictor=None, reason=retraining_plan.reason)
    selected = selected_features.selected
    predictor = fit(
        training_rows,
        features_contract,
        selected,
        training.fit,
        as_of=window.as_of,
        holdout_share=training.holdout_share,
        on_progress=lambda progress: _report(progress, task_of(features_contract)),
    )
    record = predictor.record
    dates = f", {record.train_start} up to {record.train_end}" if record.train_end else ""
    logger.info("Fitted %d trees on %s rows%s.", record.trees, f"{record.rows:,}", dates)
    return Challenger(
        predictor=predictor,
        reason=retraining_plan.reason,
        example=_example(training_rows[predictor.inputs.raw]),
        fingerprint=text_hash(
            window.as_of.isoformat(),
            wrangling_summary.data_hash,
            features_contract.hash,
            ",".join(selected),
            # The number of threads does not change the model.
            training.model_dump_json(
                include={
                    "holdout_days": True,
                    "holdout_share": True,
                    "max_training_rows": True,
                    "refit": True,
                    "fit": True,
                },
                exclude={"fit": {"threads"}},
            ),
        ),
        tags={"data_hash": wrangling_summary.data_hash},
    )


def refit_challenger(
    judged_challenger: Challenger,
    training_rows: pd.DataFrame,
    holdout_rows: pd.DataFrame,
    training_sample: PastSample,
    training: TrainingParams,
) -> Challenger:
    """The run's own model, if it trains one: what is judged, fitted again on all of history.

    Args:
        judged_challenger: What was fitted without the holdout.
        training_rows: History without the holdout.
        holdout_rows: The holdout.
        training_sample: Which part of a long history the training rows are; kept in the record.
        training: Whether to fit again.

    Returns:
        The challenger; its predictor's `twin` is the one to judge.
    """
    judged = judged_challenger.predictor
    if judged is None:
        return judged_challenger
    if not training_sample.is_whole:
        record = judged.record.model_copy(update={"sample": training_sample})
        judged = replace(judged, record=record)
        judged_challenger = replace(judged_challenger, predictor=judged)
    if not training.refit:
        return judged_challenger
    served = refit(
        judged,
        training_rows,
        holdout_rows[training_rows.columns],
        on_progress=lambda progress: _report(progress, judged.task),
    )
    record = served.record
    dates = f", up to {record.train_end}" if record.train_end else ""
    all_of = "all " if record.sample is None else ""
    rows = f"{all_of}{record.rows:,} rows{dates}"
    logger.info("Fitted %d trees again, on %s.", record.trees, rows)
    return replace(judged_challenger, predictor=served)


def attach_aggregates(
    fitted_challenger: Challenger,
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
) -> Challenger:
    """The challenger with what the run knows of the aggregates it takes, for rows without them.

    Args:
        fitted_challenger: The run's own model, if it trained one.
        features: Rows of the features contract.
        features_contract: Its contract.
        window: The run's place in time.
    """
    predictor = fitted_challenger.predictor
    if predictor is None:
        return fitted_challenger
    known = aggregate_tables(features, features_contract, window, predictor.features)
    return replace(fitted_challenger, predictor=replace(predictor, aggregates=known))


def _report(progress: Progress, task: Task) -> None:
    logger.info(
        "Training: %d of at most %d trees, %s %.4f on %s.",
        progress.trees,
        progress.most,
        task.words.loss if progress.measure == task.catboost_loss else progress.measure,
        progress.loss,
        progress.rows,
        extra={"progress": (progress.trees, progress.most)},
    )


def _example(rows: pd.DataFrame) -> pd.DataFrame:
    """A few complete rows, the newest that there are."""
    complete = rows.dropna()
    return (rows if complete.empty else complete).tail(3).reset_index(drop=True)
