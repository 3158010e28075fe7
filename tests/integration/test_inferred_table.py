"""A table that nobody has described: inferred, and run for two weeks, from every kind of source."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from sklearn import datasets

import inferred_runs
import postgres
import runs
import tables

pytestmark = pytest.mark.slow


def _semicolons(frame: pd.DataFrame, path: Path) -> None:
    """As a German office writes it: dots for thousands, decimal commas, day before month."""
    written = frame.assign(
        amount_eur=[
            f"{50 * value:,.2f}".translate(str.maketrans(",.", ".,"))
            for value in frame["amount_eur"]
        ],
        placed=frame["placed"].dt.strftime("%d.%m.%Y %H:%M"),
    )
    written.to_csv(path, index=False, sep=";", encoding="utf-16", na_rep="NA")


def _duckdb(frame: pd.DataFrame, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.from_df(frame).create("orders")


def _sqlite(frame: pd.DataFrame, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        frame.to_sql("orders", connection, index=False)


WRITERS: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "orders.csv": _semicolons,
    "orders.parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "orders.xlsx": lambda frame, path: frame.to_excel(path, index=False),
    "orders.jsonl": lambda frame, path: frame.to_json(
        path, orient="records", lines=True, date_format="iso"
    ),
    "orders.duckdb": _duckdb,
    "orders.sqlite": _sqlite,
}


def counted(folder: Path, conf: Path, week: str = "2024-03-04") -> tuple[int, int]:
    """All rows, and those that wait, after the one pipeline that reads the source."""
    data = folder / "data" / "shop"
    runs.run(data, week, pipelines=["data_wrangling"], env="shop", conf_source=conf)
    summary = json.loads((data / "04_feature" / "wrangling_summary.json").read_bytes())
    return sum(summary["rows_in"].values()), summary["upcoming_rows"]


def test_a_table_runs_from_its_source(tmp_path: Path) -> None:
    """Inferred and run with no line written by hand: the week that waits is predicted."""
    WRITERS["orders.csv"](tables.orders(), tmp_path / "orders.csv")
    conf = inferred_runs.infer(tmp_path, tmp_path / "orders.csv", target="returned")
    runs.run(tmp_path / "data" / "shop", "2024-03-04", env="shop", conf_source=conf)

    figures = inferred_runs.report(tmp_path, "2024-03-04")["figures"]
    assert figures["data"]["upcoming_rows"] == figures["predictions"]["rows"] == 168
    gate = {result["table"]: result["status"] for result in figures["data"]["gate"]}
    assert gate == {"feed": "ok", "features": "ok"}


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "orders.csv"])
def test_a_table_is_read_from_its_source(name: str, tmp_path: Path) -> None:
    """The same of every other kind: once it is read, nothing knows where it came from."""
    WRITERS[name](tables.orders(), tmp_path / name)
    conf = inferred_runs.infer(tmp_path, tmp_path / name, target="returned")

    assert counted(tmp_path, conf) == (len(tables.orders()), 168)


def test_a_table_of_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's password is written nowhere; the run takes it from the usual variable."""
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed; run: make postgres")
    with postgres.running() as server:
        server.write(tables.orders(), "orders")
        address = server.url.replace("+psycopg", "") + "?table=orders"
        conf = inferred_runs.infer(tmp_path, address, target="returned")
        written = "".join(path.read_text("utf-8") for path in (conf / "shop").rglob("*.yml"))
        assert "a-secret" not in written
        monkeypatch.setenv("PGPASSWORD", "a-secret")

        assert counted(tmp_path, conf) == (len(tables.orders()), 168)


def test_rows_to_predict_may_come_apart(tmp_path: Path) -> None:
    """Past orders in one file, new ones without a target in another."""
    rows = tables.orders()
    past, new = rows[rows["returned"].notna()], rows[rows["returned"].isna()]
    past.to_parquet(tmp_path / "past.parquet", index=False)
    new.drop(columns="returned").to_csv(tmp_path / "new.csv", index=False)
    conf = inferred_runs.infer(
        tmp_path, tmp_path / "past.parquet", predict=tmp_path / "new.csv", target="returned"
    )

    assert counted(tmp_path, conf) == (len(tables.orders()), 168)


@pytest.mark.parametrize("name", ["breast_cancer", "iris"])
def test_tables_without_dates_and_keys(name: str, tmp_path: Path) -> None:
    """A named truth and classes, as scikit-learn ships them; a tenth waits."""
    bundle = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = bundle.frame
    if name == "breast_cancer":
        frame["target"] = bundle.target_names[frame["target"]]
    frame["target"] = frame["target"].astype(object).mask(frame.index % 10 == 0)
    frame.to_csv(tmp_path / "table.csv", index=False)
    conf = inferred_runs.infer(tmp_path, tmp_path / "table.csv")

    assert counted(tmp_path, conf) == (len(frame), frame["target"].isna().sum())


def test_odd_names_go_through_the_whole_loop(tmp_path: Path) -> None:
    """Spaces, dots, quotes, brackets, other alphabets and SQL's own words are names like any."""
    odd = {
        "order_id": "Order No.",
        "placed": "select",
        "amount_eur": 'amount "net" (EUR)',
        "region": "région/Länder",
        "zip": "a.b:c",
        "gift": "{gift}",
        "items": "low",
        "returned": "came back?",
    }
    tables.orders().rename(columns=odd).to_csv(tmp_path / "orders.csv", index=False)
    conf = inferred_runs.infer(tmp_path, tmp_path / "orders.csv", target="came back?")
    for week in ("2024-02-26", "2024-03-04"):
        runs.run(tmp_path / "data" / "shop", week, env="shop", conf_source=conf)

    assert inferred_runs.report(tmp_path, "2024-03-04")["figures"]["performance"]["weeks"]
