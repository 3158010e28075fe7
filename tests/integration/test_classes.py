"""Tables whose target is a class, in words or as an ordered number: two weeks, and the service."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from scipy.special import softmax

import other_tables
from api.rows.json_schema import example_rows
from api.serving.answers import explanation_body, prediction_body
from api.serving.loaded_model import LoadedModel
from api.serving.model_loading import load_model
from weekwise.features.model_frame import model_frame
from weekwise.model import release

pytestmark = pytest.mark.slow

MODEL = "returned_orders"
CLASSES = ["next day", "2-3 days", "week", other_tables.LATE_CLASS]
LABELS = ["Fast", "Usual", "Slow", "Lost"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of orders and how fast they came."""
    return other_tables.run_weeks(
        tmp_path_factory.mktemp("classes"),
        frame=other_tables.classified_orders(),
        contract=other_tables.CLASS_CONTRACT,
    )


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of orders and their grades."""
    return other_tables.run_weeks(
        tmp_path_factory.mktemp("grades"),
        frame=other_tables.graded_orders(),
        contract=other_tables.GRADE_CONTRACT,
    )


def report(data: Path) -> dict:
    """The last week's report."""
    path = data / "08_reporting" / other_tables.WEEKS[-1] / "weekly_report.json"
    return json.loads(path.read_text("utf-8"))


def stored(data: Path) -> pd.DataFrame:
    """All stored predictions."""
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        return store.sql("SELECT * FROM predictions ORDER BY as_of, order_id").df()


def champion(data: Path, folder: Path) -> LoadedModel:
    """The model in service, as the service loads it."""
    client = MlflowClient(f"sqlite:///{data / 'mlflow' / 'mlflow.db'}")
    mlflow.set_tracking_uri(f"sqlite:///{data / 'mlflow' / 'mlflow.db'}")
    found = release.release_at(client, MODEL, "champion")
    assert found is not None
    release.fetch(found, folder)
    return load_model(found, folder, "registry")


def test_predictions_are_a_class_and_the_probabilities_of_all(data: Path) -> None:
    """Each row has a class, its probability, and those of all classes, which SQL can read."""
    rows = stored(data)
    first = json.loads(rows["probabilities"][0])
    with duckdb.connect(str(data / "weekwise.duckdb"), read_only=True) as store:
        read = store.sql(
            """SELECT probability, (probabilities->>('$."' || predicted || '"'))::double AS same
               FROM predictions WHERE predicted <> 'x'"""
        ).df()

    assert len(rows) == 2 * 420
    assert list(first) == CLASSES
    assert sum(first.values()) == pytest.approx(1)
    assert set(rows["predicted"]) <= set(CLASSES)
    assert np.array_equal(read["probability"], read["same"])


def test_the_week_is_judged_by_class(data: Path) -> None:
    """The model saves most of the loss; a class new to it costs no more than a finite loss."""
    whole = report(data)
    figures = whole["figures"]
    (week,) = figures["performance"]["weeks"]
    classes = {part["label"]: part for part in figures["performance"]["classes"]}

    assert figures["model"]["task"] == "multiclass"
    assert week["rows_with_outcome"] == 420 - 3
    assert week["skill"] > 0.2
    assert 0.6 < week["mean_outcome"] == week["metrics"]["accuracy"] <= 1
    assert 0 < week["metrics"]["macro_f1"] < 1
    assert week["loss"] == week["metrics"]["log_loss"] < 5
    assert list(classes) == LABELS
    assert (classes["Lost"]["rows"], classes["Lost"]["recall"]) == (4, 0)
    assert sum(sum(part["predicted_as"]) for part in classes.values()) == 417
    assert figures["data"]["left_out"]["with an outcome that the contract does not list"] == 3
    assert any(
        "speed" in finding["reason"] and finding["status"] == "WARN"
        for finding in whole["findings"]
    )


def test_pages_and_cards_speak_of_classes(data: Path) -> None:
    """The pages show each class by its label, and nothing of thresholds or rates."""
    folder = data / "08_reporting" / other_tables.WEEKS[-1]
    weekly, exploration, card = (
        (folder / name).read_text("utf-8")
        for name in ("weekly_report.html", "exploration.html", "model_card.md")
    )

    for text in (weekly, exploration, card):
        assert all(label in text for label in LABELS)
        assert "threshold" not in text
        assert "ositive rate" not in text
    assert "Classes last week" in weekly
    assert "Mean probability of each class" in weekly
    assert "AUC of each feature alone" in exploration
    assert "macro F1" in card
    assert "### By class" in card


