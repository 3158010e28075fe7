"""What the contracts say of the tables, and what a contract may say."""

from __future__ import annotations

from pathlib import Path

from _reference import models
from _reference.markdown import code, joined, table
from weekwise.contract.aggregate import Aggregate
from weekwise.contract.column import Column, Serving
from weekwise.contract.derive import data_dictionary as dictionary_of
from weekwise.contract.frozen import Frozen
from weekwise.contract.load import load_contracts
from weekwise.contract.lookup import Lookup
from weekwise.contract.model import Contract, Expectation
from weekwise.features.time_features import CALENDAR_FEATURES

FORMAT: tuple[tuple[type[Frozen], str], ...] = (
    (Contract, "The file"),
    (Column, "Under `columns`, each column"),
    (Serving, "Under a column's `serving`"),
    (Aggregate, "Under a column's `aggregate`"),
    (Lookup, "Under a column's `lookup`"),
    (Expectation, "Under `expectations`, each entry"),
)


def data_dictionary(project: Path) -> str:
    """Every table that has a contract, the feed first."""
    contracts = load_contracts([project / "conf" / "flights" / "contracts"])
    order = sorted(
        contracts.values(), key=lambda contract: (contract.target is not None, contract.table)
    )
    return joined(dictionary_of(contract) for contract in order)


def contract_format(project: Path) -> str:  # noqa: ARG001 - every page is a function of the project
    """Each key a contract may have."""
    header = ("Key", "Takes", "Default", "Meaning")
    parts = []
    for model, title in FORMAT:
        meanings = models.attributes(model)
        rows = [
            (
                code(field.alias or name),
                models.allowed(model, field.alias or name),
                _default(model, name),
                meanings[name],
            )
            for name, field in model.model_fields.items()
        ]
        parts += [f"## {title}", models.summary(model), table(header, rows)]
    return joined(parts)


def calendar_features(project: Path) -> str:  # noqa: ARG001
    """The features that the model derives from a contract's time column."""
    rows = [
        (code(name), feature.title, feature.description)
        for name, feature in CALENDAR_FEATURES.items()
    ]
    return joined([table(("Name", "Title", "Values"), rows)])


def _default(model: type[Frozen], name: str) -> str:
    field = model.model_fields[name]
    if field.is_required():
        return models.REQUIRED if name != "table" else "the file's name"
    return code(models.default_of(field))
