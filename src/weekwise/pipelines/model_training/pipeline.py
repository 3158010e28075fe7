"""The model training pipeline."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from weekwise.pipelines.model_training import nodes


def create_pipeline(**_kwargs: Any) -> Pipeline:
    """From `features` and `selected_features` to a registered challenger and its verdict."""
    return Pipeline([*_training(), *_judging(), *_describing()])


def _training() -> list[Node]:
    return [
        Node(
            func=nodes.plan_retraining,
            inputs=[
                "monitoring_log",
                "current_champion",
                "features_contract",
                "params:window",
                "params:retraining",
            ],
            outputs="retraining_plan",
            name="plan_retraining",
        ),
        Node(
            func=nodes.split_history,
            inputs=[
                "features",
                "features_contract",
                "selected_features",
                "params:window",
                "params:training",
            ],
            outputs=["training_rows", "holdout_rows", "training_sample"],
            name="split_history",
        ),
        Node(
            func=nodes.fit_challenger,
            inputs=[
                "training_rows",
                "features_contract",
                "selected_features",
                "wrangling_summary",
                "retraining_plan",
                "params:window",
                "params:training",
            ],
            outputs="judged_challenger",
            name="fit_challenger",
        ),
        Node(
            func=nodes.refit_challenger,
            inputs=[
                "judged_challenger",
                "training_rows",
                "holdout_rows",
                "training_sample",
                "params:training",
            ],
            outputs="fitted_challenger",
            name="refit_challenger",
        ),
        Node(
            func=nodes.attach_aggregates,
            inputs=["fitted_challenger", "features", "features_contract", "params:window"],
            outputs="challenger",
            name="attach_aggregates",
        ),
    ]


def _judging() -> list[Node]:
    return [
        Node(
            func=nodes.score_holdout,
            inputs=[
                "challenger",
                "current_champion",
                "holdout_rows",
                "features_contract",
                "params:training",
                "params:promotion",
            ],
            outputs="holdout_scores",
            name="score_holdout",
        ),
        Node(
            func=nodes.judge_challenger,
            inputs=[
                "challenger",
                "current_champion",
                "holdout_scores",
                "params:window",
                "params:promotion",
            ],
            outputs="verdict",
            name="judge_challenger",
        ),
        Node(
            func=nodes.evaluate_models,
            inputs=[
                "holdout_scores",
                "training_rows",
                "features_contract",
                "params:window",
                "params:training",
            ],
            outputs="evaluation",
            name="evaluate_models",
        ),
        Node(
            func=nodes.list_metrics,
            inputs="evaluation",
            outputs="training_metrics",
            name="list_metrics",
        ),
    ]


def _describing() -> list[Node]:
    return [
        Node(
            func=nodes.write_model_card,
            inputs=["challenger", "current_champion", "evaluation", "verdict"],
            outputs="model_card",
            name="write_model_card",
        ),
        Node(
            func=nodes.draw_model,
            inputs=[
                "challenger",
                "current_champion",
                "holdout_rows",
                "evaluation",
                "params:training",
            ],
            outputs=["importance_figure", "shap_figure", "calibration_figure"],
            name="draw_model",
        ),
    ]
