"""A challenger is trained, scored beside the champion, and judged. Every node is pure."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd

from weekwise.analysis.selection import Selection
from weekwise.contract.model import Contract
from weekwise.errors import ContractError, FeedError
from weekwise.features.fingerprint import text_hash
from weekwise.features.model_frame import model_frame
from weekwise.features.read_values import Floats
from weekwise.features.time_features import calendar_feature
from weekwise.features.window import Window
from weekwise.model.boosting import Progress
from weekwise.model.compatibility import why_not
from weekwise.model.contenders import Challenger, Champion, CurrentChampion
from weekwise.model.evaluation import (
    Evaluation,
    HoldoutScores,
    ModelEvaluation,
    NoContest,
    evaluate,
)
from weekwise.model.fitting import fit, refit
from weekwise.model.holdout import clusters, held_out, not_seen, why_unknown
from weekwise.model.predictor import BASE_VALUE, Predictor
from weekwise.model.promotion import Holdout, PromotionParams, Scored, Unmatched, decide
from weekwise.model.retraining import Retraining, RetrainingParams, decide_retraining
from weekwise.model.verdict import Verdict, champion_already, not_retrained
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
    features: ibis.Table, features_contract: Contract, window: Window, training: TrainingParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """History in two: what a challenger is fitted on, and the holdout, which it never sees.

    Args:
        features: Rows of the features contract.
        features_contract: Its contract.
        window: The run's place in time.
        training: How many of the newest days are held out, or which share of rows without a time.

    Returns:
        Training rows and holdout rows, each in the order of the contract's key.

    Raises:
        FeedError: If either has no rows.
    """
    history = window.history(features, features_contract).order_by(*features_contract.key)
    frame = history.to_pyarrow().to_pandas(date_as_object=False)
    start = window.history_end(features_contract) - timedelta(days=training.holdout_days)
    out = held_out(frame, features_contract, start=start, share=training.holdout_share)
    if out.all() or not out.any():
        raise FeedError(_no_split(features_contract, start, int((~out).sum()), int(out.sum())))
    return frame[~out].reset_index(drop=True), frame[out].reset_index(drop=True)


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
    training: TrainingParams,
) -> Challenger:
    """The run's own model, if it trains one: what is judged, fitted again on all of history.

    Args:
        judged_challenger: What was fitted without the holdout.
        training_rows: History without the holdout.
        holdout_rows: The holdout.
        training: Whether to fit again.

    Returns:
        The challenger to register; its predictor's `twin` is the one to judge.
    """
    judged = judged_challenger.predictor
    if judged is None or not training.refit:
        return judged_challenger
    served = refit(
        judged,
        training_rows,
        holdout_rows,
        on_progress=lambda progress: _report(progress, judged.task),
    )
    record = served.record
    dates = f", up to {record.train_end}" if record.train_end else ""
    logger.info("Fitted %d trees again, on all %s rows%s.", record.trees, f"{record.rows:,}", dates)
    return replace(judged_challenger, predictor=served)


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


def score_holdout(
    challenger: Challenger,
    current_champion: CurrentChampion,
    holdout_rows: pd.DataFrame,
    features_contract: Contract,
    training: TrainingParams,
    promotion: PromotionParams,
) -> HoldoutScores:
    """What both models make of the holdout: of each, the twin that was fitted without one.

    Args:
        challenger: The run's own model, if there is one.
        current_champion: The champion before this run, if there is one.
        holdout_rows: The rows that no model of this run is fitted on.
        features_contract: What the rows are.
        training: Names the features to slice by.
        promotion: The same, for the gate.

    Raises:
        ContractError: If a feature to slice by is not in the contract.
    """
    champion, task = current_champion.champion, task_of(features_contract)
    no_contest = _no_contest(champion, features_contract)
    contender = challenger.predictor.judged if challenger.predictor else None
    rival = champion.predictor.judged if champion and no_contest is None else None
    not_seen_by_any = np.ones(len(holdout_rows), dtype=np.bool_)
    for predictor in (contender, rival):
        if predictor is not None:
            not_seen_by_any &= not_seen(holdout_rows, features_contract, predictor.record)
    slices = _slices(features_contract, training, promotion)
    return HoldoutScores(
        clusters=clusters(holdout_rows, features_contract),
        by_day=features_contract.time is not None,
        not_seen=not_seen_by_any,
        outcome=task.outcomes(holdout_rows[features_contract.target]),
        slices=holdout_rows[slices],
        challenger=_predicted(contender, holdout_rows, task),
        champion=_predicted(rival, holdout_rows, task),
        task=task,
        no_contest=no_contest,
    )


def _no_contest(champion: Champion | None, contract: Contract) -> NoContest | None:
    """Why the champion cannot be judged on rows of a contract, if it cannot."""
    if champion is None:
        return None
    cannot = why_not(champion.predictor, contract)
    reason = cannot or why_unknown(champion.predictor.contract, contract)
    return None if reason is None else NoContest(reason=reason, predicts=cannot is None)


def _slices(contract: Contract, training: TrainingParams, promotion: PromotionParams) -> list[str]:
    named = list(dict.fromkeys([*training.slices, *promotion.slice_limits]))
    unknown = [name for name in named if name not in contract.columns]
    if unknown:
        raise ContractError(
            f"training.slices or promotion.slice_limits name {', '.join(unknown)}, which contract "
            f"{contract.table} does not have; use one of: {', '.join(contract.columns)}"
        )
    return named


def _predicted(predictor: Predictor | None, rows: pd.DataFrame, task: Task) -> Floats | None:
    return None if predictor is None else task.aligned(predictor.predict(rows), predictor.task)


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
    if champion is not None and champion.version == challenger.version:
        return champion_already(window.as_of, task.name, champion.version)
    verdict = decide(
        _scored(Champion(challenger.version, challenger.predictor), holdout_scores.challenger),
        _rival(champion, holdout_scores),
        promotion,
        holdout=Holdout(
            as_of=window.as_of,
            clusters=holdout_scores.clusters,
            by_day=holdout_scores.by_day,
            not_seen=holdout_scores.not_seen,
            outcome=holdout_scores.outcome,
            slices=holdout_scores.slices,
            task=task,
        ),
    )
    logger.info("%s %s", verdict.headline, " ".join(verdict.reasons))
    return verdict


def _rival(champion: Champion | None, scores: HoldoutScores) -> Scored | Unmatched | None:
    if champion is None:
        return None
    if scores.no_contest is not None:
        return Unmatched(champion.version, scores.no_contest)
    return _scored(champion, scores.champion)


def _scored(model: Champion, predicted: Floats | None) -> Scored:
    record = model.predictor.judged.record
    return Scored(
        version=model.version,
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
    outcome = task.outcomes(training_rows[features_contract.target])
    baseline = task.baseline_predictions(task.baseline(outcome), len(scores.outcome))
    end = window.history_end(features_contract)
    start = end - timedelta(days=training.holdout_days)
    return Evaluation(
        as_of=window.as_of,
        holdout_start=start if scores.by_day else None,
        holdout_end=end if scores.by_day else None,
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
        shap_figure(
            contributions,
            model_frame(sample, predictor.inputs),
            titles,
            predictor.task.contribution(predictor.settings),
        ),
        calibration_figure(models, predictor.task),
    )


def _shown(challenger: Challenger, current: CurrentChampion) -> Champion:
    """The model a run has to show: its own, or the champion it kept."""
    if challenger.predictor is not None and challenger.version is not None:
        return Champion(challenger.version, challenger.predictor)
    if current.champion is None:
        raise FeedError("no model was trained and there is no champion; set retraining.retrain")
    return current.champion
