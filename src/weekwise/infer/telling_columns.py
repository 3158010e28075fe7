"""Columns that give the target away, and those that tell nearly all, as every run's exploration."""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Leakage:
    """What is known of features that tell nearly all of the target.

    Attributes:
        leaks: Why a feature is known only with the target, by name.
        strong: How much a feature tells that nothing else speaks against, by name.
    """

    leaks: dict[str, str] = field(default_factory=dict)
    strong: dict[str, str] = field(default_factory=dict)


def find_leakage(rows: duckdb.DuckDBPyRelation, contract: Contract) -> Leakage:
    """Features that are known only with the target, and honest ones that tell nearly all of it.

    Args:
        rows: The table.
        contract: Of the features and the target alone, without a time.
    """
    found = Leakage(leaks=_never_known_before(rows, contract))
    sample = _sample(rows, contract)
    if sample.num_rows < FEWEST_ROWS:
        return found
    import ibis

    # A key of their own keeps rows that are alike apart.
    contract = with_feed({FEATURES: contract})[FEATURES]
    # Each column is measured alone, so neither their order matters nor when rows were.
    table = read_analysis_table(
        conform(ibis.memtable(sample), contract),
        contract,
        Window(as_of=_NO_DATE),
        ExplorationParams(),
    )
    measure = task_of(contract).words.association
    for association in measure_associations(table, ExplorationParams()):
        measured = f"{measure} {fixed(association.strength)}"
        if association.leak:
            reason = f"it gives the target away: {association.leak} (alone {measured})"
            found.leaks.setdefault(association.name, reason)
        elif association.tells_nearly_all:
            found.strong[association.name] = (
                f"it alone tells nearly all ({measured}); see that it is known before the target is"
            )
    return found


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
