"""Outcomes as they were first known, and what has changed since."""

from __future__ import annotations

from datetime import date

import pandas as pd

from weekwise.contract.frozen import Frozen


class LookBack(Frozen):
    """Earlier predictions that cannot be compared with outcomes, and outcomes that have changed.

    Attributes:
        unmatched: Weeks whose predictions no outcome can be found for, since the key or what is
            predicted has changed.
        corrected: Outcomes that differ from those known before; the newest count.
    """

    unmatched: tuple[date, ...] = ()
    corrected: int = 0


def news_of_outcomes(realized: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Outcomes that are new or have changed, and how many have changed.

    Args:
        realized: Predictions with `row`, which tells one row from every other, and `outcome`, a
            value or missing. A row may be there more than once.
        known: Outcomes noted by earlier runs, the oldest first: `row` and `outcome`, alike.

    Returns:
        `row` and `outcome` of what is to be noted; an outcome taken back is missing.
    """
    now = realized.drop_duplicates("row").set_index("row")["outcome"]
    before = (
        known.drop_duplicates("row", keep="last").set_index("row")["outcome"].reindex(now.index)
    )
    noted = now.index.isin(known["row"])
    same = (now == before) | (now.isna() & before.isna())
    changed = noted & ~same
    news = now[changed | (~noted & now.notna())]
    return news.rename_axis("row").reset_index(), int(changed.sum())
