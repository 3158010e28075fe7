"""The pipelines by name, in the order of a weekly run."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from weekwise.pipelines import (
    data_prediction,
    data_wrangling,
    exploratory_data_analysis,
    model_monitoring,
    model_training,
)

ORDER = (
    data_wrangling,
    exploratory_data_analysis,
    model_training,
    data_prediction,
    model_monitoring,
)


def register_pipelines() -> dict[str, Pipeline]:
    """The five pipelines, and all of them together as the default."""
    pipelines = {
        package.__name__.rpartition(".")[2]: package.create_pipeline() for package in ORDER
    }
    return {"__default__": sum(pipelines.values(), start=Pipeline([])), **pipelines}
