"""The example's own Python: its wrangling pipeline, and the replay that stands for a live feed."""

from flights.pipeline import create_pipeline

__all__ = ["create_pipeline"]
