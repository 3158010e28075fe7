"""The whole run on the thin slice, with a real MLflow store."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from kedro.framework.hooks import hook_impl

import runs

pytestmark = pytest.mark.slow


def read(data: Path, query: str) -> pd.DataFrame:
    """Rows of the store."""
    with closing(duckdb.connect(str(data / "weekwise.duckdb"), read_only=True)) as connection:
        return connection.sql(query).df()


def report(data: Path, as_of: str) -> dict[str, Any]:
    """A week's report as plain data."""
    return json.loads((data / "08_reporting" / as_of / "weekly_report.json").read_text())


def test_every_upcoming_flight_is_predicted(week_2: Path) -> None:
    """Each week has one prediction for each flight scheduled in its seven days."""
    predicted = read(week_2, "SELECT as_of, count(*) AS n FROM predictions GROUP BY 1 ORDER BY 1")
    scheduled = [
        read(
            week_2,
            "SELECT count(*) AS n FROM flights WHERE make_date(year, month, day) "
            f"BETWEEN DATE '{as_of}' AND DATE '{as_of}' + 6",
        )["n"][0]
        for as_of in runs.WEEKS[:2]
    ]

    assert predicted["n"].tolist() == scheduled


def test_predictions_lie_in_a_file_a_week(week_2: Path) -> None:
    """The Parquet file of a week holds what the store holds of it."""
    columns = "scheduled_departure, carrier, flight, origin, probability, decision, model_version"
    for as_of in runs.WEEKS[:2]:
        file = week_2 / "07_model_output" / "predictions" / f"{as_of}.parquet"
        stored = read(
            week_2, f"SELECT {columns} FROM predictions WHERE as_of = '{as_of}' ORDER BY ALL"
        )
        with duckdb.connect() as connection:
            exported = connection.sql(f"SELECT {columns} FROM '{file}' ORDER BY ALL").df()
        pd.testing.assert_frame_equal(stored, exported)


def test_a_second_run_of_a_week_changes_nothing(week_2: Path, tmp_path: Path) -> None:
    """The same week twice: same rows, same predictions bit for bit, no second model version."""
    data = runs.copied(week_2, tmp_path / "test")

    runs.run(data, runs.WEEKS[1])

    again, before = runs.end_state(data), runs.end_state(week_2)
    assert [name for name in before if again[name] != before[name]] == []


def test_an_old_week_can_be_run_again(week_1: Path, week_2: Path, tmp_path: Path) -> None:
    """A week run again after a later one predicts as it did, and takes nothing from the later."""
    data = runs.copied(week_2, tmp_path / "test")

    runs.run(data, runs.WEEKS[0])

    again, first = runs.end_state(data), runs.end_state(week_1)
    name = f"{runs.WEEKS[0]}.parquet"
    assert again[name] == first[name]
    assert again["aliases"] == runs.end_state(week_2)["aliases"]
    assert report(data, runs.WEEKS[0]) == report(week_1, runs.WEEKS[0])


def test_the_report_looks_back(week_2: Path) -> None:
    """The second week's report holds the first week's outcomes against what was expected."""
    last = report(week_2, runs.WEEKS[1])["figures"]["performance"]["weeks"][-1]

    assert last["as_of"] == runs.WEEKS[0]
    assert last["rows_with_outcome"] > 0.9 * last["rows"]
    assert 0 < last["loss"] < 1
    assert last["expected_loss"] is not None


def test_the_report_says_its_status_first(week_2: Path) -> None:
    """The first line of both reports is OK, WARN or ACT with the reason."""
    found = report(week_2, runs.WEEKS[1])

    assert next(iter(found)) == "status"
    assert found["headline"].startswith(f"{found['status']}: ")


def test_one_mlflow_run_a_week(week_2: Path) -> None:
    """A week is one MLflow run, with tags, parameters, metrics and artifacts."""
    with closing(sqlite3.connect(week_2 / "mlflow" / "mlflow.db")) as store:
        found = store.execute(
            "SELECT r.run_uuid, r.status, r.artifact_uri FROM runs r JOIN tags t USING (run_uuid) "
            "WHERE t.key = 'as_of' AND t.value = ?",
            (runs.WEEKS[1],),
        ).fetchall()
        assert [status for _, status, _ in found] == ["FINISHED"]
        run_id, _, artifacts = found[0]
        tags = dict(store.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (run_id,)))
        params = dict(store.execute("SELECT key, value FROM params WHERE run_uuid = ?", (run_id,)))
        metrics = {
            key for (key,) in store.execute("SELECT key FROM metrics WHERE run_uuid = ?", (run_id,))
        }
    assert {"as_of", "git_commit", "data_hash", "contract_hash.features"} <= tags.keys()
    assert params["training.fit.iterations"] == "20"
    assert {"holdout.challenger.log_loss", "holdout.champion.roc_auc"} <= metrics
    folder = Path(artifacts.removeprefix("file://"))
    assert {path.name for path in folder.iterdir()} >= {
        "data",
        "data_gate",
        "exploration",
        "figures",
        "model",
        "predictions",
        "weekly_report",
    }


@pytest.mark.parametrize(
    "pipeline",
    ["exploratory_data_analysis", "model_training", "data_prediction", "model_monitoring"],
)
def test_each_pipeline_runs_alone(pipeline: str, week_2: Path, tmp_path: Path) -> None:
    """A later pipeline alone makes again what it made in the whole run."""
    data = runs.copied(week_2, tmp_path / "test")

    runs.run(data, runs.WEEKS[1], pipelines=[pipeline])

    again, before = runs.end_state(data), runs.end_state(week_2)
    assert [name for name in before if again[name] != before[name]] == []


def test_features_of_another_date_are_refused(week_2: Path, tmp_path: Path) -> None:
    """A later pipeline refuses features that were built for another date, and says what to run."""
    data = runs.copied(week_2, tmp_path / "test")

    with pytest.raises(RuntimeError, match=r"built for 2013-01-22, not 2013-01-29; run: kedro run"):
        runs.run(data, runs.WEEKS[2], pipelines=["model_training"])


class FlipHidden:
    """Changes every value of the year that a run at some date must not know."""

    def __init__(self, as_of: date) -> None:
        self.as_of = pd.Timestamp(as_of)

    @hook_impl
    def before_node_run(self, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """Give the replay a year in which everything hidden is otherwise."""
        if "flights_2013" not in inputs:
            return None
        year = inputs["flights_2013"].copy()
        dates = pd.to_datetime(year[["year", "month", "day"]])
        for name in ("dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"):
            year[name] = year[name].mask(dates >= self.as_of, 777)
        return {"flights_2013": year}


def test_nothing_hidden_leaks(week_1: Path, tmp_path: Path) -> None:
    """With every outcome on or after the as-of date flipped, a run does exactly the same."""
    data = tmp_path / "test"

    runs.run(data, runs.WEEKS[0], kill=lambda: FlipHidden(date.fromisoformat(runs.WEEKS[0])))

    flipped, true = runs.end_state(data), runs.end_state(week_1)
    assert [name for name in true if flipped[name] != true[name]] == []


def test_later_outcomes_would_matter(week_1: Path, tmp_path: Path) -> None:
    """The test above can fail: outcomes before the as-of date do change what a run does."""
    data = tmp_path / "test"

    runs.run(data, runs.WEEKS[0], kill=lambda: FlipHidden(date(2013, 1, 14)))

    assert runs.end_state(data)["table features"] != runs.end_state(week_1)["table features"]
