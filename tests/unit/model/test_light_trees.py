"""Trees without the record of their training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from api.serving.loaded_model import LoadedModel
from loaded_models import loaded_delays, loaded_faults, loaded_trains
from trains import trains
from weekwise.model.light_trees import forget_training
from weekwise.model.predictor import Predictor

ROWS = trains(12, seed=3)


@pytest.mark.parametrize("make", [loaded_trains, loaded_faults, loaded_delays])
def test_the_same_answers(make: Callable[[], LoadedModel], tmp_path: Path) -> None:
    """Of each task, predictions, explanations and importances stay the same to the last bit."""
    make().predictor.save(tmp_path)
    whole, light = Predictor.load(tmp_path), Predictor.load(tmp_path)

    forget_training(light.model)

    assert len(light.model.get_metadata()["params"]) < len(whole.model.get_metadata()["params"]) / 9
    assert np.array_equal(light.predict(ROWS), whole.predict(ROWS))
    rows = ROWS.to_dict("records")
    assert light.predict_rows(rows) == whole.predict_rows(rows)
    assert light.contributions(ROWS).equals(whole.contributions(ROWS))
    assert light.importances().equals(whole.importances())


def test_twice(tmp_path: Path) -> None:
    """A model that has forgotten already stays as it is."""
    loaded_trains().predictor.save(tmp_path)
    trees = Predictor.load(tmp_path).model

    forget_training(trees)
    before = dict(trees.get_metadata().items())
    forget_training(trees)

    assert dict(trees.get_metadata().items()) == before
