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
                func=nodes.plan_weeks,
                inputs=[start, "features_contract", "params:window", "built_weeks"],
                outputs=["weeks_to_build", "feed_to_build"],
                name="plan_weeks",
            ),
            Node(
                func=nodes.clean_feed,
                inputs=["feed_to_build", "features_contract"],
                outputs="clean_feed",
                name="clean_feed",
            ),
            Node(
                func=nodes.build_planned_weeks,
                inputs=["clean_feed", "features_contract", "params:window", "weeks_to_build"],
                outputs=["features", "cleaned_rows"],
                name="build_features",
            ),
            Node(
                func=summarize,
                inputs=[
                    start,
                    "cleaned_rows",
                    "features",
                    "features_contract",
                    "params:window",
                    "known_week_hashes",
                ],
                outputs=["wrangling_summary", "week_hashes"],
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
