"""What the data looks like, and which features are fit to train on."""

from weekwise.pipelines.exploratory_data_analysis.pipeline import create_pipeline

__all__ = ["create_pipeline"]
