"""Features by SQL and by a function, as the how-to page shows them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb
import pytest

import other_tables
import runs

pytestmark = pytest.mark.slow

PAGE = runs.PROJECT / "docs" / "how-to" / "features-by-sql-or-python.md"
BLOCK = re.compile(r"```\w+\n(?:#|--) (?P<file>\S+)\n(?P<text>.*?)```", re.DOTALL)
MAX_LINES = 15
REGIONS = """
regions:
  type: pandas.CSVDataset
  filepath: {file}
"""
A_HEAD = "  amount_a_head: {type: number, role: feature, title: Amount a head, min: 0}\n"
RETURNS = "  region_returns: {type: number, role: feature, title: Returns of the region}\n"


@pytest.fixture
def blocks() -> dict[str, str]:
    """The page's files."""
    return {match["file"]: match["text"] for match in BLOCK.finditer(PAGE.read_text("utf-8"))}


def environment(folder: Path, columns: str) -> Path:
    """Orders with a table of regions, and further columns in the contract."""
    conf = other_tables.write_environment(folder, contract=other_tables.CONTRACT + columns)
    (folder / "regions.csv").write_text("region,population\nn,2\ns,4\n", encoding="utf-8")
    with (conf / "orders" / "catalog.yml").open("a", encoding="utf-8") as catalog:
        catalog.write(REGIONS.format(file=folder / "regions.csv"))
    return conf


def run_two_weeks(folder: Path, conf: Path) -> Path:
    """The store of two weeks."""
    data = folder / "data" / "orders"
    for week in other_tables.WEEKS:
        runs.run(data, week, env="orders", conf_source=conf)
    return data / "weekwise.duckdb"


def test_features_sql(tmp_path: Path, blocks: dict[str, str]) -> None:
    """A SELECT joins a table and aggregates the past; two weeks run, and predictions are stored."""
    conf = environment(tmp_path, A_HEAD + RETURNS)
    text = blocks["conf/orders/features.sql"]
    assert len(text.splitlines()) <= MAX_LINES
    (conf / "orders" / "features.sql").write_text(text, encoding="utf-8")

    with duckdb.connect(str(run_two_weeks(tmp_path, conf)), read_only=True) as store:
        wrong = store.sql(
            "SELECT count(*) FROM features WHERE amount_a_head IS DISTINCT FROM "
            "amount / CASE region WHEN 'n' THEN 2 ELSE 4 END"
        ).fetchall()
        rates = dict(store.sql("SELECT DISTINCT region, region_returns FROM features").fetchall())
        predicted = store.sql("SELECT count(DISTINCT as_of), count(*) FROM predictions").fetchall()
    past = other_tables.orders().drop_duplicates("order_id")
    past = past[past["placed"] < other_tables.WEEKS[-1]]
    assert wrong == [(0,)]
    assert predicted[0][0] == len(other_tables.WEEKS)
    # Each exact copy counts in the feed.
    expected = past.groupby("region")["returned"].mean()
    assert rates == pytest.approx({name: float(rate) for name, rate in expected.items()}, abs=0.01)


def test_build_features(
    tmp_path: Path, blocks: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function joins the same table; two weeks run, and predictions are stored."""
    conf = environment(tmp_path, A_HEAD)
    text = blocks["src/orders/__init__.py"]
    assert len(text.splitlines()) <= MAX_LINES
    package = tmp_path / "src" / "orders"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(package.parent)
    monkeypatch.delitem(sys.modules, "orders", raising=False)
    with (conf / "orders" / "globals.yml").open("a", encoding="utf-8") as file:
        file.write(blocks["conf/orders/globals.yml"])

    with duckdb.connect(str(run_two_weeks(tmp_path, conf)), read_only=True) as store:
        a_head = store.sql(
            "SELECT min(amount / amount_a_head), max(amount / amount_a_head) FROM features"
        ).fetchall()
        weeks = store.sql("SELECT count(DISTINCT as_of) FROM predictions").fetchall()
    assert a_head == [pytest.approx((2.0, 4.0))]
    assert weeks == [(len(other_tables.WEEKS),)]
