"""Text that stands for other values, read as its contract says: `yes` as true."""

from __future__ import annotations

import ibis

from weekwise.contract.model import Contract
from weekwise.contract.truth import truth_words


def read_truths(table: ibis.Table, contract: Contract) -> ibis.Table:
    """A table with its truths as truth values, whatever words the table has for them.

    The gate reads the same words (`weekwise.quality.text_values`), and lets no others pass.

    Args:
        table: Rows that have passed the contract's gate.
        contract: What they are.
    """
    read = {
        name: _truth(table[name], truth_words(column))
        for name, column in contract.columns.items()
        if column.type.facts.boolean
        and name in table.columns
        and not table[name].type().is_boolean()
    }
    return table.mutate(read) if read else table


def _truth(values: ibis.Column, words: dict[str, bool]) -> ibis.Column:
    text = values.cast("int64") if values.type().is_numeric() else values
    text = text.cast("string").strip().lower()
    read: ibis.Column = text.cases(*words.items(), else_=ibis.null("boolean"))
    return read
