"""A challenger is trained, scored beside the champion, and judged. Every node is pure."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from weekwise.analysis.selection import Selection
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, FeedError
from weekwise.features.fingerprint import text_hash
from weekwise.features.model_frame import Floats, model_frame
from weekwise.features.time_features import calendar_feature
from weekwise.features.window import Window
from weekwise.model.contenders import Challenger, Champion, CurrentChampion
from weekwise.model.evaluation import (
    Evaluation,
    HoldoutScores,
    ModelEvaluation,
    evaluate,
)
from weekwise.model.fitting import Progress, fit
from weekwise.model.predictor import BASE_VALUE, Predictor
from weekwise.model.promotion import Holdout, PromotionParams, Scored, decide
from weekwise.model.retraining import Retraining, RetrainingParams, decide_retraining
from weekwise.model.verdict import Verdict, not_retrained
from weekwise.pipelines.model_training.params import TrainingParams
from weekwise.reports.charts import ChartFigure
from weekwise.reports.model_card import render_card
from weekwise.reports.model_figures import (
    calibration_figure,
    importance_figure,
    shap_figure,
)
from weekwise.reports.wrangling_summary import WranglingSummary
from weekwise.tasks import task_of
from weekwise.tasks.base import Task

logger = logging.getLogger(__name__)


def plan_retraining(
    monitoring_log: ibis.Table,
    current_champion: CurrentChampion,
    window: Window,
    retraining: RetrainingParams,
) -> Retraining:
    """Whether this run trains a model.

    Args:
        monitoring_log: Earlier weeks' rows; those of later weeks are ignored.
        current_champion: The champion before this run, if there is one.
        window: The run's place in time.
        retraining: When to train.
    """
    plan = decide_retraining(
        monitoring_log.to_pyarrow().to_pandas(),
        retraining,
        as_of=window.as_of,
        has_champion=current_champion.champion is not None,
    )
    logger.info("%s", plan.reason)
    return plan


def split_history(
    features: ibis.Table, features_contract: Contract, window: Window, training: TrainingParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History in two: what a challenger is fitted on, and the newest days, which it never sees.

    Args:
        features: Rows of the features contract.
        features_contract: Its contract.
        window: The run's place in time.
        training: `holdout_days` says how many days are held out.

    Returns:
        Training rows and holdout rows, each in the order of the contract's key.

    Raises:
        FeedError: If either has no rows.
    """
    history = window.history(features, features_contract).order_by(*features_contract.key)
    frame = history.to_pyarrow().to_pandas(date_as_object=False)
    start = window.history_end(features_contract) - timedelta(days=training.holdout_days)
    held_out = frame[features_contract.time] >= pd.Timestamp(start)
    if held_out.all() or not held_out.any():
        raise FeedError(
            f"{int((~held_out).sum())} rows before {start} and {int(held_out.sum())} from then on: "
            "training needs both; run a later week, or change training.holdout_days"
        )
    return frame[~held_out].reset_index(drop=True), frame[held_out].reset_index(drop=True)


