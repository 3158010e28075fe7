"""The model monitoring pipeline."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from weekwise.pipelines.model_monitoring import nodes


def create_pipeline(**_kwargs: Any) -> Pipeline:
    """From predictions and their outcomes to the monitoring log and the weekly report."""
    return Pipeline([*_outcomes(), *_past_weeks(), *_coming_week(), *_reporting()])


def _outcomes() -> list[Node]:
    return [
        Node(
            func=nodes.join_outcomes,
            inputs=[
                "predictions@all",
                "features",
                "features_contract",
                "params:window",
                "params:monitoring",
            ],
            outputs="realized_predictions",
            name="join_outcomes",
        ),
        Node(
            func=nodes.note_outcomes,
            inputs=[
                "realized_predictions",
                "predictions@all",
                "features",
                "outcome_log",
                "features_contract",
                "params:window",
                "params:monitoring",
            ],
            outputs=["outcome_week", "look_back"],
            name="note_outcomes",
        ),
        Node(
            func=nodes.count_outcomes,
            inputs=["features", "features_contract", "params:window"],
            outputs="daily_outcomes",
            name="count_outcomes",
        ),
    ]


def _past_weeks() -> list[Node]:
    return [
        Node(
            func=nodes.score_past_weeks,
            inputs=[
                "realized_predictions",
                "daily_outcomes",
                "monitoring_log",
                "look_back",
                "features_contract",
                "params:window",
                "params:monitoring",
            ],
            outputs="realized_performance",
            name="score_past_weeks",
        ),
        Node(
            func=nodes.score_first_champion,
            inputs=[
                "predictions@all",
                "features",
                "monitoring_log",
                "first_champion",
                "features_contract",
                "params:window",
            ],
            outputs="retraining_gain",
            name="score_first_champion",
        ),
    ]


def _coming_week() -> list[Node]:
    return [
        Node(
            func=nodes.describe_predictions,
            inputs=[
                "predictions@all",
                "predictions_file",
                "realized_performance",
                "monitoring_log",
                "features_contract",
                "params:window",
                "params:monitoring",
            ],
            outputs="upcoming_predictions",
            name="describe_predictions",
        ),
        Node(
            func=nodes.find_unseen_categories,
            inputs=["features", "features_contract", "selected_features", "params:window"],
            outputs="unseen_categories",
            name="find_unseen_categories",
        ),
        Node(
            func=nodes.describe_features,
            inputs=["exploration", "selected_features", "unseen_categories", "params:window"],
            outputs="feature_figures",
            name="describe_features",
        ),
        Node(
            func=nodes.describe_model,
            inputs=[
                "verdict",
                "evaluation",
                "champion",
                "retraining_gain",
                "features_contract",
                "params:window",
                "params:search",
            ],
            outputs="model_figures",
            name="describe_model",
        ),
        Node(
            func=nodes.describe_data,
            inputs=[
                "wrangling_summary",
                "gate_results",
                "shadow_days",
                "features_contract",
                "params:window",
            ],
            outputs="data_figures",
            name="describe_data",
        ),
    ]


def _reporting() -> list[Node]:
    return [
        Node(
            func=nodes.judge_week,
            inputs=[
                "realized_performance",
                "upcoming_predictions",
                "model_figures",
                "feature_figures",
                "data_figures",
                "params:window",
                "params:monitoring",
            ],
            outputs="judged_week",
            name="judge_week",
        ),
        Node(
            func=nodes.log_week,
            inputs="judged_week",
            outputs="monitoring_week",
            name="log_week",
        ),
        Node(
            func=nodes.draw_report,
            inputs=["judged_week", "verdict", "monitoring_week"],
            outputs=["weekly_report_page", "release", "weekly_report"],
            name="draw_report",
        ),
    ]
