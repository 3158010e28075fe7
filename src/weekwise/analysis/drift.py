"""How far one sample of a column lies from another, and which way.

The measures are in `weekwise.analysis.drift_measures`, the bins they are taken over in
`weekwise.analysis.drift_reference`.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from weekwise.analysis.drift_measures import (
    Direction,
    Drift,
    DriftBin,
    DriftLevel,
    DriftLimits,
    js_distance,
    psi,
)
from weekwise.analysis.drift_reference import (
    MISSING,
    OTHER,
    UNSEEN,
    CategoryReference,
    NumericReference,
    Reference,
    interval_labels,
)

__all__ = [
    "MISSING",
    "OTHER",
    "UNSEEN",
    "CategoryReference",
    "Direction",
    "Drift",
    "DriftBin",
    "DriftLevel",
    "DriftLimits",
    "NumericReference",
    "Reference",
    "categorical_drift",
    "interval_labels",
    "js_distance",
    "numeric_drift",
    "psi",
]


def numeric_drift(
    column: str, reference: npt.ArrayLike, current: npt.ArrayLike, limits: DriftLimits
) -> Drift:
    """Measure the drift of a numeric column between two samples.

    Args:
        column: The column's name.
        reference: One number per row; not-a-number is a missing value.
        current: The same of the current sample.
        limits: The bins, and what counts as drift.
    """
    return NumericReference.of(column, reference, limits).compare(current, limits)


def categorical_drift(column: str, reference: Any, current: Any, limits: DriftLimits) -> Drift:
    """Measure the drift of a categorical column between two samples.

    Args:
        column: The column's name.
        reference: One category per row, of any type that has a name; None is a missing value.
        current: The same of the current sample.
        limits: The bins, and what counts as drift.
    """
    return CategoryReference.of(column, reference, limits).compare(current, limits)
