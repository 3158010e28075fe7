from __future__ import annotations

from datetime import date

import ibis
import pandas as pd
import pytest

from weekwise.errors import ConfigurationError
from weekwise.features.features_sql import FeaturesQuery, parse_features

CATALOG = {"feed", "regions"}
AS_OF = date(2024, 3, 4)
FEED = pd.DataFrame(
    {"placed": pd.to_datetime(["2024-03-03", "2024-03-04"]), "region": ["n", "s"], "amount": [1, 2]}
)
REGIONS = pd.DataFrame({"region": ["n", "s"], "people": [10, 20]})


def query(sql: str) -> FeaturesQuery:
    """A checked query."""
    return parse_features(sql, "features.sql", CATALOG)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM feed; SELECT 1", "has 2 statements; write one SELECT"),
        ("-- nothing yet", "has 0 statements; write one SELECT"),
        ("DELETE FROM feed", "is a DELETE statement; write one SELECT over feed"),
        ("SELECT (amount FROM feed", "is no SQL that can be read"),
        (
            "SELECT * FROM feed JOIN shops USING (a)",
            "reads table shops, which the catalog does not",
        ),
        ("SELECT * FROM regions", "does not read feed"),
        ("SELECT * FROM feed, 'x.csv'", "enter it in catalog.yml"),
        ("SELECT * FROM feed, read_csv('x.csv')", "enter it in catalog.yml"),
        ("SELECT * FROM other.feed", "enter it in catalog.yml"),
        ("SELECT * FROM feed WHERE placed < :today", "has the parameter :today; the only one is"),
        ("SELECT * FROM feed WHERE placed < ?", "the only one is :as_of"),
        ("SELECT *, now() AS n FROM feed", "differs from run to run"),
        ("SELECT *, current_date AS n FROM feed", "differs from run to run"),
        ("SELECT *, random() AS n FROM feed", "differs from run to run"),
    ],
)
def test_what_cannot_be_the_wrangling_is_refused(sql: str, said: str) -> None:
    """Each fault is one sentence with the remedy."""
    with pytest.raises(ConfigurationError, match=r"^features\.sql ") as refused:
        query(sql)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "loose"),
    [
        ("SELECT *, amount * 2 AS twice FROM feed", 0),
        ("SELECT *, avg(amount) OVER () AS mean FROM feed", 1),
        ("SELECT *, lag(amount) OVER (ORDER BY placed) AS before FROM feed", 1),
        (
            (
                "SELECT *, sum(amount) OVER (ORDER BY placed "
                "ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS s FROM feed"
            ),
            0,
        ),
        (
            (
                "SELECT *, sum(amount) OVER (ORDER BY placed "
                "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s FROM feed"
            ),
            1,
        ),
        ("SELECT region, count(*) AS n FROM feed GROUP BY region", 1),
        ("SELECT region, count(*) AS n FROM feed WHERE placed < :as_of GROUP BY region", 0),
        (
            "SELECT region, count(*) FILTER (WHERE placed < :as_of) AS n FROM feed GROUP BY region",
            0,
        ),
        (
            (
                "SELECT a.region, sum(b.amount) AS n FROM feed a "
                "JOIN feed b ON b.placed < :as_of GROUP BY a.region"
            ),
            0,
        ),
        (
            (
                "WITH c AS (SELECT max(amount) AS m FROM feed) "
                "SELECT * FROM feed, c WHERE placed < :as_of"
            ),
            1,
        ),
    ],
)
def test_aggregates_and_windows_without_a_bound_are_told(sql: str, loose: int) -> None:
    """Those that nothing of `:as_of` bounds in their own SELECT are named, and no others."""
    assert len(query(sql).unbounded()) == loose


@pytest.mark.parametrize("frames", [True, False])
def test_rows_are_those_of_the_select(frames: bool) -> None:
    """Tables are joined under their own names, and the run's date is in its place."""
    tables = {"feed": FEED, "regions": REGIONS}
    if not frames:
        engine = ibis.duckdb.connect()
        tables = {name: engine.create_table(name, frame) for name, frame in tables.items()}
    sql = """
        WITH past AS (SELECT * FROM feed WHERE placed < :as_of)
        SELECT past.amount, regions.people, r.people AS again
        FROM past JOIN regions USING (region) JOIN regions AS r USING (region)
    """
    rows = query(sql).over(tables, AS_OF).to_pyarrow().to_pylist()

    assert rows == [{"amount": 1, "people": 10, "again": 10}]


def test_an_unknown_column_is_one_sentence() -> None:
    """What only the engine can tell is told in its words, with the file's name."""
    with pytest.raises(ConfigurationError, match=r"features.sql cannot be computed: .*colour"):
        query("SELECT colour FROM feed").over({"feed": FEED}, AS_OF)
