"""From one feed table to features, by the contract alone. Ibis after the feed."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from weekwise.contract.derive import AS_OF, FEED
from weekwise.contract.model import Contract
from weekwise.errors import FeedError
from weekwise.features.aggregates import with_aggregates
from weekwise.features.build_plan import BuildPlan, BuiltWeeks, FeatureSource
from weekwise.features.built_rows import ROWS, WeekRows, build_weeks
from weekwise.features.conform import Feed, as_table, conform, count_rows
from weekwise.features.stale_weeks import plan_build
from weekwise.features.week_hashes import WeekHashes
from weekwise.features.window import Window
from weekwise.reports.wrangling_summary import WranglingSummary, summarize_features


def plan_weeks(
    feed: Feed, features_contract: Contract, window: Window, built_weeks: BuiltWeeks | None
) -> tuple[BuildPlan, ibis.Table]:
    """Which weeks of the features are built, and the rows of the feed that they follow from.

    Args:
        feed: Past rows with their target, and upcoming ones, as an Ibis table or a pandas frame.
        features_contract: What a row is.
        window: The run's place in time.
        built_weeks: From what the stored features were built, if that is kept.
    """
    source = FeatureSource(as_table(feed, features_contract), features_contract)
    plan = plan_build({FEED: source}, features_contract, window, built_weeks)
    return plan, plan.rows_to_read(source)


def clean_feed(feed: Feed, features_contract: Contract) -> ibis.Table:
    """The feed in its contract's types, without exact duplicates.

    Args:
        feed: Past rows with their target, and upcoming ones, as an Ibis table or a pandas frame.
        features_contract: What a row is.

    Returns:
        The contract's columns, in its order.

    Raises:
        FeedError: If the feed has a column that the contract computes.
    """
    table = as_table(feed, features_contract)
    twice = [name for name in features_contract.computed if name in table.columns]
    if twice:
        raise FeedError(
            f"the feed has {', '.join(twice)}, which {features_contract.file} computes; drop or "
            "rename it in the feed, or remove its `from` or `aggregate` in the contract"
        )
    if AS_OF in features_contract.columns and AS_OF not in table.columns:
        # The run's date is no column of a feed; `build_features` fills it in.
        table = table.mutate(**{AS_OF: ibis.null("date")})
    return conform(table, features_contract)


def build_features(
    clean_feed: ibis.Table, features_contract: Contract, window: Window
) -> ibis.Table:
    """The model's own table: past rows with an outcome, and the upcoming ones without.

    Args:
        clean_feed: Rows of the contract.
        features_contract: What a row is.
        window: The run's place in time.

    Returns:
        The contract's columns, aggregates among them, in no order.
    """
    target = str(features_contract.target)
    known = clean_feed.mutate({target: window.known_target(clean_feed, features_contract)})
    rows = window.history(known, features_contract).union(
        window.upcoming(known, features_contract)
        .mutate({target: ibis.null(known[target].type())})
        .select(*known.columns)
    )
    if AS_OF in features_contract.columns:
        rows = rows.mutate({AS_OF: ibis.literal(window.as_of)})
    return with_aggregates(rows, known, features_contract, window)


def build_planned_weeks(
    clean_feed: ibis.Table, features_contract: Contract, window: Window, weeks_to_build: BuildPlan
) -> tuple[WeekRows, dict[str, int]]:
    """The features of the weeks to build, and how many rows became what in all weeks.

    Args:
        clean_feed: Rows of the contract that these weeks follow from.
        features_contract: What a row is.
        window: The run's place in time.
        weeks_to_build: Which weeks are built.
    """
    return build_weeks(
        build_features(clean_feed, features_contract, window),
        clean_feed,
        features_contract,
        weeks_to_build,
        window.left_out(clean_feed, features_contract),
    )


def summarize_wrangling(
    feed: Feed,
    cleaned_rows: dict[str, int],
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
    known_hashes: WeekHashes,
) -> tuple[WranglingSummary, WeekHashes]:
    """What came in, what was left out and why, and what came out.

    Args:
        feed: The feed, after the data gate.
        cleaned_rows: How many rows there were after cleaning, and how many are left out for what.
        features: The table that was built.
        features_contract: Its contract.
        window: The run's place in time.
        known_hashes: What an earlier run found of the features' weeks.
    """
    return _summary({"feed": feed}, cleaned_rows, features, features_contract, window, known_hashes)


def summarize_made_rows(
    made_rows: Feed,
    cleaned_rows: dict[str, int],
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
    known_hashes: WeekHashes,
) -> tuple[WranglingSummary, WeekHashes]:
    """The same, where the environment's own SELECT or function makes the rows.

    Args:
        made_rows: What it made, after the data gate.
        cleaned_rows: How many rows there were after cleaning, and how many are left out for what.
        features: The table that was built.
        features_contract: Its contract.
        window: The run's place in time.
        known_hashes: What an earlier run found of the features' weeks.
    """
    given = {"made_rows": made_rows}
    return _summary(given, cleaned_rows, features, features_contract, window, known_hashes)


def _summary(
    given: Mapping[str, Feed],
    cleaned_rows: Mapping[str, int],
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
    known_hashes: WeekHashes,
) -> tuple[WranglingSummary, WeekHashes]:
    rows_in = {name: count_rows(table) for name, table in given.items()}
    left_out = {name: rows for name, rows in cleaned_rows.items() if name != ROWS}
    return summarize_features(
        features,
        features_contract,
        window,
        rows_in=rows_in,
        duplicates_dropped=sum(rows_in.values()) - cleaned_rows[ROWS],
        left_out=left_out,
        known_hashes=known_hashes,
    )
