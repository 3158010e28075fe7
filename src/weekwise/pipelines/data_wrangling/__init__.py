"""From the feed to one clean table of features."""

from weekwise.pipelines.data_wrangling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
