"""Tables of every shape, run for weeks: each run ends with a report, and says what it did."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node

import other_tables
import runs

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = "2024-03-04", "2024-03-11", "2024-03-18"


class Shop:
    """An environment of orders whose feed, contract and parameters change between weeks."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data" / "orders"
        self.conf = other_tables.write_environment(folder)

    def contract(self, *changes: tuple[str, str]) -> None:
        """Change the contract's text: what to find, and what to put there."""
        path = self.conf / "orders" / "contracts" / "features.yml"
        text = path.read_text("utf-8")
        for find, put in changes:
            assert find in text, find
            text = text.replace(find, put)
        path.write_text(text, "utf-8")

    def say(self, file: str, text: str) -> None:
        """Replace one file of the environment."""
        (self.conf / "orders" / file).write_text(text, "utf-8")

    def feed(self, frame: pd.DataFrame) -> None:
        """Replace the feed."""
        frame.to_parquet(self.folder / "feed.parquet", index=False)

    def run(self, as_of: str) -> dict[str, Any]:
        """Run a week; gives its report."""
        runs.run(self.data, as_of, env="orders", conf_source=self.conf)
        return self.report(as_of)

    def report(self, as_of: str) -> dict[str, Any]:
        """A week's report."""
        path = self.data / "08_reporting" / as_of / "weekly_report.json"
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return report

    def rows(self, sql: str) -> pd.DataFrame:
        """Rows of the store."""
        with duckdb.connect(str(self.data / "weekwise.duckdb"), read_only=True) as store:
            return store.sql(sql).df()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Orders with a key, a time, and a target known at once."""
    return Shop(tmp_path)


@pytest.fixture(scope="module")
def first_week(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The same after its first week, for others to copy."""
    shop = Shop(tmp_path_factory.mktemp("first"))
    shop.run(FIRST)
    return shop


@pytest.fixture
def open_shop(shop: Shop, first_week: Shop) -> Shop:
    """Orders whose first week is done."""
    shop.data.parent.mkdir(parents=True)
    runs.copied(first_week.data, shop.data)
    return shop


def reasons(report: dict[str, Any]) -> str:
    """All findings of a report in one text."""
    return "; ".join(finding["reason"] for finding in report["findings"])


def without_time(frame: pd.DataFrame, *, known: int, rows: int) -> pd.DataFrame:
    """The first orders without their time; the outcome of those from `known` on is not known."""
    part = frame.drop(columns="placed").head(rows).copy()
    part.loc[known:, "returned"] = pd.NA
    return part


TIME = ("  placed: {type: datetime, role: time, title: Placed}\n", "")
KEY = ("  order_id: {type: integer, role: key, title: Order}\n", "")
NO_KEY = ("key: [order_id]\nduplicates: quarantine\n", "")


def test_rows_without_a_time(shop: Shop) -> None:
    """Rows with an outcome are history, the others are predicted, and compared later."""
    frame = other_tables.orders().drop_duplicates("order_id")
    shop.contract(TIME)
    shop.say("globals.yml", f"data: {shop.data}\nregistered_model: returned_orders\n")
    shop.feed(without_time(frame, known=3000, rows=3400))

    first = shop.run("2024-05-01")

    assert first["figures"]["end"] is None
    assert first["figures"]["predictions"]["rows"] == 400 + 10
    shop.feed(without_time(frame, known=3400, rows=3700))
    second = shop.run("2024-05-02")
    (week,) = second["figures"]["performance"]["weeks"]
    assert (week["rows"], week["rows_with_outcome"]) == (410, 400)
    assert week["skill"] > 0
    assert second["figures"]["predictions"]["rows"] == 300 + 10
    assert second["figures"]["model"]["verdict"]["reasons"][0].startswith("Judged on ")
    assert " days " not in second["figures"]["model"]["verdict"]["reasons"][0]
    page = (shop.data / "08_reporting" / "2024-05-02" / "exploration.html").read_text("utf-8")
    assert "weekday" not in page


def test_rows_without_a_key(shop: Shop) -> None:
    """A key is made from each row; equal rows all stay, and the report says what that means."""
    frame = other_tables.orders().drop(columns="order_id")
    shop.contract(KEY, NO_KEY)
    shop.feed(frame)

    shop.run(FIRST)
    second = shop.run(SECOND)

    ids = shop.rows("SELECT count(*) AS n, count(DISTINCT row_id) AS k FROM features")
    assert ids["n"].tolist() == ids["k"].tolist()
    assert second["figures"]["data"]["duplicates_dropped"] == 0
    (week,) = second["figures"]["performance"]["weeks"]
    assert week["rows_with_outcome"] == 420
    assert "rows have no key of their own" in reasons(second)


