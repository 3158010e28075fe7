from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from weekwise.errors import AsOfError
from weekwise.hooks.as_of_guard import AsOfGuardHook

REMEDY = "run: kedro run --pipeline data_wrangling --params as_of=2013-07-08"


def checked(*nodes: Node, summary: str | None = None, as_of: Any = "2013-07-08") -> None:
    """Start a run of some nodes, after a wrangling that left a summary or before any."""
    stored = (
        MemoryDataset()
        if summary is None
        else MemoryDataset(SimpleNamespace(as_of=date.fromisoformat(summary)))
    )
    catalog = DataCatalog({"wrangling_summary": stored, "params:as_of": MemoryDataset(as_of)})
    AsOfGuardHook().before_pipeline_run(pipeline=Pipeline(nodes), catalog=catalog)


def a_node(inputs: str, outputs: str) -> Node:
    """A node that is never run."""
    return Node(lambda data: data, inputs=inputs, outputs=outputs, name=f"{inputs}_to_{outputs}")


USE = a_node("features", "analysis_table")


def test_features_of_the_runs_own_date() -> None:
    """Features that were built for the run's date are taken."""
    checked(USE, summary="2013-07-08")


def test_features_of_another_date() -> None:
    """Features built for another week stop the run, with both dates and what to type."""
    with pytest.raises(AsOfError) as caught:
        checked(USE, summary="2013-07-01")

    expected = f"features were built for 2013-07-01, not 2013-07-08; {REMEDY}"
    assert str(caught.value) == expected


def test_no_features_yet() -> None:
    """A later pipeline on an empty store says what has to be run first."""
    with pytest.raises(AsOfError) as caught:
        checked(USE)

    assert str(caught.value) == f"there are no features yet; {REMEDY}"


@pytest.mark.parametrize(
    "nodes",
    [(a_node("flights", "features"), USE), (a_node("flights", "clean_flights"),)],
    ids=["it builds them itself", "it uses none"],
)
def test_runs_that_take_no_stored_features(nodes: tuple[Node, ...]) -> None:
    """What lies in the store does not matter to a run that does not read it."""
    checked(*nodes, summary="2013-07-01")
