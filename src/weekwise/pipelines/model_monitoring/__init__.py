"""How earlier predictions did, and the weekly report."""

from weekwise.pipelines.model_monitoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
