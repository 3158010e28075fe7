"""Probabilities of classes as tables, shape (n, k): off zero, in another order, as JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from weekwise.features.read_values import Floats

LEAST_PROBABILITY = 1e-6
"""A class that no training row had is not impossible."""


def off_zero(probabilities: Floats) -> Floats:
    """Probabilities that are at least `LEAST_PROBABILITY`, or nearly, and add up to 1.

    Args:
        probabilities: From 0 on, shape (n, k).
    """
    raised = np.maximum(probabilities, LEAST_PROBABILITY)
    summing: Floats = raised / raised.sum(axis=1, keepdims=True)
    return summing


def reordered(probabilities: Floats, given: Sequence[Any], wanted: Sequence[Any]) -> Floats:
    """Probabilities of some classes as those of others: what is not given is hardly likely.

    Args:
        probabilities: Of the classes `given`, shape (n, k).
        given: The classes there are, in their order.
        wanted: The classes to have, in theirs.
    """
    if tuple(given) == tuple(wanted):
        return probabilities
    places = {value: place for place, value in enumerate(given)}
    columns = [
        probabilities[:, places[value]] if value in places else np.zeros(len(probabilities))
        for value in wanted
    ]
    table: Floats = np.column_stack(columns)
    return table if set(given) == set(wanted) else off_zero(table)


def as_json(probabilities: Floats, classes: Sequence[Any]) -> npt.NDArray[Any]:
    """Each row as a JSON object, shape (n,): a class's text, then its probability, in order.

    Args:
        probabilities: Of the classes, shape (n, k).
        classes: The classes, in their order.
    """
    names = [json.dumps(str(value), ensure_ascii=False) for value in classes]
    texts = [
        "{" + ", ".join(f"{name}: {p!r}" for name, p in zip(names, row, strict=True)) + "}"
        for row in probabilities.tolist()
    ]
    return np.array(texts, dtype=object)


def from_json(texts: Iterable[str], classes: Sequence[Any]) -> Floats:
    """What `as_json` wrote, of the same classes or of others.

    Args:
        texts: One JSON object a row.
        classes: The classes to have, in their order.
    """
    rows: list[dict[str, float]] = json.loads(f"[{','.join(texts)}]")
    names = [str(value) for value in classes]
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows], np.float64)
    shaped = table.reshape(-1, len(names))
    complete = all(row.keys() == set(names) for row in rows)
    return shaped if complete else off_zero(shaped)
