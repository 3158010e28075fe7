"""Columns that give the target away, by the same measure as the exploration of every run."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb

from weekwise.analysis.association import measure_associations
from weekwise.analysis.params import ExplorationParams
from weekwise.analysis.table import read_analysis_table
from weekwise.contract.derive import FEATURES, with_feed
from weekwise.contract.model import Contract
from weekwise.features.conform import conform
from weekwise.features.window import Window
from weekwise.infer.column_facts import identifier
from weekwise.tasks import task_of
from weekwise.wording import fixed

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE_ROWS = 20_000
FEWEST_ROWS = 50
"""On fewer rows even chance gives a target away."""
FEWEST_WAITING = 20
_NO_DATE = date(2000, 1, 1)


def given_away(rows: duckdb.DuckDBPyRelation, contract: Contract) -> dict[str, str]:
    """Features that are suspected to be known only with the target, each with the reason.

    Args:
        rows: The table.
        contract: Of the features and the target alone, without a time.
    """
    reasons = _never_known_before(rows, contract)
    sample = _sample(rows, contract)
    if sample.num_rows < FEWEST_ROWS:
        return reasons
    import ibis

    # A key of their own keeps rows that are alike apart.
    contract = with_feed({FEATURES: contract})[FEATURES]
    # Each column is measured alone, so neither their order matters nor when rows were.
    table = read_analysis_table(
        conform(ibis.memtable(sample), contract), contract, Window(as_of=_NO_DATE)
    )
    task = task_of(contract)
    for association in measure_associations(table, ExplorationParams()):
        if association.leaks:
            measured = f"{task.words.association} {fixed(association.strength)}"
            reasons.setdefault(association.name, f"it alone gives the target away ({measured})")
    return reasons


def _never_known_before(rows: duckdb.DuckDBPyRelation, contract: Contract) -> dict[str, str]:
    """Features that no row without a target has, while the others do."""
    target = identifier(str(contract.target))
    counts = ", ".join(["count(*)", *(f"count({identifier(name)})" for name in contract.features)])
    waiting = rows.filter(f"{target} IS NULL").aggregate(counts).fetchone() or (0,)
    known = rows.filter(f"{target} IS NOT NULL").aggregate(counts).fetchone() or (0,)
    if waiting[0] < FEWEST_WAITING:
        return {}
    return {
        name: "no row that waits for its target has a value: it is known only afterwards"
        for place, name in enumerate(contract.features, start=1)
        if not waiting[place] and known[place] > known[0] / 2
    }


def _sample(rows: duckdb.DuckDBPyRelation, contract: Contract) -> pa.Table:
    known = rows.filter(f"{identifier(str(contract.target))} IS NOT NULL")
    columns = known.project(", ".join(identifier(name) for name in contract.columns))
    return columns.query(
        "labelled", f"FROM labelled USING SAMPLE reservoir({SAMPLE_ROWS} ROWS) REPEATABLE (0)"
    ).to_arrow_table()
