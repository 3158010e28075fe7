"""A table whose target is a number: two weeks, and the service."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient

import other_tables
from api.rows.json_schema import example_rows
from api.serving.answers import explanation_body, prediction_body
from api.serving.model_loading import load_model
from weekwise.model import release

pytestmark = pytest.mark.slow

MODEL = "returned_orders"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of orders and the days until they were delivered."""
    folder = tmp_path_factory.mktemp("numbers")
    return other_tables.run_weeks(
        folder, frame=other_tables.delivered_orders(), contract=other_tables.NUMBER_CONTRACT
    )


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of orders and the parcels they came in."""
    return other_tables.run_weeks(
        tmp_path_factory.mktemp("counts"),
        frame=other_tables.packed_orders(),
        contract=other_tables.COUNT_CONTRACT,
    )


def report(data: Path) -> dict:
    """The last week's report."""
    path = data / "08_reporting" / other_tables.WEEKS[-1] / "weekly_report.json"
    return json.loads(path.read_text("utf-8"))


def test_predictions_have_an_interval(data: Path) -> None:
    """Each stored prediction is a number within its interval, and nothing else."""
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        rows: pd.DataFrame = store.sql("SELECT * FROM predictions").df()

    assert len(rows) == 2 * 420
    assert (rows["low"] < rows["prediction"]).all()
    assert (rows["prediction"] < rows["high"]).all()
    assert not {"probability", "decision", "threshold"} & set(rows)


def test_the_first_model_serves_and_the_week_is_judged(data: Path) -> None:
    """The model explains most of the variance, and nine of ten outcomes lie in the interval."""
    figures = report(data)["figures"]
    (week,) = figures["performance"]["weeks"]

    assert figures["model"]["task"] == "regression"
    assert week["rows_with_outcome"] == 420
    assert week["skill"] > 0.8
    assert 0.8 < week["metrics"]["coverage"] <= 1
    assert week["metrics"]["rmse"] ** 2 == pytest.approx(week["loss"])


def test_pages_and_cards_speak_of_numbers(data: Path) -> None:
    """No page of a number speaks of probabilities, and each is complete."""
    folder = data / "08_reporting" / other_tables.WEEKS[-1]
    texts = [
        (folder / name).read_text("utf-8")
        for name in ("weekly_report.html", "exploration.html", "model_card.md")
    ]

    for text in texts:
        assert "robabilities" not in text
        assert "ean probability" not in text
        assert "ROC" not in text
    assert "Squared error by week" in texts[0] or "Squared error; lower is better" in texts[0]
    assert "R² of each feature alone" in texts[1]
    assert "RMSE" in texts[2]


def test_the_service_answers_with_the_number(data: Path, tmp_path: Path) -> None:
    """A served model gives the number, its interval, and contributions that add up to it."""
    client = MlflowClient(f"sqlite:///{data / 'mlflow' / 'mlflow.db'}")
    mlflow.set_tracking_uri(f"sqlite:///{data / 'mlflow' / 'mlflow.db'}")
    found = release.release_at(client, MODEL, "champion")
    assert found is not None
    release.fetch(found, tmp_path)
    model = load_model(found, tmp_path, "registry")
    example = example_rows(
        (next(tmp_path.rglob("input_example.json"))).read_text("utf-8"), model.predictor.contract
    )[0]
    row = model.reader.read_value(example)
    assert isinstance(row, dict)

    (predicted,) = model.predictor.predict_rows([row])
    answer = json.loads(prediction_body(model, row, predicted))
    explained = json.loads(explanation_body(model, row))

    assert set(answer) == {"prediction", "low", "high", "model_version", "warnings"}
    assert answer["low"] < answer["prediction"] < answer["high"]
    assert explained["prediction"] == answer["prediction"]
    assert explained["score"] == pytest.approx(answer["prediction"])
    assert explained["scale"] == "the target's own unit"


def test_counts_are_never_negative_and_scatter_more_where_they_are_large(counts: Path) -> None:
    """A count is predicted on the log scale, its interval widens and holds nine of ten."""
    with duckdb.connect(str(counts / "weekwise.duckdb"), read_only=True) as store:
        rows: pd.DataFrame = store.sql("SELECT * FROM predictions ORDER BY prediction").df()
    (week,) = report(counts)["figures"]["performance"]["weeks"]
    card = counts / "08_reporting" / other_tables.WEEKS[-1] / "model_card.md"

    width = (rows["high"] - rows["low"]).to_numpy()
    assert rows["low"].min() >= 0
    assert width[-50:].mean() > 1.5 * width[:50].mean()
    assert week["skill"] > 0.3
    assert 0.85 < week["metrics"]["coverage"] <= 1
    assert week["metrics"]["poisson_deviance"] > 0
    assert "| loss of the trees | Poisson |" in card.read_text("utf-8")
