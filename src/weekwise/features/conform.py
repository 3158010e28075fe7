"""A table as its contract says it is."""

from __future__ import annotations

import ibis

from weekwise.contract.derive import ibis_schema
from weekwise.contract.model import Contract


def conform(table: ibis.Table, contract: Contract) -> ibis.Table:
    """Cast to the contract's types, keep its columns in its order, drop exact duplicates.

    Args:
        table: Rows that have passed the contract's gate.
        contract: What `table` is.
    """
    return table.select(*contract.columns).cast(ibis_schema(contract)).distinct()


def count_rows(table: ibis.Table) -> int:
    """How many rows a table has."""
    return int(table.count().to_pyarrow().as_py())
