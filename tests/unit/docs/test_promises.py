from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
PAGE = PROJECT / "docs" / "reference" / "promises.md"
NAMED = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", PAGE.read_text("utf-8"))


def test_every_promise_names_a_test() -> None:
    """No row of the page is without one."""
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]

    assert len(rows) - 1 == len(NAMED)


@pytest.mark.parametrize(("file", "test"), NAMED, ids=[test for _, test in NAMED])
def test_the_test_is_there(file: str, test: str) -> None:
    """A test that is renamed or removed takes its promise along."""
    assert f"def {test}(" in (PROJECT / file).read_text("utf-8")


def test_every_drill_is_named() -> None:
    """What is drilled is promised."""
    drills = {
        (str(file.relative_to(PROJECT)), test)
        for file in (PROJECT / "tests" / "drills").glob("test_*.py")
        for test in re.findall(r"^def (test_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
    }

    assert drills - set(NAMED) == set()
