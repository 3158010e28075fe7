"""A PostgreSQL that is gone in a stage of a week: as the feed, and as an MLflow server's store."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings

import mlflow_server
import other_tables
import postgres
import runs
import service_process
import typed
from weekwise.paths import DataFolder

pytestmark = pytest.mark.slow

WEEK = other_tables.WEEKS[0]
FEED = """
feed:
  type: ibis.TableDataset
  table_name: orders
  connection: {backend: postgres}
  credentials: shop
"""
STAGES = {
    "before": "",
    "wrangling": "clean_feed",
    "training": "fit_challenger",
    "prediction": "predict_upcoming",
    "the report": "draw_report",
}
"""Before which node the feed's database goes; before none: it was never there."""
READING = ("before", "wrangling")
SERVER_STAGES = {
    "wrangling": "data_wrangling.clean_flights",
    "training": "model_training.split_history",
    "registration": "model_training.refit_challenger",
    "prediction": "data_prediction.predict_upcoming",
    "the report": "model_monitoring.log_week",
}
"""After which node the server's database goes."""


@pytest.fixture
def database() -> Iterator[postgres.Server]:
    """A PostgreSQL server."""
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed; run: make postgres")
    with postgres.running() as server:
        yield server


class KillAt:
    """Ends the database before a node runs."""

    def __init__(self, node: str, database: postgres.Server) -> None:
        self._node, self._database = node, database

    @hook_impl(tryfirst=True)
    def before_node_run(self, node: Any) -> None:
        """End it, and wait until it is gone."""
        if node.short_name == self._node:
            self._database.send(signal.SIGQUIT)
            self._database.wait_until_gone()


def run_orders(folder: Path, node: str, database: postgres.Server) -> typed.Answer:
    """Type `kedro run` for the orders, whose database ends before a node."""

    def before() -> None:
        if node:
            settings.set("HOOKS", (*settings.HOOKS, KillAt(node, database)))

    return typed.type_command(
        "run",
        f"--params=as_of={WEEK}",
        f"--conf-source={folder / 'conf'}",
        data=folder / "data" / "orders",
        before=before,
        env="orders",
    )


def stored(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The features and the predictions."""
    store = DataFolder(folder / "data" / "orders").store
    with duckdb.connect(str(store), read_only=True) as connection:
        return {
            table: connection.sql(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
            for table in ("features", "predictions")
        }


@pytest.mark.parametrize(
    "stage",
    [
        pytest.param(stage, marks=() if stage == "wrangling" else pytest.mark.drill)
        for stage in STAGES
    ],
)
def test_the_feeds_database_is_gone(stage: str, tmp_path: Path, database: postgres.Server) -> None:
    """While it is read, that is one sentence, and the week goes on later; then nobody needs it."""
    orders = other_tables.orders().drop_duplicates("order_id")
    database.write(orders, "orders")
    conf = other_tables.write_environment(tmp_path, orders)
    (conf / "orders" / "catalog.yml").write_text(FEED)
    (conf / "local").mkdir()
    credentials = yaml.safe_dump({"shop": database.credentials})
    (conf / "local" / "credentials.yml").write_text(credentials)
    if stage == "before":
        database.stop()

    told = run_orders(tmp_path, STAGES[stage], database)

    if stage not in READING:
        assert told.status == 0, told.said
        return
    assert told.is_plain, told.said
    assert "the database does not answer: start it, or fix its address" in told.error
    assert "a-secret" not in told.said
    assert "\n" not in told.error
    database.stop()
    database.start()
    again = run_orders(tmp_path, "", database)
    assert again.status == 0, again.said
    assert {table: bool(rows) for table, rows in stored(tmp_path).items()} == {
        "features": True,
        "predictions": True,
    }


@pytest.mark.drill
@pytest.mark.parametrize("stage", SERVER_STAGES)
def test_the_store_of_an_mlflow_server_is_gone(
    stage: str, tmp_path: Path, database: postgres.Server, week_1: Path
) -> None:
    """The server answers, but knows nothing: one sentence; with its database back all goes on."""
    data, port = tmp_path / "test", service_process.free_port()
    url, week = f"http://127.0.0.1:{port}", f"--params=as_of={runs.WEEKS[0]}"

    with mlflow_server.running(data, port, database.url):
        told = mlflow_server.interrupted_at(
            SERVER_STAGES[stage], database.stop, data=data, server=url
        )
        assert told.is_plain, told.said
        assert "the MLflow server" in told.error
        assert "a-secret" not in told.said
        assert DataFolder(data).weeks() == []
        database.start()
        again = mlflow_server.answer(mlflow_server.kedro("run", week, data=data, server=url))

    assert again.status == 0, again.said
    assert mlflow_server.differences(data, week_1) == []
