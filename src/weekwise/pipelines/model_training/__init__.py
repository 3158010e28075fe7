"""A challenger is trained and judged against the champion."""

from weekwise.pipelines.model_training.pipeline import create_pipeline

__all__ = ["create_pipeline"]
