"""The nodes of model training, by what they are for. Each is pure."""

from weekwise.pipelines.model_training.nodes.describing import draw_model, write_model_card
from weekwise.pipelines.model_training.nodes.judging import (
    evaluate_models,
    judge_challenger,
    list_metrics,
    score_holdout,
)
from weekwise.pipelines.model_training.nodes.learning import (
    attach_aggregates,
    fit_challenger,
    plan_retraining,
    refit_challenger,
    split_history,
)

__all__ = [
    "attach_aggregates",
    "draw_model",
    "evaluate_models",
    "fit_challenger",
    "judge_challenger",
    "list_metrics",
    "plan_retraining",
    "refit_challenger",
    "score_holdout",
    "split_history",
    "write_model_card",
]