@pytest.mark.drill
def test_neither_key_nor_time(shop: Shop) -> None:
    """The plainest table of all: features and a target."""
    frame = other_tables.orders().drop(columns=["order_id"])
    shop.contract(KEY, NO_KEY, TIME)
    shop.say("globals.yml", f"data: {shop.data}\nregistered_model: returned_orders\n")
    shop.feed(without_time(frame, known=3000, rows=3400))

    shop.run("2024-05-01")
    shop.feed(without_time(frame, known=3400, rows=3400))
    second = shop.run("2024-05-02")

    (week,) = second["figures"]["performance"]["weeks"]
    assert week["rows_with_outcome"] == 400


def test_late_targets(shop: Shop) -> None:
    """History ends where outcomes are due, rows that wait are predicted, the rest is not judged."""
    shop.contract(("key: [order_id]", "key: [order_id]\nknown_after_days: 14"))

    first = shop.run(FIRST)

    assert first["figures"]["data"]["history_end"] == "2024-02-18"
    assert first["figures"]["predictions"]["rows"] == 21 * 60
    known = shop.rows("SELECT count(returned) AS n FROM features WHERE placed >= '2024-02-19'")
    assert known["n"].tolist() == [0]
    second = shop.run(SECOND)
    (week,) = second["figures"]["performance"]["weeks"]
    assert (week["rows"], week["rows_with_outcome"]) == (7 * 60, 7 * 60)


def test_corrected_targets(open_shop: Shop) -> None:
    """The newest outcome counts, and the report says how many have changed."""
    frame = other_tables.orders()
    before = open_shop.run(SECOND)
    changed = frame["placed"].between("2024-03-04", "2024-03-05", inclusive="left")
    corrected = frame.assign(returned=frame["returned"].mask(changed, ~frame["returned"]))
    open_shop.feed(corrected)

    third = open_shop.run(THIRD)

    assert before["figures"]["performance"]["look_back"]["corrected"] == 0
    assert third["figures"]["performance"]["look_back"]["corrected"] == 60
    assert "60 outcomes of earlier weeks changed since last known" in reasons(third)
    first_week, _ = third["figures"]["performance"]["weeks"]
    assert first_week["loss"] != before["figures"]["performance"]["weeks"][0]["loss"]
    again = open_shop.run(THIRD)
    assert again == third


def test_nothing_to_predict(shop: Shop) -> None:
    """A week without upcoming rows is WARN, with a report and empty predictions."""
    frame = other_tables.orders()
    shop.feed(frame[frame["placed"] < SECOND])

    report = shop.run(SECOND)

    assert report["status"] == "WARN"
    assert "there are no rows to predict" in report["headline"]
    stored = shop.rows(f"SELECT count(*) AS n FROM predictions WHERE as_of = '{SECOND}'")
    assert stored["n"].tolist() == [0]
    assert shop.rows("DESCRIBE predictions")["column_type"].str.contains("NULL").sum() == 0
    shop.feed(frame)
    assert shop.run(THIRD)["figures"]["predictions"]["rows"] == 420


def test_no_model_is_fit(shop: Shop) -> None:
    """Where no challenger passes the floor and there is no champion, the report is ACT."""
    frame = other_tables.orders()
    coin = np.random.default_rng(0).random(len(frame)) < 0.3
    shop.feed(frame.assign(returned=pd.array(coin, dtype="boolean")))

    report = shop.run(FIRST)

    assert report["status"] == "ACT"
    assert "no model is fit to predict with" in report["headline"]
    assert report["figures"]["predictions"]["rows"] == 0
    assert report["figures"]["model"]["no_model"] == "there is no champion"
    assert not any("kedro run" in step for step in report["next_steps"])
    shop.feed(frame)
    assert shop.run(SECOND)["figures"]["predictions"]["rows"] == 420


