"""What the web app's sources must not hold."""

from __future__ import annotations

import re
from pathlib import Path

from weekwise.contract.model import Contracts

SOURCES = Path(__file__).parents[3] / "frontend" / "src"


def test_the_app_names_no_column(contracts: Contracts) -> None:
    """No column of the example is named in the app: what it shows, the service describes."""
    columns = {name for contract in contracts.values() for name in contract.columns}
    files = [*SOURCES.rglob("*.ts"), *SOURCES.rglob("*.svelte")]
    named = [
        (file.name, name)
        for file in files
        if not file.name.endswith(".test.ts")
        for name in re.findall(r"""['"`](\w+)['"`]""", file.read_text())
        if name in columns
    ]

    assert len(files) > 50
    assert named == []


def test_the_app_names_no_other_host() -> None:
    """Nothing in the app's sources is an address, but for the names of standards."""
    files = [*SOURCES.rglob("*.ts"), *SOURCES.rglob("*.svelte"), *SOURCES.rglob("*.css")]
    addresses = {
        address
        for file in files
        if not file.name.endswith(".d.ts")
        for address in re.findall(r"https?://[^\s'\"]+", file.read_text())
    }

    assert addresses == set()
