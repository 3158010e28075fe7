from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from trains import CONTRACT, PARAMS, predictor, train_end, trains
from weekwise.contract.type_facts import TaskName
from weekwise.contract.types import ColumnType
from weekwise.features.window import Window
from weekwise.model.contenders import Champion, CurrentChampion
from weekwise.model.fitting import fit
from weekwise.model.verdict import not_retrained
from weekwise.pipelines.data_prediction import create_pipeline, nodes

AS_OF = train_end(30)
WINDOW = Window(as_of=AS_OF)
VERDICT = not_retrained(AS_OF, TaskName.BINARY, "3", "Nothing has changed.")
UPCOMING = trains(40).iloc[30 * 30 : 37 * 30]


@pytest.fixture
def champion() -> Champion:
    """The model in service, fitted on the days before the run's own."""
    return Champion("3", predictor(30))


def predicted(
    frame: pd.DataFrame, champion: Champion | None, window: Window = WINDOW
) -> pd.DataFrame:
    """The week's predictions, from a feature table that a frame holds."""
    current = CurrentChampion(champion=champion)
    return nodes.predict_upcoming(ibis.memtable(frame), CONTRACT, current, VERDICT, window)


def test_one_row_an_upcoming_row(champion: Champion) -> None:
    """Every upcoming train is predicted once, in the order of the key, and no other is."""
    found = predicted(trains(40), champion)

    expected = UPCOMING.sort_values(["departure", "train"], ignore_index=True)
    assert list(found["train"]) == list(expected["train"])
    assert list(found["departure"]) == list(expected["departure"])
    assert list(found.index) == list(range(len(found)))


def test_columns(champion: Champion) -> None:
    """A prediction says when it was made, of which row, what, and by which model."""
    found = predicted(trains(40), champion)

    assert list(found.columns) == [
        "as_of",
        "departure",
        "train",
        "probability",
        "decision",
        "threshold",
        "model_version",
        "predicted_column",
    ]
    assert set(found["as_of"]) == {AS_OF}
    assert set(found["model_version"]) == {"3"}
    assert set(found["threshold"]) == {champion.predictor.threshold}


def test_the_model_gives_the_same_numbers_here_as_everywhere(champion: Champion) -> None:
    """Probabilities are the predictor's own for the same rows, decisions follow its threshold."""
    found = predicted(trains(40), champion)

    rows = UPCOMING.sort_values(["departure", "train"])
    np.testing.assert_array_equal(found["probability"], champion.predictor.predict(rows))
    assert found["decision"].dtype == bool
    assert list(found["decision"]) == list(found["probability"] >= champion.predictor.threshold)
    assert 0 < found["decision"].sum() < len(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(late=~frame["late"]),
        lambda frame: frame.assign(late=pd.array([None] * len(frame), dtype="boolean")),
        lambda frame: frame.sample(frac=1, random_state=0),
        lambda frame: frame.iloc[30 * 30 :],
    ],
    ids=["other outcomes", "no outcomes", "another order", "no history"],
)
def test_only_the_upcoming_rows_themselves_count(
    change: Callable[[pd.DataFrame], pd.DataFrame], champion: Champion
) -> None:
    """Neither outcomes nor the table's order nor its history change a prediction."""
    expected = predicted(trains(40), champion)

    pd.testing.assert_frame_equal(predicted(change(trains(40)), champion), expected)


def test_the_horizon_is_the_windows(champion: Champion) -> None:
    """A shorter horizon predicts fewer days, with the same numbers."""
    short = predicted(trains(40), champion, Window(as_of=AS_OF, horizon_days=2))

    assert short["departure"].dt.date.nunique() == 2
    pd.testing.assert_frame_equal(short, predicted(trains(40), champion).head(len(short)))


def test_nothing_upcoming(champion: Champion) -> None:
    """A week without rows has predictions of the same columns and types, and no row."""
    later = Window(as_of=AS_OF + timedelta(days=100))

    found = predicted(trains(40), champion, later)

    assert found.empty
    assert arrow_types(found) == arrow_types(predicted(trains(40), champion))


def arrow_types(frame: pd.DataFrame) -> dict[str, str]:
    """The types that a frame's columns have in the store."""
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    return {field.name: str(field.type).removeprefix("large_") for field in schema}


def test_no_model() -> None:
    """Without a champion nothing is predicted, in columns of the types that predictions have."""
    found = predicted(trains(40), None)

    assert found.empty
    assert arrow_types(found) == arrow_types(predicted(trains(40), Champion("3", predictor(30))))


def test_a_model_that_cannot_predict_these_rows(champion: Champion) -> None:
    """A champion whose column the contract has lost predicts nothing, and nothing fails."""
    columns = {name: column for name, column in CONTRACT.columns.items() if name != "rain"}
    changed = CONTRACT.model_copy(update={"columns": columns})
    table = ibis.memtable(trains(40).drop(columns="rain"))

    current = CurrentChampion(champion=champion)
    assert nodes.predict_upcoming(table, changed, current, VERDICT, WINDOW).empty


def test_the_time_column_may_be_a_date() -> None:
    """A model whose contract has dates and no hours predicts the same days."""
    departure = CONTRACT.columns["departure"].model_copy(update={"type": ColumnType.DATE})
    dated = CONTRACT.model_copy(update={"columns": {**CONTRACT.columns, "departure": departure}})
    days = trains(40).assign(departure=lambda frame: frame["departure"].dt.normalize())
    model = fit(days.head(30 * 30), dated, ["line", "rain"], PARAMS, as_of=AS_OF)
    table = ibis.memtable(days).mutate(departure=ibis._.departure.cast("date"))

    current = CurrentChampion(champion=Champion("1", model))
    found = nodes.predict_upcoming(table, dated, current, VERDICT, WINDOW)

    assert list(found["train"]) == list(UPCOMING["train"])
    assert sorted(set(found["departure"])) == [AS_OF + timedelta(days=n) for n in range(7)]


def test_store_and_file_hold_the_same(champion: Champion) -> None:
    """What goes to the store and what goes to the week's file is one frame."""
    week = predicted(trains(40), champion)

    stored, filed = nodes.store_predictions(week)

    pd.testing.assert_frame_equal(stored, week)
    pd.testing.assert_frame_equal(filed, week)


def test_inputs_and_outputs() -> None:
    """Prediction waits for the verdict, which is what puts a champion in service."""
    pipeline = create_pipeline()

    assert pipeline.inputs() == {
        "champion",
        "features",
        "features_contract",
        "params:window",
        "verdict",
    }
    assert pipeline.outputs() == {"predictions@week", "predictions_file"}
