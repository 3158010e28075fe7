from __future__ import annotations

import math

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weekwise.contract.column import Column
from weekwise.contract.model import Contract
from weekwise.errors import ContractError
from weekwise.tasks import TASKS, task_of
from weekwise.tasks.class_probabilities import off_zero
from weekwise.tasks.multiclass import Multiclass
from weekwise.tasks.records import Settings

SETTINGS = Settings(threshold=0.5)
COLUMN = Column.model_validate(
    {
        "type": "category",
        "role": "target",
        "title": "Fault",
        "values": {"none": "No fault", 'a "door"': "Door", "brake": "Brake"},
    }
)
GRADE = Column.model_validate(
    {"type": "integer", "role": "target", "title": "Grade", "values": {1: "Poor", 2: "Fair"}}
)
TASK = Multiclass(COLUMN)
TABLES = st.lists(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(any), min_size=1, max_size=8
).map(lambda rows: off_zero(np.array(rows)))


def contract(**target: object) -> Contract:
    """A contract of a key and a target."""
    return Contract.model_validate(
        {
            "table": "trains",
            "title": "Trains",
            "key": ["train"],
            "columns": {
                "train": {"type": "integer", "role": "key", "title": "Train"},
                "fault": {"role": "target", "title": "Fault", **target},
            },
        }
    )


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        ({"type": "category", "values": ["b", "a"]}, ("b", "a")),
        ({"type": "integer", "values": {3: "Good", 1: "Poor"}}, (3, 1)),
    ],
)
def test_a_target_of_listed_values_is_a_class(target: dict, classes: tuple) -> None:
    """The contract's values are the classes, in its order, whether they are text or numbers."""
    task = task_of(contract(**target))

    assert isinstance(task, Multiclass)
    assert task.classes == classes
    assert task.row_shape == (2,)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"type": "category"}, "target fault, of type category, lists no values; list its classes"),
        ({"type": "category", "values": ["a"]}, "lists one value; list at least two"),
        ({"type": "integer", "values": [1]}, "lists one value; list at least two"),
    ],
)
def test_a_target_without_classes_is_refused(target: dict, message: str) -> None:
    """A class target needs two classes, and the message says where to list them."""
    with pytest.raises(ContractError, match=message):
        task_of(contract(**target))


def test_an_integer_without_values_is_a_number() -> None:
    """Whole numbers are numbers unless the contract says which there are."""
    assert task_of(contract(type="integer")) is TASKS["regression"]


@pytest.mark.parametrize("dtype", ["object", "str", "category"])
def test_outcomes_are_places_of_classes(dtype: str) -> None:
    """Classes become their places; no value, and a value that is no class, are missing."""
    values = pd.Series(["brake", None, "none", "flood"]).astype(dtype)

    np.testing.assert_array_equal(TASK.outcomes(values), [2.0, np.nan, 0.0, np.nan])


@pytest.mark.parametrize("dtype", ["Int64", "float64", "object"])
def test_outcomes_of_numbers(dtype: str) -> None:
    """A class that is a number is known whatever dtype a gap made of its column."""
    values = pd.Series([2, None, 1, 9], dtype="Int64").astype(dtype)

    np.testing.assert_array_equal(Multiclass(GRADE).outcomes(values), [1.0, np.nan, 0.0, np.nan])


def test_noted_outcomes_outlive_the_contract() -> None:
    """An outcome is noted as its class, so that it is the same when the classes change places."""
    values = {"brake": "Brake", 'a "door"': "Door", "none": "No fault"}
    turned = Multiclass(COLUMN.model_copy(update={"values": values}))

    texts = TASK.outcome_texts(np.array([2.0, np.nan, 0.0]))

    assert texts.tolist() == ["brake", None, "none"]
    assert turned.outcome_texts(np.array([0.0, np.nan, 2.0])).tolist() == texts.tolist()
    assert TASKS["regression"].outcome_texts(np.array([0.1, np.nan])).tolist() == ["0.1", None]


def test_tables_and_frames_agree() -> None:
    """Places and sums computed by the engine are those computed from a frame."""
    frame = pd.DataFrame({"fault": ["brake", "none", None, "none", "flood"]})
    table = ibis.memtable(frame, schema={"fault": "string"})

    places = table.mutate(place=TASK.outcome(table.fault)).to_pyarrow()["place"].to_pylist()
    sums = table.agg(**TASK.sums(table.fault)).to_pandas().iloc[0].to_dict()

    assert places == [2, 0, None, 0, None]
    known = TASK.outcomes(frame["fault"])
    baseline = TASK.baseline_of_sums(3, sums)
    assert baseline == pytest.approx(TASK.baseline(known[~np.isnan(known)]))


@given(TABLES)
def test_stored_predictions_come_back(predicted: np.ndarray) -> None:
    """What is stored is what was predicted, and names the class that a reader would choose."""
    frame = pd.DataFrame(TASK.output_frame(predicted, SETTINGS))

    assert list(frame.columns) == TASK.output_names == ["predicted", "probability", "probabilities"]
    assert np.array_equal(TASK.stored(frame), predicted)
    for stored, row in zip(frame.to_dict("records"), predicted.tolist(), strict=True):
        answer = TASK.answer(row, SETTINGS)
        assert TASK.answer_model.model_validate(answer)
        assert (stored["predicted"], stored["probability"]) == (
            answer["predicted"],
            answer["probability"],
        )
        assert answer["probabilities"][answer["predicted"]] == TASK.row_level(row)
        assert TASK.valid(row)


def test_predictions_of_another_contract_are_put_in_order() -> None:
    """A champion of an older contract is judged on this one's classes."""
    older = Multiclass(COLUMN.model_copy(update={"values": {"brake": "B", "none": "N"}}))

    aligned = TASK.aligned(np.array([[0.9, 0.1]]), older)

    assert aligned == pytest.approx(np.array([[0.1, 0.0, 0.9]]), abs=1e-5)
    assert np.isfinite(TASK.losses([1.0], aligned)).all()


