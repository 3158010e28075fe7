from __future__ import annotations

import json
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.tasks.class_probabilities import (
    LEAST_PROBABILITY,
    as_json,
    from_json,
    off_zero,
    reordered,
)

NAMES = st.lists(st.text(max_size=5), min_size=2, max_size=5, unique=True)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], np.ndarray]:
    """Classes of any names, and probabilities that are 0 here and there."""
    names = draw(NAMES)
    row = st.lists(st.floats(0, 1), min_size=len(names), max_size=len(names)).filter(any)
    rows = np.array(draw(st.lists(row, max_size=6)), float).reshape(-1, len(names))
    return names, off_zero(rows)


@given(tables())
def test_no_class_is_impossible(table: tuple[list[str], np.ndarray]) -> None:
    """Probabilities add up to 1, and none is so small that its loss is infinite."""
    _, probabilities = table

    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    assert (probabilities >= LEAST_PROBABILITY / (1 + probabilities.shape[1])).all()


@given(tables())
def test_json_gives_them_back(table: tuple[list[str], np.ndarray]) -> None:
    """Whatever the classes are called, what is written is JSON that is read to the last bit."""
    names, probabilities = table

    texts = as_json(probabilities, names)

    assert np.array_equal(from_json(texts, names), probabilities)
    assert [list(json.loads(text)) for text in texts] == [names] * len(probabilities)


@given(tables(), st.randoms())
def test_the_order_of_classes_may_change(
    table: tuple[list[str], np.ndarray], random: Random
) -> None:
    """Each class keeps its probability in another order, read from JSON or from an array."""
    names, probabilities = table
    mixed = random.sample(names, len(names))

    moved = reordered(probabilities, names, mixed)

    places = [names.index(name) for name in mixed]
    assert np.array_equal(moved, probabilities[:, places])
    assert np.array_equal(from_json(as_json(probabilities, names), mixed), moved)


def test_a_class_may_come_and_go() -> None:
    """A class that is new is hardly likely, and what a gone one had goes to the others alike."""
    given_ = np.array([[0.6, 0.2, 0.2]])

    moved = reordered(given_, ["a", "b", "gone"], ["new", "b", "a"])

    assert moved == pytest.approx(np.array([[0.0, 0.25, 0.75]]), abs=1e-5)
    assert moved[0, 0] > 0
    assert from_json(as_json(given_, ["a", "b", "gone"]), ["new", "b", "a"]) == pytest.approx(moved)
