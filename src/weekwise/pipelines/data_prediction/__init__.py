"""The champion predicts the upcoming rows."""

from weekwise.pipelines.data_prediction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
