from __future__ import annotations

import subprocess
import sys

import pytest

from weekwise import memory

FREE_BETWEEN = """
import pyarrow
from weekwise import memory
kept, freed = [], []
for _ in range(5_000):
    freed.append(b"x" * 20_000)
    kept.append(b"x" * 600)
freed.clear()
before = memory.resident()
memory.give_back(large=0)
print(before - memory.resident())
"""
"""Small blocks stay between those that are freed, so that the C library has no end to cut off."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
def test_what_is_free_between_what_is_in_use_is_given_back() -> None:
    """In a process of its own, since the heap of the tests is as it happens to be."""
    answer = subprocess.run(
        [sys.executable, "-c", FREE_BETWEEN], capture_output=True, text=True, check=True
    )

    assert int(answer.stdout) > 0.5 * 5_000 * 20_000


def test_a_small_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for free memory takes time, and there is none to speak of."""
    asked: list[int] = []
    monkeypatch.setattr(memory, "_trim", lambda: asked.append)
    monkeypatch.setattr(memory, "_left", 0)

    memory.give_back(large=memory.resident() + (1 << 30))
    assert asked == []
    memory.give_back(large=0)
    assert asked == [0]


def test_it_waits_until_the_process_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that needs all it has is not searched at each step."""
    asked: list[int] = []
    sizes = iter([2000, 1900, 2300, 2400, 1500])
    monkeypatch.setattr(memory, "_trim", lambda: asked.append)
    monkeypatch.setattr(memory, "resident", lambda: next(sizes))
    monkeypatch.setattr(memory, "_left", 0)

    memory.give_back(large=2000)  # 2000, of which 1900 stay
    memory.give_back(large=2000)  # 2300 are not 500 more
    assert asked == [0]
    memory.give_back(large=2000)
    assert asked == [0, 0]


def test_where_the_c_library_has_no_such_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """There memory stays as it is."""
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back(large=0)