def fit_challenger(
    training_rows: pd.DataFrame,
    features_contract: Contract,
    selected_features: Selection,
    wrangling_summary: WranglingSummary,
    retraining_plan: Retraining,
    window: Window,
    training: TrainingParams,
) -> Challenger:
    """The run's own model, if it trains one.

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
        on_progress=lambda progress: _report(progress, task_of(features_contract)),
    )
    record = predictor.record
    logger.info(
        "Fitted %d trees on %s rows, %s up to %s.",
        record.trees,
        f"{record.rows:,}",
        record.train_start,
        record.train_end,
    )
    return Challenger(
        predictor=predictor,
        reason=retraining_plan.reason,
        example=_example(training_rows, features_contract),
        fingerprint=text_hash(
            window.as_of.isoformat(),
            wrangling_summary.data_hash,
            features_contract.hash,
            ",".join(selected),
            # The number of threads does not change the model.
            training.model_dump_json(
                include={"holdout_days": True, "fit": True}, exclude={"fit": {"threads"}}
            ),
        ),
        tags={"data_hash": wrangling_summary.data_hash},
    )


def _report(progress: Progress, task: Task) -> None:
    logger.info(
        "Training: %d of at most %d trees, %s %.4f on days set aside.",
        progress.trees,
        progress.most,
        task.words.loss,
        progress.loss,
    )


def _example(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """A few complete raw rows, the newest that there are."""
    complete = rows[contract.inputs].dropna()
    return (rows[contract.inputs] if complete.empty else complete).tail(3).reset_index(drop=True)


def score_holdout(
    challenger: Challenger,
    current_champion: CurrentChampion,
    holdout_rows: pd.DataFrame,
    features_contract: Contract,
    training: TrainingParams,
    promotion: PromotionParams,
) -> HoldoutScores:
    """What both models make of the holdout.

    Args:
        challenger: The run's own model, if there is one.
        current_champion: The champion before this run, if there is one.
        holdout_rows: The newest rows of history.
        features_contract: What the rows are.
        training: Names the features to slice by.
        promotion: The same, for the gate.

    Raises:
        ContractError: If a feature to slice by is not in the contract.
    """
    champion = current_champion.champion
    slices = _slices(features_contract, training, promotion)
    return HoldoutScores(
        dates=holdout_rows[features_contract.time].to_numpy().astype("datetime64[D]"),
        outcome=holdout_rows[features_contract.target].to_numpy().astype(np.float64),
        slices=holdout_rows[slices],
        challenger=_predicted(challenger.predictor, holdout_rows),
        champion=_predicted(champion.predictor if champion else None, holdout_rows),
        task=task_of(features_contract),
    )


def _slices(contract: Contract, training: TrainingParams, promotion: PromotionParams) -> list[str]:
    named = list(dict.fromkeys([*training.slices, *promotion.slice_limits]))
    unknown = [name for name in named if name not in contract.columns]
    if unknown:
        raise ContractError(
            f"training.slices or promotion.slice_limits name {', '.join(unknown)}, which contract "
            f"{contract.table} does not have; use one of: {', '.join(contract.columns)}"
        )
    return named


def _predicted(predictor: Predictor | None, rows: pd.DataFrame) -> Floats | None:
    return None if predictor is None else predictor.predict(rows)


def judge_challenger(
    challenger: Challenger,
    current_champion: CurrentChampion,
    holdout_scores: HoldoutScores,
    window: Window,
    promotion: PromotionParams,
) -> Verdict:
    """Let the better model win.

    Args:
        challenger: The run's own model, if there is one.
        current_champion: The champion before this run, if there is one.
        holdout_scores: What both make of the holdout.
        window: The run's place in time.
        promotion: What is asked of a challenger.
    """
    champion, task = current_champion.champion, holdout_scores.task
    if challenger.predictor is None or challenger.version is None:
        version = champion.version if champion else ""
        return not_retrained(window.as_of, task.name, version, challenger.reason)
    verdict = decide(
        _scored(Champion(challenger.version, challenger.predictor), holdout_scores.challenger),
        _scored(champion, holdout_scores.champion) if champion else None,
        promotion,
        holdout=Holdout(
            as_of=window.as_of,
            dates=holdout_scores.dates,
            outcome=holdout_scores.outcome,
            slices=holdout_scores.slices,
            task=task,
        ),
    )
    logger.info("%s %s", verdict.headline, " ".join(verdict.reasons))
    return verdict


def _scored(model: Champion, predicted: Floats | None) -> Scored:
    record = model.predictor.record
    return Scored(
        version=model.version,
        train_end=record.train_end,
        baseline=record.baseline,
        rows=record.rows,
        predicted=np.empty(0) if predicted is None else predicted,
    )


def evaluate_models(
    holdout_scores: HoldoutScores,
    training_rows: pd.DataFrame,
    features_contract: Contract,
    window: Window,
    training: TrainingParams,
) -> Evaluation:
    """How both models and the baseline do on the holdout, overall and by slice.

    Args:
        holdout_scores: What both models make of the holdout.
        training_rows: History without the holdout; its outcomes make the baseline.
        features_contract: What the rows are.
        window: The run's place in time.
        training: Names the features to slice by.
    """
    scores, task = holdout_scores, holdout_scores.task
    outcome = training_rows[features_contract.target].to_numpy().astype(np.float64)
    baseline = task.baseline_predictions(task.baseline(outcome), len(scores.outcome))
    end = window.history_end(features_contract)
    return Evaluation(
        as_of=window.as_of,
        holdout_start=end - timedelta(days=training.holdout_days),
        holdout_end=end,
        rows=len(scores.outcome),
        challenger=_evaluated(scores.challenger, scores, training),
        champion=_evaluated(scores.champion, scores, training),
        baseline=task.score(scores.outcome, baseline),
    )


def _evaluated(
    predicted: Floats | None, scores: HoldoutScores, training: TrainingParams
) -> ModelEvaluation | None:
    if predicted is None:
        return None
    return evaluate(predicted, scores, training.slices, min_rows=training.slice_min_rows)


def list_metrics(evaluation: Evaluation) -> dict[str, Any]:
    """The overall metrics of every model, as MLflow takes them.

    Args:
        evaluation: Both models and the baseline on the holdout.

    Returns:
        `{"challenger.loss": {"value": …, "step": 0}, …}`: rows, the task's loss, and its metrics.
    """
    models = {
        "challenger": evaluation.challenger.metrics if evaluation.challenger else None,
        "champion": evaluation.champion.metrics if evaluation.champion else None,
        "baseline": evaluation.baseline,
    }
    return {
        f"{model}.{name}": {"value": float(value), "step": 0}
        for model, metrics in models.items()
        if metrics is not None
        for name, value in {"rows": metrics.rows, "loss": metrics.loss, **metrics.by_name}.items()
        if value is not None
    }


def write_model_card(
    challenger: Challenger,
    current_champion: CurrentChampion,
    evaluation: Evaluation,
    verdict: Verdict,
) -> str:
    """What a reader must know of the model that this run trained, or else kept, as Markdown.

    Args:
        challenger: The run's own model, if there is one.
        current_champion: The champion before this run, if there is one.
        evaluation: Both on the holdout.
        verdict: What the promotion gate decided.
    """
    model = _shown(challenger, current_champion)
    return render_card(model.predictor, model.version, evaluation, verdict)


def draw_model(
    challenger: Challenger,
    current_champion: CurrentChampion,
    holdout_rows: pd.DataFrame,
    evaluation: Evaluation,
    training: TrainingParams,
) -> tuple[ChartFigure, ChartFigure, ChartFigure]:
    """Feature importance, SHAP summary and calibration of the model this run trained or kept.

    Args:
        challenger: The run's own model, if there is one.
        current_champion: The champion before this run, if there is one.
        holdout_rows: Rows to explain; a fixed sample of them is.
        evaluation: Calibration of both models.
        training: `explained_rows` says how many rows.
    """
    predictor = _shown(challenger, current_champion).predictor
    titles = {
        **{name: column.title for name, column in predictor.contract.columns.items()},
        **{name: calendar_feature(name).title for name in predictor.calendar},
    }
    sample = holdout_rows.sample(min(training.explained_rows, len(holdout_rows)), random_state=0)
    contributions = predictor.contributions(sample).drop(columns=BASE_VALUE)
    models = {
        name: evaluated.calibration
        for name, evaluated in (
            ("challenger", evaluation.challenger),
            ("champion", evaluation.champion),
        )
        if evaluated is not None
    }
    return (
        importance_figure(predictor.importances(), titles),
        shap_figure(contributions, model_frame(sample, predictor.inputs), titles, predictor.task),
        calibration_figure(models, predictor.task),
    )


def _shown(challenger: Challenger, current: CurrentChampion) -> Champion:
    """The model a run has to show: its own, or the champion it kept."""
    if challenger.predictor is not None and challenger.version is not None:
        return Champion(challenger.version, challenger.predictor)
    if current.champion is None:
        raise FeedError("no model was trained and there is no champion; set retraining.retrain")
    return current.champion
