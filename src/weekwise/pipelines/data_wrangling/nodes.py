"""From one feed table to features, by the contract alone. Ibis after the feed."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from weekwise.contract.derive import AS_OF
from weekwise.contract.model import Contract
from weekwise.errors import FeedError
from weekwise.features.aggregates import with_aggregates
from weekwise.features.conform import Feed, as_table, conform, count_rows
from weekwise.features.window import Window
from weekwise.reports.wrangling_summary import WranglingSummary, summarize_features


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
        The contract's columns, aggregates among them, ordered by its key, so that equal data gives
        equal rows in order.
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
    rows = with_aggregates(rows, known, features_contract, window)
    return rows.order_by(*(features_contract.key or features_contract.columns))


def summarize_wrangling(
    feed: Feed,
    clean_feed: ibis.Table,
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
) -> WranglingSummary:
    """What came in, what was left out and why, and what came out.

    Args:
        feed: The feed, after the data gate.
        clean_feed: The same after cleaning.
        features: The table that was built.
        features_contract: Its contract.
        window: The run's place in time.
    """
    return _summary({"feed": feed}, clean_feed, features, features_contract, window)


def summarize_made_rows(
    made_rows: Feed,
    clean_feed: ibis.Table,
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
) -> WranglingSummary:
    """The same, where the environment's own SELECT or function makes the rows.

    Args:
        made_rows: What it made, after the data gate.
        clean_feed: The same after cleaning.
        features: The table that was built.
        features_contract: Its contract.
        window: The run's place in time.
    """
    return _summary({"made_rows": made_rows}, clean_feed, features, features_contract, window)


def _summary(
    given: Mapping[str, Feed],
    clean_feed: ibis.Table,
    features: ibis.Table,
    features_contract: Contract,
    window: Window,
) -> WranglingSummary:
    rows_in = {name: count_rows(table) for name, table in given.items()}
    return summarize_features(
        features,
        features_contract,
        window,
        rows_in=rows_in,
        duplicates_dropped=sum(rows_in.values()) - count_rows(clean_feed),
        left_out={
            reason: count_rows(table)
            for reason, table in window.left_out(clean_feed, features_contract).items()
        },
    )
