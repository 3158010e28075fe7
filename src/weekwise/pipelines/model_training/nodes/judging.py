"""Challenger and champion on the holdout, and the promotion gate's verdict. Every node is pure."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from weekwise.contract.model import Contract
from weekwise.errors import ContractError
from weekwise.features.read_values import Floats
from weekwise.features.window import Window
from weekwise.model.compatibility import why_not
from weekwise.model.contenders import Challenger, Champion, CurrentChampion
from weekwise.model.evaluation import (
    Evaluation,
    HoldoutScores,
    ModelEvaluation,
    NoContest,
    evaluate,
)
from weekwise.model.holdout import clusters, not_seen, why_unknown
from weekwise.model.predictor import Predictor
from weekwise.model.promotion import Holdout, PromotionParams, Scored, Unmatched, decide
from weekwise.model.verdict import Verdict, champion_already, not_retrained
from weekwise.pipelines.model_training.params import TrainingParams
from weekwise.tasks import task_of
from weekwise.tasks.base import Task

logger = logging.getLogger(__name__)


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
