"""From one feed table to clean features, for environments that name no wrangling of their own."""

from weekwise.pipelines.data_wrangling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
