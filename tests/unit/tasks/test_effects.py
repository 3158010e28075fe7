"""What inputs add to predictions themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import loaded_models
import trains
from weekwise.contract.column import Column
from weekwise.features.read_values import Floats
from weekwise.model.predictor import Predictor
from weekwise.tasks.base import Task
from weekwise.tasks.binary import Binary
from weekwise.tasks.effects import effects
from weekwise.tasks.multiclass import Multiclass
from weekwise.tasks.records import Settings
from weekwise.tasks.regression import Regression

PARTS = st.lists(st.floats(-4, 4), min_size=4, max_size=9)
CLASSES = Column.model_validate(
    {"type": "category", "role": "target", "title": "Fault", "values": ["a", "b", "c"]}
)
PLAIN = Settings(0.5)
POISSON = Settings(0.5, loss="Poisson")
COUNTS = Settings(0.5, loss="Poisson", never_negative=True)
FROM_ZERO = Settings(0.5, loss="RMSE", never_negative=True)


def predicted(task: Task, parts: Floats, settings: Settings) -> Floats:
    """What a row of such parts predicts."""
    scores = np.asarray(parts.sum(axis=-1))
    return task.of_scores(scores[None], settings)


@pytest.mark.parametrize(
    ("task", "settings"),
    [(Binary(), PLAIN), (Regression(), PLAIN), (Regression(), POISSON), (Regression(), COUNTS)],
)
@given(parts=PARTS)
def test_they_add_up_and_keep_their_order(
    task: Task, settings: Settings, parts: list[float]
) -> None:
    """Start and effects are the prediction; a larger contribution is a larger effect."""
    shap = np.array(parts)
    made = effects(task, shap, settings)

    told = task.told(predicted(task, shap, settings), 0)[0]
    assert made.start + made.of_inputs.sum() == pytest.approx(told, abs=1e-6, rel=1e-6)
    assert (np.sign(made.of_inputs) == np.sign(shap[:-2])).all()
    ratios = made.of_inputs[shap[:-2] != 0] / shap[:-2][shap[:-2] != 0]
    assert np.allclose(ratios, ratios[:1])


@given(parts=PARTS)
def test_they_add_up_where_predictions_end_at_zero(parts: list[float]) -> None:
    """What lies below zero counts for nothing, and the others share the rest."""
    shap = np.array(parts)
    made = effects(Regression(), shap, FROM_ZERO)

    told = max(0.0, shap.sum())
    assert made.start == max(0.0, shap[-2:].sum())
    assert made.start + made.of_inputs.sum() == pytest.approx(told, abs=1e-6, rel=1e-6)


@given(st.lists(PARTS.filter(lambda parts: len(parts) > 5), min_size=3, max_size=3))
def test_classes_share_what_one_of_them_gains(parts: list[list[float]]) -> None:
    """With the start they add up to the probability of the predicted class."""
    shap = np.array([row[:6] for row in parts])
    task = Multiclass(CLASSES)
    made = effects(task, shap, PLAIN)

    probability = predicted(task, shap, PLAIN).max()
    assert made.start + made.of_inputs.sum() == pytest.approx(probability, abs=1e-5)


@pytest.mark.parametrize(
    "predictor",
    [
        trains.predictor(),
        loaded_models.loaded_faults().predictor,
        loaded_models.loaded_delays().predictor,
    ],
    ids=lambda predictor: predictor.task.name,
)
def test_a_real_row_is_explained_in_its_own_unit(predictor: Predictor) -> None:
    """The effects of a row are those of the prediction that the model makes of it."""
    row = trains.trains(2).iloc[0].to_dict()
    explained = predictor.explain_row(row)

    (made,) = predictor.predict_rows([row])
    told = max(made) if predictor.task.name == "multiclass" else np.atleast_1d(made)[0]
    assert explained.start + sum(explained.effects) == pytest.approx(told, abs=1e-6)