def test_the_service_answers_with_all_classes(data: Path, tmp_path: Path) -> None:
    """A served model gives class and probabilities, and contributions to the class it names."""
    model = champion(data, tmp_path)
    example = example_rows(
        next(tmp_path.rglob("input_example.json")).read_text("utf-8"), model.predictor.contract
    )[0]
    row = model.reader.read_value(example)
    assert isinstance(row, dict)

    (predicted,) = model.predictor.predict_rows([row])
    answer = json.loads(prediction_body(model, row, predicted))
    explained = json.loads(explanation_body(model, row))

    fields = {"predicted", "probability", "probabilities", "model_version", "warnings"}
    assert set(answer) == fields
    assert list(answer["probabilities"]) == CLASSES
    assert answer["probability"] == max(answer["probabilities"].values())
    assert answer["probabilities"][answer["predicted"]] == answer["probability"]
    assert explained["predicted"] == answer["predicted"]
    assert explained["scale"] == "log-odds over the average class"
    frame = model_frame(pd.DataFrame([row]), model.predictor.inputs)
    (scores,) = model.predictor.scorer.of_frame(frame)
    assert explained["score"] == pytest.approx(scores.max(), abs=1e-6)
    assert answer["probability"] == pytest.approx(softmax(scores).max(), abs=1e-4)


def test_the_registered_model_answers_as_mlflow_models_do(data: Path) -> None:
    """The logged model keeps its signature and gives the same as the stored predictions."""
    mlflow.set_tracking_uri(f"sqlite:///{data / 'mlflow' / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    rows = model.input_example
    given = model.predict(rows)

    outputs = model.metadata.signature.outputs
    assert [column.name for column in outputs.inputs] == list(given.columns)
    assert list(given.columns) == ["predicted", "probability", "probabilities"]
    assert set(given["predicted"]) <= set(CLASSES)


def test_a_class_is_added_to_the_contract(tmp_path: Path) -> None:
    """The champion competes on the new classes, and no outcome counts as corrected."""
    frame, contract = other_tables.classified_orders(), other_tables.CLASS_CONTRACT
    first, second = other_tables.WEEKS
    after = contract.replace("{next day: Fast,", "{stolen: Stolen, next day: Fast,")
    for week, rules in (("2024-02-26", contract), (first, contract), (second, after)):
        shutil.rmtree(tmp_path / "conf", ignore_errors=True)
        data = other_tables.run_weeks(tmp_path, [week], frame=frame, contract=rules)

    figures = report(data)["figures"]
    verdict = json.loads((data / "08_reporting" / second / "verdict.json").read_text("utf-8"))
    (stolen, *_) = figures["performance"]["classes"]

    assert verdict["comparison"] is not None
    assert verdict["champion"]["loss"] < 5
    assert (stolen["label"], stolen["rows"], stolen["recall"]) == ("Stolen", 3, 0)
    assert len(figures["performance"]["weeks"]) == 2
    assert figures["performance"]["look_back"]["corrected"] == 0
    last = stored(data).iloc[-1]
    assert next(iter(json.loads(last["probabilities"]))) == "stolen"


def test_ordered_classes_are_numbers_all_the_way(grades: Path, tmp_path: Path) -> None:
    """Classes that are numbers stay numbers in the store and in answers, in their order."""
    rows = stored(grades)
    model = champion(grades, tmp_path)
    answer = model.predictor.task.answer([0.2, 0.1, 0.7], model.predictor.settings)
    (week,) = report(grades)["figures"]["performance"]["weeks"]
    page = grades / "08_reporting" / other_tables.WEEKS[-1] / "weekly_report.html"
    text = page.read_text("utf-8")

    assert rows["predicted"].dtype.kind == "i"
    assert set(rows["predicted"]) <= {1, 2, 5}
    assert answer == {
        "predicted": 5,
        "probability": 0.7,
        "probabilities": {"1": 0.2, "2": 0.1, "5": 0.7},
    }
    assert week["skill"] > 0.2
    assert text.index("Poor") < text.index("Fair") < text.index("Good")
