"""The data wrangling pipeline."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Node, Pipeline

from flights import nodes, replay


def create_pipeline(**_kwargs: Any) -> Pipeline:
    """From the feed, or its replay, to `features` and `wrangling_summary`."""
    return Pipeline([*_replay(), *_cleaning(), *_features()])


def _replay() -> list[Node]:
    # A live feed has no need of these: `kedro run --tags` and Kedro-Viz tell them by their tag.
    return [
        Node(
            func=replay.replay_flights,
            inputs=["flights_2013", "params:window"],
            outputs="flights",
            name="replay_flights",
            tags="replay",
        ),
        Node(
            func=replay.replay_weather,
            inputs=["weather_2013", "params:window"],
            outputs="weather",
            name="replay_weather",
            tags="replay",
        ),
    ]


def _cleaning() -> list[Node]:
    return [
        Node(
            func=nodes.name_sources,
            inputs=["flights", "weather", "flights_contract", "weather_contract"],
            outputs="sources",
            name="name_sources",
        ),
        Node(
            func=nodes.plan_weeks,
            inputs=[
                "sources",
                "planes",
                "features_contract",
                "params:wrangling",
                "params:window",
                "built_weeks",
            ],
            outputs=["weeks_to_build", "flights_to_build", "weather_to_build"],
            name="plan_weeks",
        ),
        Node(
            func=nodes.clean_flights,
            inputs=["flights_to_build", "flights_contract", "params:wrangling"],
            outputs="clean_flights",
            name="clean_flights",
        ),
        Node(
            func=nodes.clean_weather,
            inputs=["weather_to_build", "weather_contract", "params:wrangling"],
            outputs="clean_weather",
            name="clean_weather",
        ),
    ]


def _features() -> list[Node]:
    return [
        Node(
            func=nodes.build_planned_weeks,
            inputs=[
                "clean_flights",
                "clean_weather",
                "planes",
                "features_contract",
                "params:window",
                "weeks_to_build",
            ],
            outputs=["features", "cleaned_rows"],
            name="build_features",
        ),
        Node(
            func=nodes.summarize_wrangling,
            inputs=[
                "flights",
                "weather",
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
