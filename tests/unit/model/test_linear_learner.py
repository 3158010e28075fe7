from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from weekwise.contract.model import Contract
from weekwise.features.model_frame import ModelInputs, model_frame
from weekwise.model.linear_learner import fit_linear
from weekwise.tasks import task_of
from weekwise.tasks.records import Settings

TARGETS = {
    "boolean": {"type": "boolean"},
    "number": {"type": "number"},
    "category": {"type": "category", "values": {"no": "No", "yes": "Yes", "never": "Never"}},
}


def contract(kind: str) -> Contract:
    """A contract of rows with a number, a category and a target of some type."""
    columns = {
        "size": {"type": "number", "role": "feature", "title": "Size", "missing": 1.0},
        "color": {"type": "category", "role": "feature", "title": "Color", "missing": 1.0},
        "goal": {"role": "target", "title": "Goal", **TARGETS[kind]},
    }
    return Contract.model_validate({"table": "things", "title": "Things", "columns": columns})


def things(kind: str, rows: int = 600) -> pd.DataFrame:
    """Rows whose goal is the likelier, or the higher, the larger and the redder they are."""
    rng = np.random.default_rng(0)
    size, red = rng.normal(size=rows), rng.random(rows) < 0.5
    score = 2 * size + 2 * red - 1 + rng.logistic(size=rows)
    goals = {
        "boolean": score > 0,
        "number": score,
        "category": np.where(score > 0, "yes", "no"),
    }
    return pd.DataFrame(
        {
            "size": np.where(rng.random(rows) < 0.1, np.nan, size),
            "color": np.where(red, "red", "blue"),
            "goal": goals[kind],
        }
    )


@pytest.mark.parametrize("kind", TARGETS)
def test_it_learns_every_kind_of_target(kind: str) -> None:
    """On rows it has not seen it saves a fifth of the loss that a constant has."""
    rows, table = things(kind), contract(kind)
    task = task_of(table)
    train, unseen = rows[:400], rows[400:]
    inputs = ModelInputs(contract=table, features=("size", "color"))
    linear = fit_linear(model_frame(train, inputs), task.outcomes(train["goal"]), inputs)

    outcome = task.outcomes(unseen["goal"])
    made = task.of_scores(linear.scores(model_frame(unseen, inputs)), Settings(threshold=0.5))
    loss = task.losses(outcome, made).mean()

    baseline = task.baseline(task.outcomes(train["goal"]))
    constant = task.losses(outcome, task.baseline_predictions(baseline, len(unseen))).mean()
    assert loss < 0.8 * constant


def test_what_training_never_saw_is_predicted_all_the_same() -> None:
    """A new category, a gap, a column of gaps and a class without rows do no harm."""
    table = contract("category")
    task = task_of(table)
    train = things("category").assign(size=np.nan)
    inputs = ModelInputs(contract=table, features=("size", "color"))
    linear = fit_linear(model_frame(train, inputs), task.outcomes(train["goal"]), inputs)

    unseen = pd.DataFrame({"size": [np.nan, 1.0], "color": ["green", None]})
    made = task.of_scores(linear.scores(model_frame(unseen, inputs)), Settings(threshold=0.5))

    assert made.shape == (2, 3)
    assert np.allclose(made.sum(axis=1), 1)
    assert (made[:, 2] > 0).all()
    assert (made[:, 2] < 0.001).all()


def test_a_model_of_many_columns_learns_too() -> None:
    """Six hundred categories are too many for Newton's method, whose matrix has their square."""
    rows, table = things("boolean", rows=30_000), contract("boolean")
    rows["color"] = rows["color"] + pd.Series(
        np.random.default_rng(1).integers(300, size=len(rows))
    ).astype(str)
    inputs = ModelInputs(contract=table, features=("size", "color"))

    linear = fit_linear(model_frame(rows, inputs), rows["goal"].to_numpy(float), inputs)

    known = pd.DataFrame({"size": [0.0, 0.0], "color": ["red7", "blue7"]})
    red, blue = linear.scores(model_frame(known, inputs))
    assert red > blue
