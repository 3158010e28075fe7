"""A yes from the engine itself: whether all rows of a large table hold what each row must.

Great Expectations' Spark datasource lets the workers look at every row at once. It says how many
rows break something and not which, in other words than the gate's. So it is asked for yes or no
alone: a yes spares the pieces, and after anything else they are looked at, and tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis

from weekwise.contract.model import Contract
from weekwise.features.engines import native_frame
from weekwise.quality import gx
from weekwise.quality.checks import CheckKind
from weekwise.quality.pieces import is_row_by_row

if TYPE_CHECKING:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration


def all_hold(
    table: ibis.Table, contract: Contract, checks: Sequence[ExpectationConfiguration]
) -> bool:
    """Whether the engine says that every row holds every check of single rows.

    Args:
        table: The rows.
        contract: What they must be.
        checks: All checks of the table.

    Returns:
        False also where that cannot be told: on an engine that Great Expectations is not asked
        through, for columns that are not of their type as they are, and for expectations of the
        contract's own, whose patterns Java reads in another way.
    """
    asked = [check for check in checks if is_row_by_row(check)]
    names = list(dict.fromkeys(name for check in asked for name in check.meta["columns"]))
    own = any(check.meta["kind"] == CheckKind.CUSTOM for check in asked)
    if own or not names or not _are_of_their_type(table, contract):
        return False
    frame = native_frame(table.select({name: _with_gaps(table[name]) for name in names}))
    return frame is not None and gx.holds_on_spark(frame, asked)


def _are_of_their_type(table: ibis.Table, contract: Contract) -> bool:
    """Whether each column of the contract is there, in the very type."""
    kinds = table.schema()
    return all(
        name in kinds and kinds[name] == ibis.dtype(column.type.facts.ibis)
        for name, column in contract.columns.items()
    )


def _with_gaps(values: ibis.Column) -> ibis.Column:
    """What is not a number is missing to the gate, and the largest of all numbers to Spark."""
    if not values.type().is_floating():
        return values
    return values.isnan().ifelse(ibis.null(values.type()), values)
