"""A key for rows that have none of their own: a hash of what each row holds."""

from __future__ import annotations

import ibis

from weekwise.contract.derive import AS_OF, ROW_ID
from weekwise.contract.model import Contract
from weekwise.features.engines import text_of

_LENGTH = 16
"""Of 64 bits: among a million rows two share a hash with a chance of one in 37 million."""

_BETWEEN, _MISSING = "\x1f", "\x1e"


def with_row_id(rows: ibis.Table, contract: Contract) -> ibis.Table:
    """Add the key that a contract without one is given.

    It follows from all columns but the target and aggregates, so that a row keeps it when its
    outcome becomes known; where any other of its columns changes, it is another row. Equal rows are
    numbered.

    Args:
        rows: Rows of the contract, in its types, without `row_id`.
        contract: What they are.
    """
    untold = {contract.target, AS_OF, *contract.aggregates}
    told = sorted(name for name in rows.columns if name not in untold)
    texts = [text_of(rows, name).fill_null(_MISSING) for name in told]
    hashed = rows.mutate(
        {ROW_ID: ibis.literal(_BETWEEN).join(texts).hexdigest("md5").left(_LENGTH)}
    )
    target = [] if contract.target is None else [ibis.asc(contract.target)]
    number = ibis.row_number().over(group_by=ROW_ID, order_by=target or None)
    numbered = hashed.mutate(number=number)
    same = numbered[ROW_ID] + "-" + (numbered["number"] + 1).cast("string")
    row_id = (numbered["number"] == 0).ifelse(numbered[ROW_ID], same)
    return numbered.mutate({ROW_ID: row_id}).select(ROW_ID, *rows.columns)
