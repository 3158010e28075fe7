"""The cluster bootstrap: rows that share something are drawn together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from weekwise.features.read_values import Floats

_DRAWN_AT_ONCE = 4_000_000


def resampled_sums(sums: Floats, *, resamples: int, seed: int) -> Floats:
    """Sums over clusters that are drawn anew, as many as there are, with replacement.

    Rows of one day share what happened on it and are anything but independent, so whole days are
    drawn: Field and Welsh, "Bootstrapping clustered data", JRSS B 69, 2007; Efron and Tibshirani,
    *An Introduction to the Bootstrap*, 1993, section 8.6.

    Args:
        sums: What each cluster adds up to, shape (clusters, k).
        resamples: How often clusters are drawn.
        seed: What they are drawn with.

    Returns:
        Shape (resamples, k).
    """
    count = len(sums)
    generator = np.random.default_rng(seed)
    step = max(1, _DRAWN_AT_ONCE // max(1, count))
    parts: list[Floats] = []
    for start in range(0, resamples, step):
        size = (min(step, resamples - start), count)
        drawn: npt.NDArray[np.int64] = generator.integers(0, count, size=size)
        parts.append(sums[drawn].sum(axis=1))
    return np.concatenate(parts)
