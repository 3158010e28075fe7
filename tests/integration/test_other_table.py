"""A table that the project has never seen, with no Python: contract, catalog entry, globals."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import other_tables
import runs
import stores

pytestmark = pytest.mark.slow

VIEWERS = """
from pathlib import Path
from types import SimpleNamespace

from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project
from kedro_viz.integrations.kedro.data_loader import load_data

from weekwise.cli.registry import registry

project = Path({project!r})
bootstrap_project(project)
_, pipelines, _ = load_data(project, env="orders")
drawn = sorted(node.short_name for node in pipelines["data_wrangling"].nodes)
words = ["describe", "data_wrangling", "--env", "orders"]
listed = CliRunner().invoke(registry, words, obj=SimpleNamespace(project_path=project)).output
print(*drawn, "| clean_feed listed:", "clean_feed" in listed, "| replay:", "replay" in listed)
"""
"""Kedro-Viz's loader and `kedro registry describe`, on a project with this environment alone."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of orders."""
    return other_tables.run_weeks(tmp_path_factory.mktemp("orders"))


def query(data: Path, sql: str) -> pd.DataFrame:
    """Rows of the store."""
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        return store.sql(sql).df()


def test_every_upcoming_row_is_predicted(data: Path) -> None:
    """Each week has one prediction for each order of its seven days."""
    predicted = query(data, "SELECT as_of, count(*) AS n FROM predictions GROUP BY 1 ORDER BY 1")

    assert predicted["as_of"].dt.date.astype(str).tolist() == other_tables.WEEKS
    assert predicted["n"].tolist() == [420, 420]


def test_an_outcome_that_the_run_may_not_know_is_hidden(data: Path) -> None:
    """The feed knows every outcome; the features of a week know none on or after its date."""
    week = other_tables.WEEKS[-1]
    known = query(data, f"SELECT count(returned) AS n FROM features WHERE placed >= '{week}'")

    assert known["n"].tolist() == [0]


def test_the_report_says_what_was_left_out_and_how_the_last_week_did(data: Path) -> None:
    """What wrangling leaves out is counted by reason, and last week's predictions are judged."""
    path = data / "08_reporting" / other_tables.WEEKS[-1] / "weekly_report.json"
    figures = json.loads(path.read_text("utf-8"))["figures"]

    assert figures["data"]["left_out"]["without an outcome"] == 10
    gate = {result["table"]: result["quarantined_rows"] for result in figures["data"]["gate"]}
    assert gate == {"feed": 5, "features": 0}
    assert figures["performance"]["weeks"][0]["rows_with_outcome"] == 420


@pytest.mark.parametrize("reader", sorted(other_tables.CSV_CATALOGS))
def test_a_feed_may_be_a_frame_or_a_table(reader: str, data: Path, tmp_path: Path) -> None:
    """A CSV file gives the same features and predictions, whether pandas or Ibis reads it."""
    read = other_tables.run_weeks(tmp_path, csv=reader)

    for table in ("features", "predictions", "quarantine"):
        order = "1, 2, 3" if table == "quarantine" else "ALL"
        columns = "* EXCLUDE (data)" if table == "quarantine" else "*"
        sql = f"SELECT {columns} FROM {table} ORDER BY {order}"
        pd.testing.assert_frame_equal(query(read, sql), query(data, sql))


@pytest.mark.parametrize("csv", [None, *sorted(other_tables.CSV_CATALOGS)])
def test_the_gate_checks_the_feed_by_the_contract_of_the_features(
    csv: str | None, tmp_path: Path
) -> None:
    """A wrong value in the feed stops the run, and the message names the file to change."""
    frame = other_tables.orders()
    frame.loc[20, "region"] = "west"
    conf = other_tables.write_environment(tmp_path, frame, csv=csv)

    with pytest.raises(RuntimeError) as error:
        runs.run(
            tmp_path / "data" / "orders", other_tables.WEEKS[0], env="orders", conf_source=conf
        )

    assert "feed: stop" in str(error.value)
    assert "region: expected one of n, s, got west in 1 row" in str(error.value)
    assert "contracts/features.yml" in str(error.value)


def test_kedro_viz_and_the_registry_show_its_own_pipelines(tmp_path: Path) -> None:
    """What draws or lists the pipelines of an environment has the wrangling it would run."""
    other_tables.write_environment(tmp_path)
    shutil.copy(runs.PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / "src").mkdir()
    shown = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", VIEWERS.format(project=str(tmp_path))],
        cwd=tmp_path,
        env=stores.environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert shown[-1] == (
        "build_features clean_feed plan_weeks summarize_wrangling | clean_feed listed: True "
        "| replay: False"
    )
