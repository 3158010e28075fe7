"""The exploratory analysis pipeline."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from weekwise.pipelines.exploratory_data_analysis import nodes


def create_pipeline(**_kwargs: Any) -> Pipeline:
    """From `features` to `exploration`, `selected_features`, the report and its figures."""
    return Pipeline([*_measures(), *_outcomes(), *_figures()])


def _measures() -> list[Node]:
    settings = "params:exploration"
    return [
        Node(
            func=nodes.read_features,
            inputs=["features", "features_contract", "params:window"],
            outputs="analysis_table",
            name="read_features",
        ),
        Node(
            func=nodes.summarize_columns,
            inputs=["analysis_table", settings],
            outputs="feature_profile",
            name="summarize_columns",
        ),
        Node(
            func=nodes.summarize_target,
            inputs="analysis_table",
            outputs="target_summary",
            name="summarize_target",
        ),
        Node(
            func=nodes.measure_associations,
            inputs=["analysis_table", settings],
            outputs="associations",
            name="measure_associations",
        ),
        Node(
            func=nodes.correlate_features,
            inputs=["analysis_table", settings],
            outputs="correlations",
            name="correlate_features",
        ),
        Node(
            func=nodes.measure_drift,
            inputs=["analysis_table", settings],
            outputs="feature_drift",
            name="measure_drift",
        ),
    ]


def _outcomes() -> list[Node]:
    return [
        Node(
            func=nodes.select_features,
            inputs=[
                "features_contract",
                "feature_profile",
                "associations",
                "correlations",
                "params:exploration",
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
                "params:exploration",
            ],
            outputs="exploration",
            name="collect_exploration",
        ),
        Node(
            func=nodes.render_report,
            inputs=["exploration", "features_contract"],
            outputs="exploration_report",
            name="render_exploration_report",
        ),
    ]


def _figures() -> list[Node]:
    drawn = {
        "target_rate": nodes.draw_target_rate,
        "missing": nodes.draw_missing,
        "distributions": nodes.draw_distributions,
        "associations": nodes.draw_associations,
        "correlation": nodes.draw_correlation,
        "drift": nodes.draw_drift,
    }
    return [
        Node(
            func=draw,
            inputs="exploration",
            outputs=f"{name}_figure",
            name=f"draw_{name}",
            tags="figures",
        )
        for name, draw in drawn.items()
    ]
