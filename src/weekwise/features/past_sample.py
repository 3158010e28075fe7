"""A sample of a past that is longer than memory: the newest days whole, of older ones a share.

The engine draws it by a hash of the key, so that a row that is in one run's sample is in the next
one's too, as long as the share does not fall.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract

if TYPE_CHECKING:
    import ibis

_HEX_DIGITS = 8
_STEPS = 16**_HEX_DIGITS
_SEPARATOR = "\x1f"


class PastSample(Frozen):
    """Which past rows are used: all of them, unless there are more than are wanted.

    Attributes:
        rows: How many there are.
        used: How many of them are used.
        whole_from: From this date on all are; none where rows have no time, or the newest day alone
            is too long.
        share: The share of the other rows that is used, by a hash of their key.
    """

    rows: int
    used: int
    whole_from: date | None = None
    share: float = 1.0

    @property
    def is_whole(self) -> bool:
        """Whether all rows are used."""
        return self.used == self.rows

    def sentence(self) -> str:
        """What is used, in words."""
        if self.is_whole:
            return f"all {self.rows:,} past rows are used"
        kept = f"{self.used:,} of {self.rows:,} past rows are used"
        if self.whole_from is None:
            return f"{kept}: a fixed share of {self.share:.1%}"
        return (
            f"{kept}: all from {self.whole_from} on, and a fixed share of {self.share:.1%} before"
        )


def sampled(past: ibis.Table, contract: Contract, *, most: int) -> tuple[ibis.Table, PastSample]:
    """Past rows, or a sample of them if there are too many.

    Half of what is wanted goes to the newest days, each whole; the other half is drawn from the
    rows before.

    Args:
        past: Rows of the contract.
        contract: What they are.
        most: About how many are wanted at most.

    Returns:
        The rows, and how they were drawn.
    """
    # The service reads what was used from a model's record, and is installed without Ibis.
    import ibis

    from weekwise.features.conform import count_rows

    by_day = _by_day(past, contract) if contract.time is not None else []
    rows = sum(count for _, count in by_day) if by_day else count_rows(past)
    if rows <= most:
        return past, PastSample(rows=rows, used=rows)
    whole_from, whole = None, 0
    for day, count in reversed(by_day):
        if whole + count > most // 2:
            break
        whole_from, whole = day, whole + count
    share = (most - whole) / (rows - whole)
    drawn = _drawn(past, contract, share)
    if whole_from is not None:
        dates = past[str(contract.time)].cast("date")
        drawn = drawn | (dates >= ibis.literal(whole_from))
    taken = past.filter(drawn)
    used = count_rows(taken)
    return taken, PastSample(rows=rows, used=used, whole_from=whole_from, share=share)


def _drawn(rows: ibis.Table, contract: Contract, share: float) -> ibis.expr.types.BooleanValue:
    """Whether each row is drawn: the first digits of its key's MD5 are a number like any other."""
    import ibis

    from weekwise.features.engines import text_of

    names = contract.key or tuple(contract.columns)
    parts = [text_of(rows, name).fill_null("") for name in names]
    digits = ibis.literal(_SEPARATOR).join(parts).hexdigest("md5").substr(0, _HEX_DIGITS)
    return digits < ibis.literal(f"{min(int(share * _STEPS), _STEPS - 1):0{_HEX_DIGITS}x}")


def _by_day(rows: ibis.Table, contract: Contract) -> list[tuple[date, int]]:
    """How many rows each day has, the oldest first."""
    import ibis

    day = rows[str(contract.time)].cast("date")
    counts = rows.group_by(day=day).agg(rows=ibis._.count()).order_by("day").to_pyarrow()
    return [(row["day"], int(row["rows"])) for row in counts.to_pylist()]
