from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weekwise.errors import FeedError
from weekwise.infer.csv_options import csv_options, first_file, sql_arguments


def read(path: Path) -> duckdb.DuckDBPyRelation:
    """A file as a run reads it, by the options that were found."""
    connection = duckdb.connect()
    arguments = {"header": True, **csv_options(connection, str(path)).arguments}
    return connection.sql(f"FROM read_csv('{path}'{sql_arguments(arguments)})")


def types(path: Path) -> dict[str, str]:
    """DuckDB's type of each column."""
    rows = read(path)
    return dict(zip(rows.columns, map(str, rows.types), strict=True))


def write(path: Path, columns: dict[str, list[str]], delimiter: str, encoding: str) -> None:
    """A CSV file of texts as they are."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    path.write_bytes(text.getvalue().encode(encoding))


def number(value: float, decimal: str, thousands: str) -> str:
    """A number in some format."""
    return f"{value:,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))


FORMATS = [(".", ""), (".", ","), (",", ""), (",", "."), (",", " "), (".", "'")]
DAYS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig"]),
    numbers=st.sampled_from(FORMATS),
    day=st.sampled_from(DAYS),
    values=st.lists(st.integers(-999_999_999, 999_999_999), min_size=12, max_size=40),
    gaps=st.sampled_from(["", "NA", "n/a", "NULL"]),
)
def test_a_file_is_read_as_it_was_written(
    tmp_path: Path,
    delimiter: str,
    encoding: str,
    numbers: tuple[str, str],
    day: str,
    values: list[int],
    gaps: str,
) -> None:
    """Whatever delimiter, encoding, number and date format a file has, its values come back."""
    amounts = [value / 100 for value in values]
    days = [date(2024, 1 + place % 12, 13 + place % 15) for place in range(len(values))]
    path = tmp_path / "table.csv"
    columns = {
        "Größe": [gaps, *(number(value, *numbers) for value in amounts[1:])],
        "Tag": [one.strftime(day) for one in days],
        "plz": [f"{place:05d}" for place in range(len(values))],
        "name": [f"Zoë {place}" for place in range(len(values))],
    }
    write(path, columns, delimiter, encoding)

    rows = read(path).order("plz").fetchall()
    assert [row[0] for row in rows] == [None, *(pytest.approx(value) for value in amounts[1:])]
    assert [row[1] for row in rows] == days
    assert [row[2] for row in rows] == columns["plz"]
    assert [row[3] for row in rows] == columns["name"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1", "2", "3"], "BIGINT"),
        (["1", "", "3"], "BIGINT"),
        (["1.5", "2", "1e3"], "DOUBLE"),
        (["00042", "00043", "00044"], "VARCHAR"),
        (["+4930123", "+4930124", "+4930125"], "VARCHAR"),
        (["12345678901234567890", "1", "2"], "VARCHAR"),
        (["true", "FALSE", "true"], "BOOLEAN"),
        (["yes", "No", "yes"], "BOOLEAN"),
        (["2024-01-31", "2024-02-01", "2024-02-02"], "DATE"),
        (["2024-01-31 10:00", "2024-02-01 10:00", "2024-02-02 11:30"], "TIMESTAMP"),
        (["31.01.2024 10:00", "01.02.2024 10:00", "02.02.2024 11:30"], "TIMESTAMP"),
        (["1/31/2024 1:05 PM", "2/1/2024 10:00 AM", "2/2/2024 1:00 PM"], "TIMESTAMP"),
        (["2024-01-31T10:00:00+01:00"] * 3, "TIMESTAMP WITH TIME ZONE"),
        (["a", "1", "2"], "VARCHAR"),
    ],
)
def test_the_type_of_some_texts(tmp_path: Path, texts: list[str], expected: str) -> None:
    """Dates, local times and times with an offset are told apart, and codes stay text."""
    write(tmp_path / "t.csv", {"value": texts * 7, "x": list("abc") * 7}, ",", "utf-8")

    assert types(tmp_path / "t.csv")["value"] == expected


@pytest.mark.parametrize(
    ("delimiter", "expected"), [(";", 1.234), (",", 1234.0)], ids=["decimals", "thousands"]
)
def test_what_may_be_two_things_is_said(tmp_path: Path, delimiter: str, expected: float) -> None:
    """A comma before three digits is a decimal one by the delimiter, and a remark says so."""
    path = tmp_path / "t.csv"
    write(path, {"value": ["1,234"] * 20, "x": ["a"] * 20}, delimiter, "utf-8")
    options = csv_options(duckdb.connect(), str(path))

    assert read(path).fetchall()[0][0] == expected
    assert "a comma before three digits" in options.remarks[0]


def test_a_day_that_may_be_a_month_is_said(tmp_path: Path) -> None:
    """Day before month is taken, and the remark has the line for the other way."""
    path = tmp_path / "t.csv"
    write(path, {"value": ["03/04/2024 10:00"] * 20, "x": ["a"] * 20}, ",", "utf-8")
    options = csv_options(duckdb.connect(), str(path))

    assert read(path).fetchall()[0][0] == datetime(2024, 4, 3, 10)  # noqa: DTZ001 - local
    assert "set timestampformat: '%m/%d/%Y %H:%M'" in options.remarks[0]


def test_the_options_are_few(tmp_path: Path) -> None:
    """A plain file needs its delimiter, and that all of it is looked at."""
    write(tmp_path / "t.csv", {"a": ["1", "2"] * 9, "b": ["x", "y"] * 9}, ",", "utf-8")

    found: dict[str, Any] = dict(csv_options(duckdb.connect(), str(tmp_path / "t.csv")).arguments)
    assert found == {"delim": ",", "sample_size": -1}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"1,2,3\n4,5,6\n", "holds values (1, 2, 3) and no names"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    tmp_path: Path, content: bytes, words: str
) -> None:
    """Empty, without a header, in another encoding: one sentence each."""
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(FeedError) as error:
        csv_options(duckdb.connect(), str(tmp_path / "t.csv"))
    assert words in str(error.value)


def test_a_pattern_names_its_first_file(tmp_path: Path) -> None:
    """What a pattern stands for is found, and nothing is a sentence."""
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).touch()

    assert first_file(str(tmp_path / "*.csv")) == tmp_path / "a.csv"
    with pytest.raises(FeedError, match="no file fits"):
        first_file(str(tmp_path / "*.parquet"))
