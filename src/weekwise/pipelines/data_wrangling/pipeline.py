"""The generic data wrangling pipeline."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from weekwise.pipelines.data_wrangling import nodes


def create_pipeline(**_kwargs: Any) -> Pipeline:
    """From the table `feed` to `features` and `wrangling_summary`."""
    return Pipeline(
        [
            Node(
                func=nodes.clean_feed,
                inputs=["feed", "features_contract"],
                outputs="clean_feed",
                name="clean_feed",
            ),
            Node(
                func=nodes.build_features,
                inputs=["clean_feed", "features_contract", "params:window"],
                outputs="features",
                name="build_features",
            ),
            Node(
                func=nodes.summarize_wrangling,
                inputs=["feed", "clean_feed", "features", "features_contract", "params:window"],
                outputs="wrangling_summary",
                name="summarize_wrangling",
            ),
        ]
    )
