"""The fingerprint of a table, week by week: what has not changed is not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import Field

from weekwise.contract.frozen import Frozen
from weekwise.contract.model import Contract
from weekwise.contract.reserved import AS_OF
from weekwise.features.engines import in_order
from weekwise.features.fingerprint import BATCH_ROWS, table_hash, text_hash, value_hashes
from weekwise.features.week_content import (
    WeekContent,
    days_of,
    monday_of,
    week_contents,
    within,
)

_WEEK = "_week"
_UNDATED = date.min
"""Stands for the week of rows without a time."""


class WeekHashes(Frozen):
    """Hashes of a table's weeks.

    Attributes:
        rules: The table's columns, the order of a week's rows, and the versions of what hashed.
        contents: What each week held, by its Monday; rows without a time by the year 1.
        hashes: SHA-256 of the values of each, 64 hexadecimal digits.
    """

    rules: str = ""
    contents: dict[date, WeekContent] = Field(default_factory=dict)
    hashes: dict[date, str] = Field(default_factory=dict)


def hashed_weeks(
    table: ibis.Table, contract: Contract, known: WeekHashes
) -> tuple[str, WeekHashes]:
    """SHA-256 of a table's names, types and values, and those of its weeks.

    The run's own date, which is in every row, is left out.

    Args:
        table: Rows of the contract, each week's in the order of their key.
        contract: What they are.
        known: What an earlier run found; weeks that hold the same are not read again.

    Returns:
        The table's, 64 hexadecimal digits, and what a later run may know.
    """
    schema = str(table.schema())
    table = table.drop(AS_OF) if AS_OF in table.columns else table
    order = contract.key or tuple(table.columns)
    if contract.time is None:
        return table_hash(in_order(table, order)), WeekHashes()
    engine = table.get_backend()
    rules = text_hash(schema, *order, engine.name, str(engine.version), pd.__version__)
    now = {
        week or _UNDATED: content
        for week, content in week_contents(
            table, monday_of(table[contract.time]), table.columns
        ).items()
    }
    same = known.rules == rules
    hashes = {
        week: known.hashes[week]
        for week, content in now.items()
        if same and week in known.hashes and known.contents.get(week) == content
    }
    changed = now.keys() - hashes.keys()
    if changed:
        hashes |= _hashes(table, contract.time, order, changed, len(now))
    found = WeekHashes(rules=rules, contents=now, hashes=dict(sorted(hashes.items())))
    return text_hash(schema, *(f"{week} {each}" for week, each in found.hashes.items())), found


def _hashes(
    table: ibis.Table, time: str, order: Collection[str], weeks: Collection[date], of: int
) -> dict[date, str]:
    dated = in_order(table, order).mutate({_WEEK: monday_of(table[time])})
    rows = dated
    if len(weeks) < of:
        undated = _UNDATED in weeks
        rows = dated.filter(within(dated[time], map(days_of, weeks), or_undated=undated))
    digests = {week: hashlib.sha256() for week in weeks}
    for batch in rows.to_pyarrow_batches(chunk_size=BATCH_ROWS):
        hashes = value_hashes(batch.drop_columns([_WEEK]))
        # Engines give dates that are cut to weeks as times.
        mondays = batch[_WEEK].cast(pa.date32()).fill_null(_UNDATED).to_numpy(zero_copy_only=False)
        for monday in np.unique(mondays):
            week = monday.astype("datetime64[D]").item()
            if week in digests:
                digests[week].update(hashes[mondays == monday].tobytes())
    return {week: digest.hexdigest() for week, digest in digests.items()}
