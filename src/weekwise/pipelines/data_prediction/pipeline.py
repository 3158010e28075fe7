"""The data prediction pipeline."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from weekwise.pipelines.data_prediction import nodes


def create_pipeline(**_kwargs: Any) -> Pipeline:
    """From `features` and the champion to the week's predictions, in the store and as a file."""
    return Pipeline(
        [
            Node(
                func=nodes.predict_upcoming,
                inputs=["features", "features_contract", "champion", "verdict", "params:window"],
                outputs="week_predictions",
                name="predict_upcoming",
            ),
            Node(
                func=nodes.store_predictions,
                inputs="week_predictions",
                outputs=["predictions@week", "predictions_file"],
                name="store_predictions",
            ),
        ]
    )
