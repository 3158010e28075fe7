from __future__ import annotations

from typing import Any

import pytest

from weekwise.datasets.spark_reading import csv_options, json_options, parquet_options
from weekwise.errors import ConfigurationError


@pytest.mark.parametrize(
    ("duckdb", "spark"),
    [
        ({"nullstr": "NA"}, {"nullValue": "NA"}),
        ({"delim": ";", "header": True}, {"sep": ";", "header": True}),
        ({"nullstr": ["", "NA"], "sample_size": -1}, {"nullValue": "NA"}),
        ({"dateFormat": "dd.MM.yyyy"}, {"dateFormat": "dd.MM.yyyy"}),
        ({}, {}),
    ],
)
def test_duckdbs_words_are_sparks(duckdb: dict[str, Any], spark: dict[str, Any]) -> None:
    """An entry of the catalog is read on both engines as it is."""
    assert csv_options(duckdb) == spark


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"decimal_separator": ","}, "no decimal_separator"),
        ({"nullstr": ["", "NA", "-"]}, "2: NA, -"),
    ],
)
def test_what_spark_cannot_read_is_refused(options: dict[str, Any], words: str) -> None:
    """Rather than that numbers with a comma are read as text, with two ways out."""
    with pytest.raises(ConfigurationError, match=words) as refused:
        csv_options(options)

    assert "Parquet" in str(refused.value)
    assert "${_store}" in str(refused.value)


def test_json_needs_no_word_of_how_much_to_look_at() -> None:
    """Spark looks at the whole file in any case."""
    assert json_options({"sample_size": -1, "multiLine": True}) == {"multiLine": True}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, {}),
        ({"union_by_name": True}, {"mergeSchema": True}),
        ({"hive_partitioning": False}, {}),
        ({"hive_partitioning": True}, {"basePath": "feed/orders"}),
    ],
)
def test_folders_may_be_columns(options: dict[str, Any], told: dict[str, Any]) -> None:
    """As DuckDB has it: where it is said, and below the first part that differs."""
    assert parquet_options("feed/orders/*/*.parquet", options) == told