REGION = "  region: {type: category, role: feature, title: Region, values: {n: North, s: South}}\n"
CHANGES: dict[str, tuple[list[tuple[str, str]], Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "a column added": (
        [(REGION, f"{REGION}  items: {{type: integer, role: feature, title: Items}}\n")],
        lambda frame: frame.assign(items=3),
    ),
    "a column removed": ([(REGION, "")], lambda frame: frame.drop(columns="region")),
    "a column renamed": (
        [("  region:", "  area:")],
        lambda frame: frame.rename(columns={"region": "area"}),
    ),
    "another type": (
        [(REGION, "  region: {type: integer, role: feature, title: Region}\n")],
        lambda frame: frame.assign(region=(frame["region"] == "s").astype(int)),
    ),
    "another category": (
        [("values: {n: North, s: South}", "values: {n: North, s: South, w: West}")],
        lambda frame: frame.assign(region=frame["region"].mask(frame["placed"] >= SECOND, "w")),
    ),
}


DRILLS = {"a column removed", "another type"}
"""Of each of these another change is of the same kind: one renamed, a target of another type."""


@pytest.mark.parametrize(
    "change",
    [pytest.param(c, marks=pytest.mark.drill if c in DRILLS else ()) for c in CHANGES],
)
def test_the_contract_changes_between_weeks(open_shop: Shop, change: str) -> None:
    """A champion that can judge the new rows competes; one that cannot does not, and it is said."""
    frame = other_tables.orders()
    contract, feed = CHANGES[change]
    open_shop.contract(*contract)
    open_shop.feed(feed(frame))

    second = open_shop.run(SECOND)

    said = " ".join(second["figures"]["model"]["verdict"]["reasons"])
    competes = change in ("a column added", "another category")
    assert ("Challenger minus champion" in said) is competes
    assert ("Version 1 cannot be judged on these rows" in said) is not competes
    if not competes:
        assert re.search(r"region", said)
        assert "Version 2 replaces version 1" in second["figures"]["model"]["verdict"]["headline"]
    assert second["figures"]["predictions"]["rows"] == 420
    (week,) = second["figures"]["performance"]["weeks"]
    assert week["rows_with_outcome"] == 420


def test_the_key_changes_between_weeks(open_shop: Shop) -> None:
    """A new column of the key is stored, and weeks without it are not compared with outcomes."""
    open_shop.contract(
        ("key: [order_id]", "key: [order_id, shop]"),
        (KEY[0], f"{KEY[0]}  shop: {{type: category, role: key, title: Shop}}\n"),
    )
    open_shop.feed(other_tables.orders().assign(shop="Berlin"))

    second = open_shop.run(SECOND)
    third = open_shop.run(THIRD)

    stored = open_shop.rows("SELECT as_of, count(shop) AS n FROM predictions GROUP BY 1 ORDER BY 1")
    assert stored["n"].tolist() == [0, 420, 420]
    assert second["figures"]["performance"]["weeks"] == []
    assert "predictions of 4 March cannot be compared with outcomes" in reasons(second)
    (week,) = third["figures"]["performance"]["weeks"]
    assert (week["as_of"], week["rows_with_outcome"]) == (SECOND, 420)


def test_the_target_becomes_a_number(open_shop: Shop) -> None:
    """Another kind of prediction starts anew beside what was stored of the old one."""
    open_shop.contract(
        (
            "returned: {type: boolean, role: target, title: Returned, missing: 0.9}",
            "days: {type: number, role: target, title: Days to delivery, missing: 0.9}",
        )
    )
    open_shop.feed(other_tables.delivered_orders())

    second = open_shop.run(SECOND)

    assert second["figures"]["model"]["task"] == "regression"
    assert second["figures"]["predictions"]["rows"] == 420
    assert second["figures"]["performance"]["weeks"] == []
    stored = open_shop.rows(
        "SELECT count(probability) AS p, count(prediction) AS n FROM predictions"
    )
    assert stored.iloc[0].tolist() == [420, 420]


def test_another_column_becomes_the_target(open_shop: Shop) -> None:
    """What was said of the one is not compared with what became of the other."""
    frame = other_tables.orders()
    open_shop.contract(
        (
            "returned: {type: boolean, role: target, title: Returned, missing: 0.9}",
            "kept: {type: boolean, role: target, title: Kept, missing: 0.9}",
        )
    )
    open_shop.feed(frame.assign(kept=~frame["returned"]).drop(columns="returned"))

    second = open_shop.run(SECOND)
    third = open_shop.run(THIRD)

    assert second["figures"]["performance"]["weeks"] == []
    assert "predictions of 4 March cannot be compared with outcomes" in reasons(second)
    assert second["figures"]["predictions"]["summary"]
    stored = open_shop.rows("SELECT DISTINCT as_of, predicted_column FROM predictions ORDER BY 1")
    assert stored["predicted_column"].tolist() == ["returned", "kept", "kept"]
    (week,) = third["figures"]["performance"]["weeks"]
    assert (week["as_of"], week["rows_with_outcome"]) == (SECOND, 420)


def test_a_run_that_fails_late_leaves_no_champion(shop: Shop) -> None:
    """No model serves that no report explains: the alias moves when the report is done."""
    with pytest.raises(RuntimeError, match="no room"):
        runs.run(
            shop.data, FIRST, env="orders", conf_source=shop.conf, kill=lambda: NoRoom("log_week")
        )
    assert champion(shop) is None

    shop.run(FIRST)

    assert champion(shop) == "1"
    with pytest.raises(RuntimeError, match="no room"):
        runs.run(
            shop.data, SECOND, env="orders", conf_source=shop.conf, kill=lambda: NoRoom("log_week")
        )
    assert champion(shop) == "1"


class NoRoom:
    """Fails before a node runs, as a full disk would."""

    def __init__(self, node: str) -> None:
        self.node = node

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """Fail before the node."""
        if node.name.rpartition(".")[2] == self.node:
            raise OSError("no room")


def champion(shop: Shop) -> str | None:
    """The version that is champion in the registry."""
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{shop.data / 'mlflow' / 'mlflow.db'}")
    version = client.get_registered_model("returned_orders").aliases.get("champion")
    return None if version is None else str(version)
