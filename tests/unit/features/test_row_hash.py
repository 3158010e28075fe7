from __future__ import annotations

import pandas as pd

from weekwise.features.row_hash import row_fractions, row_hashes


def test_hashes_are_the_same_everywhere() -> None:
    """The hash is fixed: a model of last year must find the same rows held out."""
    rows = pd.DataFrame({"shop": ["a", "b"], "number": [1, 2]})

    assert row_hashes(rows, ["shop", "number"]).tolist() == [
        17112794013774209213,
        9146477519417845688,
    ]


def test_fractions_follow_the_hash() -> None:
    """Fractions lie from 0 to under 1 and are spread evenly, in every tenth alike."""
    rows = pd.DataFrame({"number": range(50_000)})

    fractions = row_fractions(rows, ["number"])

    assert fractions.min() >= 0
    assert fractions.max() < 1
    tenths = (fractions * 10).astype(int)
    assert pd.Series(tenths).value_counts().between(4700, 5300).all()
