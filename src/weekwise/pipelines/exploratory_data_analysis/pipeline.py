"""The exploratory analysis pipeline."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from weekwise.analysis.association import measure_associations
from weekwise.analysis.correlation import correlate_features
from weekwise.analysis.feature_drift import measure_drift
from weekwise.analysis.profile import profile_columns
from weekwise.analysis.selection import select_features
from weekwise.analysis.table import read_analysis_table
from weekwise.analysis.target import summarize_target
from weekwise.pipelines.exploratory_data_analysis import nodes

PARAMS = "params:exploration"
FIGURES = [f"{name}_figure" for name in nodes.FIGURES]


def create_pipeline(**_kwargs: Any) -> Pipeline:
    """From `features` to `exploration`, `selected_features`, the report and its figures."""
    return Pipeline([*_measures(), *_outcomes()])


def _measures() -> list[Node]:
    return [
        Node(
            func=read_analysis_table,
            inputs=["features", "features_contract", "params:window", PARAMS],
            outputs="analysis_table",
            name="read_analysis_table",
        ),
        Node(
            func=profile_columns,
            inputs=["analysis_table", PARAMS],
            outputs="feature_profile",
            name="profile_columns",
        ),
        Node(
            func=summarize_target,
            inputs="analysis_table",
            outputs="target_summary",
            name="summarize_target",
        ),
        Node(
            func=measure_associations,
            inputs=["analysis_table", PARAMS],
            outputs="associations",
            name="measure_associations",
        ),
        Node(
            func=correlate_features,
            inputs=["analysis_table", PARAMS],
            outputs="correlations",
            name="correlate_features",
        ),
        Node(
            func=measure_drift,
            inputs=["analysis_table", PARAMS],
            outputs="feature_drift",
            name="measure_drift",
        ),
    ]


def _outcomes() -> list[Node]:
    return [
        Node(
            func=select_features,
            inputs=[
                "features_contract",
                "feature_profile",
                "associations",
                "correlations",
                PARAMS,
            ],
            outputs="selected_features",
            name="select_features",
        ),
        Node(
            func=nodes.collect_exploration,
            inputs=[
                "feature_profile",
                "target_summary",
                "associations",
                "correlations",
                "feature_drift",
                "selected_features",
                PARAMS,
            ],
            outputs="exploration",
            name="collect_exploration",
        ),
        Node(
            func=nodes.draw_exploration,
            inputs=["exploration", "features_contract"],
            outputs=FIGURES,
            name="draw_exploration",
            tags="figures",
        ),
        Node(
            func=nodes.write_exploration_page,
            inputs=["exploration", "features_contract", *FIGURES],
            outputs="exploration_report",
            name="render_exploration",
        ),
    ]
