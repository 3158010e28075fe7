"""What tells a leak, known only with the target, from a feature that is merely strong.

Strength alone is no evidence: where classes are well apart, an honest measurement tells nearly all
of them. A leak leaves traces of how it was made. It is the target in other words, it was filled in
for one outcome alone, or it has the target's name (Kaufman, Rosset and Perlich, *Leakage in data
mining*, KDD 2011, call for such a "legitimacy" of each feature).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from weekwise.analysis.table import Codes, Floats
from weekwise.wording import name_words, number

FEWEST_ROWS = 50
"""On fewer rows chance alone leaves such traces."""
FEWEST_ALIKE = 10
"""An outcome of fewer rows, or all but so few, is not looked at by itself."""
MOST_MISTAKEN = 0.01
"""Two sets of rows count as one if they differ in no more rows, as a share of the rarer side."""
SAME_ORDER = 0.999
"""From this Spearman correlation on, a number is the target, rounded or on another scale."""
MOST_OUTCOMES = 60
"""A target of more values is a measurement, not classes."""
_SHARED_LETTERS = 5
_SAID_OF_MANY = {"time", "date", "days", "count", "number", "rate", "total", "value", "target"}

Values = Codes | Floats
Bools = npt.NDArray[np.bool_]


def trace_of_target(
    values: Values, outcome: Floats, *, strong: bool, labels: tuple[str, ...] | None = None
) -> str | None:
    """The trace of the target in a feature, in words, if there is one.

    Args:
        values: The feature, shape (n,): numbers, not-a-number where missing, or places in `labels`,
            negative where missing.
        outcome: What happened, shape (n,); rows without an outcome do not count.
        strong: Whether the feature alone tells nearly all. A value that marks one of many classes
            is no trace without that.
        labels: The names of categories.
    """
    known = ~np.isnan(outcome)
    values, outcome = values[known], outcome[known]
    missing = np.isnan(values) if labels is None else values < 0
    if len(outcome) < FEWEST_ROWS or missing.all():
        return None
    outcomes, places = np.unique(outcome, return_inverse=True)
    if len(outcomes) > MOST_OUTCOMES:
        in_order = labels is None and _same_order(values[~missing], outcome[~missing])
        return "it has the same order as the target" if in_order else None
    coded, distinct = _coded(values, missing)
    marks = _marks(coded, len(distinct) + 1, places, len(outcomes))
    marked = {place: value for place, value in marks.items() if value is not None}
    if len(set(marked.values())) == len(outcomes):
        return "each outcome has one value of it, and each value one outcome"
    if not strong or not marked:
        return None
    place, value = next(iter(sorted(marked.items())))
    shown = "no value" if value == len(distinct) else _shown(distinct[value], labels)
    rows = f"{int((places == place).sum()):,}"
    return f"it has {shown} in all {rows} rows of one outcome, and in no others"


def alike_in_name(feature: str, target: str) -> bool:
    """Whether a feature's name has a word of the target's, such as `return_reason` of `returned`.

    Words count as one from five common first letters on; words that are said of many columns, such
    as `time`, do not count.

    Example:
        >>> alike_in_name("return_reason", "returned"), alike_in_name("amount", "returned")
        (True, False)
    """
    return any(
        _same_word(one, other)
        for one in name_words(feature)
        for other in name_words(target)
        if other not in _SAID_OF_MANY
    )


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return len(one) > 2  # noqa: PLR2004 - `of`, `is`, `y`
    shared = min(len(one), len(other), _SHARED_LETTERS)
    return shared == _SHARED_LETTERS and one[:shared] == other[:shared]


def _same_order(values: Values, outcome: Floats) -> bool:
    """Whether two measurements put rows in the same order, or in the opposite one."""
    if values.size < FEWEST_ROWS or np.ptp(values) == 0 or np.ptp(outcome) == 0:
        return False
    from scipy.stats import spearmanr

    return bool(abs(float(spearmanr(values, outcome).statistic)) >= SAME_ORDER)


def _coded(values: Values, missing: Bools) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Places of the values in their distinct ones, one past the end where missing."""
    distinct, places = np.unique(values[~missing], return_inverse=True)
    coded = np.full(values.size, distinct.size, dtype=np.int64)
    coded[~missing] = places
    return coded, distinct


def _marks(
    coded: npt.NDArray[np.int64], width: int, places: npt.NDArray[np.int64], outcomes: int
) -> dict[int, int | None]:
    """By outcome: the value that its rows have and no others do, if there is one."""
    everywhere = np.bincount(coded, minlength=width)
    found: dict[int, int | None] = {}
    for outcome in range(outcomes):
        counts = np.bincount(coded[places == outcome], minlength=width)
        value, rows = int(counts.argmax()), int(counts.sum())
        mistaken = rows + int(everywhere[value]) - 2 * int(counts[value])
        # A column that is nearly constant agrees with a rare outcome in nearly all rows.
        rarer = min(rows, coded.size - rows)
        alike = rarer >= FEWEST_ALIKE and mistaken <= MOST_MISTAKEN * rarer
        found[outcome] = value if alike else None
    return found


def _shown(value: float, labels: tuple[str, ...] | None) -> str:
    if labels is not None:
        return labels[int(value)]
    return number(float(value), 6) if math.isfinite(value) else str(value)