def test_an_integer_class_stays_one() -> None:
    """Classes that are numbers are stored and answered as numbers."""
    task = Multiclass(GRADE)
    frame = pd.DataFrame(task.output_frame(np.array([[0.3, 0.7]]), SETTINGS))

    assert frame["predicted"].dtype == np.int64
    assert frame["probabilities"][0] == '{"1": 0.3, "2": 0.7}'
    assert task.answer([0.3, 0.7], SETTINGS)["predicted"] == 2


@pytest.mark.parametrize("row", [[0.5, 0.4, 0.0], [math.nan, 0.5, 0.5], [1.5, -0.5, 0.0]])
def test_what_no_working_model_predicts(row: list[float]) -> None:
    """Probabilities that are not, or do not add up to 1, are invalid."""
    assert not TASK.valid(row)


@given(TABLES, st.data())
def test_calibration_is_of_the_class_that_is_named(
    predicted: np.ndarray, data: st.DataObject
) -> None:
    """Confidence is held against hits: the mean of what happened is the accuracy."""
    outcome = np.array(data.draw(st.lists(st.integers(0, 2), min_size=8)), float)[: len(predicted)]
    predicted = predicted[: len(outcome)]

    bins = TASK.calibration(outcome, predicted)
    metrics = TASK.score(outcome, predicted)

    rows = sum(part.rows for part in bins)
    mean = sum(part.realized * part.rows for part in bins) / rows
    assert mean == pytest.approx(metrics.by_name["accuracy"])
    assert mean == pytest.approx(TASK.realized(outcome, predicted).mean())
    assert (TASK.level(predicted) == predicted.max(axis=1)).all()


def test_the_baseline_is_the_shares() -> None:
    """History predicts its shares for all, and a class it never had costs a finite loss."""
    baseline = TASK.baseline(np.array([0.0, 0.0, 2.0, 0.0]))

    predicted = TASK.baseline_predictions(baseline, 2)

    assert baseline == (0.75, 0.0, 0.25)
    assert predicted == pytest.approx(np.array([[0.75, 0, 0.25]] * 2), abs=1e-5)
    assert np.isfinite(TASK.losses([1.0, 0.0], predicted)).all()
    assert TASK.show_baseline(baseline) == "No fault 75.0%, Brake 25.0%, Door 0.0%"


def test_contributions_are_those_to_the_predicted_class() -> None:
    """Of the contributions to every class's score, those of the highest are told."""
    shap = np.array([[[0.1, 0.2, 0.0], [0.5, -0.9, 0.1]], [[-1.0, 0.1, 0.0], [1.0, 0.0, 0.0]]])

    np.testing.assert_array_equal(TASK.contributions(shap), [shap[0, 0], shap[1, 1]])


def test_the_target_in_groups() -> None:
    """Each group has the share of every class; the mean is that of the most frequent one."""
    outcome = np.array([2.0, 2.0, 0.0, 2.0])
    groups = np.array([0, 0, 1, 1], dtype=np.int32)

    first, second, empty = TASK.group_means(groups, ["x", "y", "z"], outcome)

    assert first.shares == {"No fault": 0.0, "Door": 0.0, "Brake": 1.0}
    assert second.shares == {"No fault": 0.5, "Door": 0.0, "Brake": 0.5}
    assert (first.mean, second.mean, empty.mean) == (1.0, 0.5, None)
    assert {first.mean_of, second.mean_of, empty.mean_of} == {"Brake"}
    assert TASK.overall(second) == "No fault 50.0%, Brake 50.0%, Door 0.0% of 2 past rows"


def test_the_summary_counts_the_classes() -> None:
    """The sentence of a week names the predicted classes, the most frequent first."""
    rows = off_zero(np.array([[0.2, 0.7, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.1, 0.5, 0.4]]))
    frame = pd.DataFrame(TASK.output_frame(rows, SETTINGS))

    assert TASK.summary(frame) == ("Predicted classes: Door 3 (75.0%), No fault 1 (25.0%).")
    assert TASK.categories(rows) == ["Door", "No fault", "Door", "Door"]
    assert sum(TASK.class_means(rows).values()) == pytest.approx(1.0)


def test_a_shift_of_the_level_keeps_scores_on_their_scale() -> None:
    """It raises the class that came more often, adds up to 0, and leaves alone what never was."""
    k = len(TASK.classes)
    predicted = np.tile(off_zero(np.array([[1.0] * (k - 1) + [0.0]])), (200, 1))
    outcome = np.where(np.arange(200) % 10 < 7, 0.0, 1.0)

    shift = TASK.balanced(TASK.level_shift(outcome, predicted, Settings(threshold=0.5)))

    assert shift.argmax() == 0
    assert shift.sum() == pytest.approx(0)
    assert shift[-1] == 0
    assert TASK.balanced(np.zeros(k)).tolist() == [0.0] * k


def test_linear_scores_of_classes_that_there_were_add_up_to_0() -> None:
    """Whether scikit-learn scores both of two classes, or each of three; others are unlikely."""

    class Fitted:
        """What scikit-learn leaves of a fit with two classes."""

        classes_ = np.array([0.0, 1.0])
        coef_ = np.array([[2.0, -4.0]])
        intercept_ = np.array([6.0])

    slopes, starts = TASK.linear_scores(Fitted())

    assert slopes[:2].tolist() == [[-1.0, 2.0], [1.0, -2.0]]
    assert starts[:2].tolist() == [-3.0, 3.0]
    assert (slopes[2:] == 0).all()
    assert (starts[2:] < -10).all()
