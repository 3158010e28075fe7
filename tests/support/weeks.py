"""Data folders after whole runs, made once and copied for each test that changes them."""

from __future__ import annotations

from pathlib import Path

import pytest

import runs


@pytest.fixture(scope="session")
def week_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder after the first week; never changed by a test."""
    data = tmp_path_factory.mktemp("week-1") / "test"
    runs.run(data, runs.WEEKS[0])
    return data


@pytest.fixture(scope="session")
def week_2(week_1: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder after two weeks that nothing disturbed; never changed by a test."""
    data = runs.copied(week_1, tmp_path_factory.mktemp("week-2") / "test")
    runs.run(data, runs.WEEKS[1])
    return data
