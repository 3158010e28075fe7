"""The heap, out of the garbage collector's way."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, time
from api.serving import heap

kept = [[number] for number in range(300_000)]

def seconds():
    start = time.perf_counter()
    gc.collect()
    return time.perf_counter() - start

before = seconds()
heap.settle()
after = seconds()
kept = None
is_freed = gc.get_freeze_count() < 300_000
loop = []; loop.append(loop); del loop
print(before / after, is_freed, gc.collect())
"""


def test_settled_objects_are_not_looked_at() -> None:
    """A full collection takes a small part of its time, and what is frozen is still freed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    ratio, is_freed, found = done.stdout.split()

    assert float(ratio) > 3
    assert is_freed == "True"
    assert int(found) >= 1


SWAP = """
import gc, weakref
from api.serving import heap

class Model:
    def __init__(self):
        self.parts = [[number] for number in range(100_000)]

def watched():
    return len(gc.get_objects())

heap.settle()
start = watched()
old = Model()
heap.tidy()
after_first = watched()
old_one = weakref.ref(old)
new = Model()
old = new
heap.tidy()
print(after_first - start, watched() - start, old_one() is None)
"""


def test_a_new_model_is_not_looked_at() -> None:
    """After each swap a full collection leaves the new model out, and the old one is freed."""
    done = subprocess.run([sys.executable, "-c", SWAP], capture_output=True, text=True, check=True)
    first, second, is_freed = done.stdout.split()

    assert int(first) < 1_000
    assert int(second) < 1_000
    assert is_freed == "True"
