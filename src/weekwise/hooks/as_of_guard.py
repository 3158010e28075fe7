"""A run's tables must have been made for the run's own as-of date."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from weekwise.errors import AsOfError

FEATURES = "features"
SUMMARY = "wrangling_summary"


class AsOfGuardHook:
    """Refuses to use features that were built for another as-of date."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: CatalogProtocol[Any, Any]) -> None:
        """Check the features' date, where a run takes them from the store.

        Raises:
            AsOfError: If there are none, or they were built for another date.
        """
        if FEATURES not in pipeline.inputs():
            return
        as_of = str(catalog.load("params:as_of"))
        remedy = f"run: kedro run --pipeline data_wrangling --params as_of={as_of}"
        if not catalog.exists(SUMMARY):
            raise AsOfError(f"there are no {FEATURES} yet; {remedy}")
        built_for = str(catalog.load(SUMMARY).as_of)
        if built_for != as_of:
            raise AsOfError(f"{FEATURES} were built for {built_for}, not {as_of}; {remedy}")
