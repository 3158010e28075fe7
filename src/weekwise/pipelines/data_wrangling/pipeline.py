"""The generic data wrangling pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kedro.pipeline import Node, Pipeline

from weekwise.contract.derive import FEED, MADE_ROWS
from weekwise.errors import ConfigurationError
from weekwise.features.conform import Feed
from weekwise.features.window import Window
from weekwise.pipelines.data_wrangling import nodes

MakeRows = Callable[[Mapping[str, Feed], Window], Feed]
"""From tables of the catalog by name, and the run's place in time, to rows of the contract."""


def create_pipeline(
    make_rows: MakeRows | None = None, tables: Sequence[str] = (FEED,), **_kwargs: Any
) -> Pipeline:
    """From the table `feed` to `features` and `wrangling_summary`.

    Args:
        make_rows: What makes rows of the features' contract; without it, the feed has them.
        tables: Names of the tables that it takes.
    """
    start = FEED if make_rows is None else MADE_ROWS
    summarize = nodes.summarize_wrangling if make_rows is None else nodes.summarize_made_rows
    return Pipeline(
        [
            *([] if make_rows is None else [_making(make_rows, tables)]),
            Node(
                func=nodes.clean_feed,
                inputs=[start, "features_contract"],
                outputs="clean_feed",
                name="clean_feed",
            ),
            Node(
                func=nodes.build_features,
                inputs=["clean_feed", "features_contract", "params:window"],
                outputs="features",
                name="build_features",
            ),
            Node(
                func=summarize,
                inputs=[start, "clean_feed", "features", "features_contract", "params:window"],
                outputs="wrangling_summary",
                name="summarize_wrangling",
            ),
        ]
    )


def _making(make_rows: MakeRows, tables: Sequence[str]) -> Node:
    def made_rows(window: Window, *loaded: Feed) -> Feed:
        rows = make_rows(dict(zip(tables, loaded, strict=True)), window)
        if not hasattr(rows, "columns"):
            raise ConfigurationError(
                f"the environment's build_features gives {type(rows).__name__}; "
                "let it return an Ibis table or a pandas frame"
            )
        return rows

    return Node(
        func=made_rows, inputs=["params:window", *tables], outputs=MADE_ROWS, name="make_rows"
    )
